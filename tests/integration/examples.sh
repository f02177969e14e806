#!/bin/sh
# examples.sh NAME PROGRAM MONOLOGUED MONOLOGUE: what docs/examples/NAME.c says
# of itself is true. PROGRAM is empty where it could not be built.
set -eu

name=$1 program=$2
[ -n "$program" ] || { echo "$name: its library is not here"; exit 77; }
program=$(realpath "$program")
daemon=$(realpath "$3")
command=$(realpath "$4")
export PATH="${daemon%/*}:${command%/*}:$PATH" HOME=/nonexistent

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkfifo in out

cat >poll.sh <<'END'
set -eu
"$1" <in >out &
exec 3>in 4<out
read -r id <&4
ask() {
    echo "$1" >&3
    read -r answer <&4
    case $answer in $2) ;; *) echo "$1: $answer"; exit 1 ;; esac
}
ask "$id echo hello there" '"hello there"'
ask "$(printf '%s echo 1\n%s echo 2' "$id" "$id")" '"1"'
read -r answer <&4
ask nobody 'failed: *'
ask 'AAAAAAAAAAAAAAA= echo' 'failed: *'
echo "$id echo last" >&3
exec 3>&-
read -r answer <&4
[ "$answer" = '"last"' ]
wait $!
END

cat >glib.sh <<'END'
set -eu
"$1" >out &
exec 4<out
read -r connected as id <&4
[ "$(monologue call "$id" add 2 3.5)" = 5.5 ]
kill -TERM $!
read -r answer <&4
[ "$answer" = 'closed by us' ]
wait $!
END

MONOLOGUE_TIMEOUT=2 monologued exec -- sh "$name.sh" "$program"
