#!/bin/sh
# Installs what Debian 12 lacks for: build, test (also), full (also), and peers,
# the servers that `make bench` measures beside ours: they may start as
# services. Does nothing where everything is there, or without dpkg to ask.
set -eu

build='gcc libc6-dev meson ninja-build pkg-config libuv1-dev libwslay-dev
    libjansson-dev libssl-dev libhttp-parser-dev libinih-dev libedit-dev scdoc'
test='check libsubunit-dev python3 python3-botocore python3-websockets curl
    openssl procps ca-certificates libglib2.0-dev tinyproxy-bin'
full='clang libclang-rt-14-dev clang-tidy clang-format valgrind chromium
    chromium-driver'
peers='nats-server mosquitto redis-server'

wanted=
for group; do
    case $group in
    build) wanted="$wanted $build" ;;
    test)
        wanted="$wanted $test"
        command -v node >/dev/null || wanted="$wanted nodejs"
        command -v npm >/dev/null || wanted="$wanted npm"
        ;;
    full) wanted="$wanted $full" ;;
    peers) wanted="$wanted $peers" ;;
    *)
        echo "usage: $0 {build|test|full|peers}..." >&2
        exit 64
        ;;
    esac
done

if ! command -v dpkg-query >/dev/null; then
    echo "Not Debian. Needed are, by Debian's names:" $wanted
    exit 0
fi

missing=
for package in $wanted; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) ||
        state=unknown
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get -qq update
$as_root apt-get -qq install -y --no-install-recommends $missing
