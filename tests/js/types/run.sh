#!/bin/sh
# Holds the package's types against programs that use it, as tsc sees it in
# their node_modules; 77, skipped, where there is no tsc.
#
# usage: run.sh CLIENT-JS
set -eu
here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$1" && pwd)
tsc=$package/node_modules/.bin/tsc
[ -x "$tsc" ] || {
    echo "no tsc here: run npm ci in $package"
    exit 77
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/node_modules"
ln -s "$package" "$folder/node_modules/monologue"
ln -s "$package/node_modules/@types" "$folder/node_modules/@types"
ln -s "$package/node_modules/undici-types" "$folder/node_modules/undici-types"
cp "$here"/use.*ts "$here/tsconfig.json" "$folder"
"$tsc" -p "$folder"
