#!/bin/sh
# Every test but the long ones, with warnings as errors; ends with the count.
set -u
cd "$(dirname "$0")/../.." || exit

tests/run/npm.sh || exit
tests/run/setup.sh build -Dtests=true -Dwerror=true || exit
ninja -C build || exit
rm -f build/meson-logs/testlog.json
meson test -C build --no-rebuild --no-suite long --print-errorlogs
tests/run/tally.py build/meson-logs/testlog.json
