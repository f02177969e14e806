#!/bin/sh
# units.sh MONOLOGUED SERVICE SOCKET: what systemd thinks of the unit files:
# that they make sense, and that the service is hardly exposed.
if ! command -v systemd-analyze >/dev/null; then
    echo "no systemd-analyze here"
    exit 77
fi
monologued=$1 service=$2 socket=$3
root=$(mktemp -d) || exit
trap 'rm -rf "$root"' EXIT

# Verified as they are, but for the program, which is not installed yet.
sed "s|^ExecStart=[^ ]*|ExecStart=$monologued|" "$service" \
    >"$root/monologued.service"
cp "$socket" "$root/monologued.socket"
faults=$(SYSTEMD_UNIT_PATH="$root:" systemd-analyze verify --man=no \
    "$root/monologued.service" "$root/monologued.socket" 2>&1 |
    grep -F monologued)
if [ -n "$faults" ]; then
    echo "$faults"
    exit 1
fi

# Tenths: 15 is an exposure of 1.5 on a scale to 10.
systemd-analyze security --offline=true --threshold=15 --no-pager \
    "$root/monologued.service" >"$root/report" 2>&1
status=$?
[ $status = 0 ] || grep -F '✗' "$root/report"
tail -n 1 "$root/report"
exit $status
