#!/bin/sh
# Runs a client four times, each with a server of its own: 2 and 4 workers,
# ws and wss. It finds the server by MONOLOGUE_ENDPOINT and MONOLOGUE_API_KEY,
# and what to trust in CA_FILE; 77, skipped, where it cannot run.
#
# usage: each.sh MONOLOGUED CLIENT [ARGS...]
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/need.sh"
monologued=$1
client=$2
shift 2

case $client in
*.mjs)
    need_node ws7
    need_node ws8
    need_package
    [ "$client" != detours.mjs ] || command -v tinyproxy >/dev/null ||
        skip "no tinyproxy here"
    run="node $here/$client"
    ;;
*.py)
    need_python websockets
    run="$python $here/$client"
    ;;
*.sh)
    command -v curl >/dev/null || skip "no curl here"
    command -v openssl >/dev/null || skip "no openssl here"
    run="$here/$client"
    ;;
esac

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CA_FILE="$folder/certificate.pem"
export NODE_EXTRA_CA_CERTS="$CA_FILE"
for scheme in ws wss; do
    for workers in 2 4; do
        echo "$scheme, $workers workers:"
        "$monologued" exec --workers=$workers --listen=$scheme://127.0.0.1:0 \
            --tls-self-signed --tls-certificate="$CA_FILE" \
            --tls-key="$folder/key.pem" -- $run "$@" || exit
    done
done
