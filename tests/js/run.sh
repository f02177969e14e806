#!/bin/sh
# Runs the unit tests of client/js, as ES modules and as what require() gets in
# a Node that cannot require() those; 77, skipped, where it cannot run.
#
# usage: run.sh
set -u
here=$(cd "$(dirname "$0")" && pwd)
package=$here/../../client/js

command -v node >/dev/null || {
    echo "no node here"
    exit 77
}
[ -d "$package/node_modules/ws" ] || {
    echo "no node_modules/ws here: run npm ci in $package"
    exit 77
}
node --test "$here"/*.test.mjs || exit
old=--no-experimental-require-module
node $old -e '' 2>/dev/null || exit 0 # it is that old itself
node $old --test "$here/socket.test.mjs"
