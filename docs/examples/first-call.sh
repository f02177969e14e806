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
callee=

stop() {
    [ -z "$callee" ] || kill "$callee" 2>/dev/null || true
    [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The daemon writes endpoint and key to $rc once it accepts connections.
start_daemon() {
    rm -f "$rc"
    monologued --listen="$1" --write-rc="$rc" 2>"$work/log" &
    daemon=$!
    until [ -s "$rc" ]; do
        kill -0 "$daemon" 2>/dev/null || return 1
        sleep 0.05
    done
}

if ! start_daemon "${LISTEN:-ws://127.0.0.1:8080}" &&
    { [ -n "${LISTEN:-}" ] || ! start_daemon ws://127.0.0.1:0; }; then
    daemon=
    cat "$work/log" >&2
    exit 1
fi

# Answers each call of "shout" with its arguments in capitals. Clients read
# .monologuerc in the working directory, so nobody has to be told where to go.
monologue listen shout -- tr a-z A-Z >"$work/id" &
callee=$!
until [ -s "$work/id" ]; do
    kill -0 "$callee" 2>/dev/null || exit 1
    sleep 0.05
done
id=$(cat "$work/id")

echo "endpoint  $(sed -n 's/^endpoint *= *//p' "$rc")"
echo "key       $(sed -n 's/^apiKey *= *//p' "$rc")"
echo "written   $rc"
echo "call      monologue call $id shout hello"
echo "result    $(monologue call "$id" shout hello)"

[ -z "${ONCE:-}" ] || exit 0
echo "serving until interrupted; its log:"
tail -n +1 -f "$work/log" &
wait "$daemon"
