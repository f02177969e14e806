#!/bin/sh
# Runs compare.js with what it is given; 77, skipped, where it cannot run.
here=$(dirname "$0")/..
. "$here/need.sh"
need_node ajv
exec node "$here/packet/compare.js" "$@"
