#!/bin/sh
# install.sh FOLDER FILE...: for meson install. A file that somebody has changed
# stays; the one that comes with this version is put beside it as FILE.new.
set -eu
folder=${DESTDIR:-}$1
shift
mkdir -p "$folder"
for file; do
    target=$folder/${file##*/}
    if [ -e "$target" ] && ! cmp -s "$file" "$target"; then
        echo "$target was changed and stays: see $target.new"
        target=$target.new
    fi
    install -m 644 "$file" "$target"
done
