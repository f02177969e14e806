#!/bin/sh
# Starts a daemon, lets one client call another through it, and serves on until
# it is interrupted; with ONCE=1 it ends after the call.
#
# monologued and monologue are taken from PATH. LISTEN is the address; by
# default port 8080, or any that is free if that one is taken.
set -eu

rc=$PWD/.monologuerc
work=$(mktemp -d)
daemon=
others=

stop() {
    trap '' INT TERM
    for process in $others $daemon; do
        kill "$process" 2>/dev/null || true
    done
    wait
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Waits until FILE holds something, as long as PROCESS lives.
wait_for() {
    until [ -s "$1" ]; do
        kill -0 "$2" 2>/dev/null || return 1
        sleep 0.02
    done
}

# The daemon writes endpoint and key to $rc once it accepts connections.
start_daemon() {
    rm -f "$rc"
    monologued --listen="$1" --write-rc="$rc" >"$work/said" 2>"$work/log" &
    daemon=$!
    wait_for "$rc" "$daemon"
}

if [ -n "${LISTEN:-}" ]; then
    start_daemon "$LISTEN"
else
    start_daemon ws://127.0.0.1:8080 || start_daemon ws://127.0.0.1:0
fi || {
    cat "$work/log" >&2
    exit 1
}

# Answers each call of "shout" with its arguments in capitals. Clients read
# .monologuerc in the working directory, so nobody has to be told where to go.
monologue listen shout -- tr a-z A-Z >"$work/id" &
others=$!
wait_for "$work/id" "$others"
id=$(cat "$work/id")

echo "endpoint  $(sed -n 's/^endpoint //p' "$work/said")"
echo "key       $(sed -n 's/^apiKey //p' "$work/said")"
echo "written   $rc"
echo "call      monologue call $id shout hello"
echo "result    $(monologue call "$id" shout hello)"
[ -z "${ONCE:-}" ] || exit 0

echo "serving until interrupted; the log:"
tail -n +1 -f "$work/log" &
others="$others $!"
wait "$daemon"
