#!/bin/sh
# format.sh ROOT: whether every C file is as clang-format would write it.
cd "$1" || exit
if ! command -v clang-format >/dev/null; then
    echo "no clang-format here"
    exit 77
fi
find proto daemon client tests docs -name node_modules -prune -o \
    -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror
