#!/bin/sh
# install.sh ROOT BUILD PREFIX MESON: what `meson install` leaves behind is all
# that somebody needs who uses the library: header, pkg-config, shared and static
# library, and the example of the man page as it stands there.
set -eu

root=$1 build=$2 prefix=$3 meson=$4
for tool in pkg-config readelf; do
    command -v $tool >/dev/null || { echo "no $tool here"; exit 77; }
done

unset LD_LIBRARY_PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$meson" install -C "$build" --no-rebuild --quiet --destdir "$work/to" >log ||
    { cat log; exit 1; }

pc=$(find to -name monologue.pc)
lib=$work/${pc%/pkgconfig/*}
export PKG_CONFIG_PATH="$work/${pc%/*}" PKG_CONFIG_SYSROOT_DIR="$work/to"
export PATH="$work/to$prefix/bin:$work/to$prefix/sbin:$PATH" HOME=/nonexistent

fail() {
    echo "$*"
    exit 1
}

# flags OPTION... PACKAGE...: the sysroot is for our package, not for the others.
flags() {
    pkg-config "$@" | sed "s|$work/to/usr/include|/usr/include|g
        s|$work/to/usr/lib|/usr/lib|g"
}

# prints_id COMMAND...: run beside a daemon it prints a connection id.
prints_id() {
    monologued exec -- "$@" >said || fail "exit status $? of $*"
    grep -qx '[A-Za-z0-9_-]\{14\}[AQgw]=' said || fail "$* said: $(cat said)"
}

readelf -d "$lib/libmonologue.so" | grep -q 'SONAME.*\[libmonologue.so.0\]' ||
    fail "the SONAME is not libmonologue.so.0"

own=$root/tests/policy/install
strict='-Wall -Wextra -pedantic -Werror'
cc -std=c99 $strict "$own/program.c" -o shared $(flags --cflags --libs monologue)
LD_LIBRARY_PATH=$lib prints_id ./shared
if command -v c++ >/dev/null; then
    c++ -std=c++17 $strict "$own/program.cc" -o plus $(flags --cflags --libs monologue)
    LD_LIBRARY_PATH=$lib prints_id ./plus
fi

# The example is the only block with a main().
awk '/^```$/ { block = block ? "" : "\n"; if (main) exit; text = ""; next }
     block { text = text $0 "\n"; if (/^int main/) main = 1 }
     END { printf "%s", text }' "$root/docs/libmonologue.3.scd" |
    sed 's/\\\\/\\/g' >example.c
cc -Wall -Wextra -Wno-unused-parameter -Werror example.c -o example \
    $(flags --cflags --libs monologue libuv)
cat >calls-example <<'END'
mkfifo out
./example >out &
exec 4<out
read -r id <&4
[ "$(LD_LIBRARY_PATH= monologue call "$id" add 2 3.5)" = 5.5 ] || exit 1
kill $!
echo "$id"
END
LD_LIBRARY_PATH=$lib prints_id sh calls-example

if [ -e "$lib/libmonologue.a" ]; then
    rm "$lib"/libmonologue.so*
    cc -std=c99 "$own/program.c" -o static \
        $(flags --static --cflags --libs monologue)
    ! readelf -d static | grep -q 'NEEDED.*monologue' || fail "not static"
    prints_id ./static
fi
