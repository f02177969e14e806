#!/bin/sh
# run.sh WALK: compares it with EventEmitter2; 77, skipped, where that is not.
here=$(dirname "$0")/..
. "$here/need.sh"
need_node eventemitter2
exec node "$here/patterns/against.js" "$@"
