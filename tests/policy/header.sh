#!/bin/sh
# header.sh HEADER CFLAGS...: it compiles alone, as strict C99, C11 and C++17.
set -eu

header=$1
shift
for standard in c99 c11; do
    ${CC:-cc} -std=$standard -pedantic-errors -Wall -Wextra -Werror \
        -fsyntax-only -x c "$@" "$header"
done
if command -v "${CXX:-c++}" >/dev/null; then
    ${CXX:-c++} -std=c++17 -pedantic-errors -Wall -Wextra -Werror \
        -fsyntax-only -x c++ "$@" "$header"
fi
