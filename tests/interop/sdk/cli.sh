#!/bin/sh
# The AWS CLI calls @connections; 77, skipped, where there is none.
#
# usage: cli.sh MONOLOGUED   (starts itself anew, without it, behind a daemon)
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/need.sh"
command -v aws >/dev/null || skip "no aws here"
need_node ws8

if [ $# -gt 0 ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_DEFAULT_REGION=us-east-1
    export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
    export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
    export AWS_EC2_METADATA_DISABLED=true AWS_MAX_ATTEMPTS=1 AWS_PAGER=
    export FOLDER="$folder"
    printf '[%s]\nsecret = %s\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" \
        >"$folder/credentials"
    chmod 600 "$folder/credentials"
    "$1" exec --listen=ws://127.0.0.1:0 \
        --credentials-file="$folder/credentials" -- "$0"
    exit
fi

call() {
    command=$1
    shift
    aws apigatewaymanagementapi "$command" --output json \
        --endpoint-url "http${MONOLOGUE_ENDPOINT#ws}" "$@"
}

# refused NAME COMMAND...: the error that the CLI reports is called NAME
refused() {
    name=$1
    shift
    if said=$(call "$@" 2>&1); then
        echo "not refused: $*"
        exit 1
    fi
    case $said in
    *"($name)"*) ;;
    *)
        echo "no $name but: $said"
        exit 1
        ;;
    esac
}

# A client that prints its id and then what it hears, until it is closed.
heard=$FOLDER/heard
node -e '
    const WebSocket = require(process.argv[1]);
    const client = new WebSocket(process.env.MONOLOGUE_ENDPOINT,
        { headers: { "x-api-key": process.env.MONOLOGUE_API_KEY } });
    client.on("open", () => client.send("whoami"));
    client.on("message", (data) => console.log(String(data)));
    client.on("close", (code, reason) => console.log(code, String(reason)));
' "$here/node_modules/ws8" >"$heard" &
client=$!
until [ -s "$heard" ]; do sleep 0.05; done
id=$(head -n 1 "$heard")

printf hello >"$FOLDER/hello"
call post-to-connection --connection-id "$id" --data "fileb://$FOLDER/hello"
call get-connection --connection-id "$id" | grep -qi '"sourceIp": "127.0.0.1"'
call delete-connection --connection-id "$id"
wait "$client"
[ "$(sed -n '2,$p' "$heard")" = "hello
1000 Connection Closed Normally" ] || {
    cat "$heard"
    exit 1
}

refused GoneException get-connection --connection-id "$id"
refused GoneException post-to-connection --connection-id "$id" --data "fileb://$FOLDER/hello"
refused BadRequestException get-connection --connection-id not-an-id
