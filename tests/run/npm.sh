#!/bin/sh
# Fetches the JavaScript clients that the tests talk to, and what ours needs, as
# the lock files say.
set -eu
for lock in $(find client/js tests/interop -name package-lock.json \
    -not -path '*/node_modules/*'); do
    folder=${lock%/*}
    [ "$folder/node_modules/.package-lock.json" -nt "$lock" ] ||
        npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error
done
