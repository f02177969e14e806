#!/bin/sh
# Runs the package in headless Chromium; 77, skipped, where there is none.
#
# usage: run.sh MONOLOGUED MONOLOGUE
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/need.sh"
need_package
chromium=$(command -v chromium) || skip "no chromium here"
chromedriver=$(command -v chromedriver) || skip "no chromedriver here"
exec node "$here/browser/browser.mjs" "$1" "$2" "$chromium" "$chromedriver"
