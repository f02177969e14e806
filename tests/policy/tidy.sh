#!/bin/sh
# tidy.sh ROOT BUILD: what clang-tidy thinks of the programs and the library.
if ! command -v clang-tidy >/dev/null; then
    echo "no clang-tidy here"
    exit 77
fi
cd "$1" || exit
find proto daemon client -name '*.c' -print0 |
    xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p "$2" \
        --extra-arg=-Wno-unknown-warning-option
