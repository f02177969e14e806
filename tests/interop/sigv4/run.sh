#!/bin/sh
# Runs drive.js with what it is given; 77, skipped, where it cannot run.
here=${0%/*}
if ! command -v node >/dev/null; then
    echo "no node here"
    exit 77
fi
if ! [ -d "$here/node_modules/aws4" ]; then
    echo "no node_modules here: run npm ci in $here"
    exit 77
fi
exec node "$here/drive.js" "$@"
