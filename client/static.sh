#!/bin/sh
# static.sh LD OBJCOPY AR OUTPUT ARCHIVE...: one static library of all that is
# in the archives. What is hidden in the shared library is local here, so that
# no name of ours meets one of the program's.
set -eu
ld=$1 objcopy=$2 ar=$3 output=$4
shift 4
object=${output%.a}.o
trap 'rm -f "$object"' EXIT
"$ld" -r --whole-archive "$@" -o "$object"
"$objcopy" --localize-hidden "$object"
rm -f "$output"
"$ar" crs "$output" "$object"
