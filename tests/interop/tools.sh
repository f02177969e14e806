#!/bin/sh
# curl and openssl s_client, which know nothing of WebSocket.
set -eu

fail() {
    echo "$1"
    exit 1
}

url=http${MONOLOGUE_ENDPOINT#ws}
status=$(curl -sS --cacert "$CA_FILE" --max-time 20 -o /dev/null \
    -w '%{http_code}' -H "x-api-key: $MONOLOGUE_API_KEY" "$url")
[ "$status" = 426 ] || fail "a plain GET gets $status"

# Two refusals on one connection.
said=$(curl -sS --cacert "$CA_FILE" --max-time 20 \
    -w ' %{http_code} %{num_connects}\n' "$url/x" "$url/y")
[ "$said" = '{"message":"Forbidden"} 403 1
{"message":"Forbidden"} 403 0' ] || fail "a wrong path gets $said"

case $MONOLOGUE_ENDPOINT in
ws:*) exit 0 ;;
esac

# A request, "whoami" masked with AAAA, and a close frame.
authority=${url#https://}
authority=${authority%%/*}
talk() {
    {
        printf 'GET /latest HTTP/1.1\r\nHost: %s\r\n' "$authority"
        printf 'Upgrade: websocket\r\nConnection: Upgrade\r\n'
        printf 'Sec-WebSocket-Version: 13\r\n'
        printf 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
        printf 'x-api-key: %s\r\n\r\n' "$MONOLOGUE_API_KEY"
        printf '\201\206AAAA6). ,(\210\200AAAA'
    } | timeout 20 openssl s_client -connect "$authority" -quiet \
        -CAfile "$CA_FILE" -verify_return_error -verify_ip 127.0.0.1 "$@" \
        2>/dev/null
}
for version in -tls1_2 -tls1_3; do
    # With -a, or grep sees binary in the frames.
    talk $version | grep -aq 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' ||
        fail "no 101 with $version"
    talk $version | grep -aEq '[A-Za-z0-9_-]{14}[AQgw]=' ||
        fail "no id with $version"
done
if talk -tls1_1 | grep -q HTTP; then
    fail "TLS 1.1 is spoken"
fi
