#!/bin/sh
# setup.sh FOLDER [MESON-OPTION...]: makes a build folder, or changes one. At
# first without the tests, which need more than the programs do.
set -eu
folder=$1
shift
if ! [ -f "$folder/build.ninja" ]; then
    meson setup "$folder" -Dtests=false -Ddebug=true "$@"
elif [ $# -gt 0 ]; then
    meson configure "$folder" "$@"
fi
