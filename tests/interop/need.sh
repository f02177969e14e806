# Sourced: what a test needs, or 77, skipped, and why.

need_node() {
    command -v node >/dev/null || skip "no node here"
    [ -d "$here/node_modules/$1" ] ||
        skip "no node_modules/$1 here: run npm ci in $here"
}

need_package() {
    command -v node >/dev/null || skip "no node here"
    [ -d "$here/../../client/js/node_modules/ws" ] ||
        skip "no node_modules/ws here: run npm ci in client/js"
}

need_python() {
    python=/usr/bin/python3 # Debian's own, for which python3-websockets is
    "$python" -c "import $1" 2>/dev/null || skip "no module $1 in $python"
}

skip() {
    echo "$1"
    exit 77
}
