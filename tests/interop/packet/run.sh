#!/bin/sh
# run.sh SCRIPT ARGS...: runs one of the scripts here; 77, skipped, where it
# cannot run.
here=$(dirname "$0")/..
. "$here/need.sh"
need_node ajv
need_node ws8
script=$1
shift
exec node "$here/packet/$script" "$@"
