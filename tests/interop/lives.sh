#!/bin/sh
# usage: lives.sh MONOLOGUED
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/need.sh"
need_package
exec node "$here/lives.mjs" "$1"
