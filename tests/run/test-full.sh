#!/bin/sh
# test-full.sh [STEP...]: the long forms, each in a build folder of its own.
# Every step leaves a log of Meson's; the last line counts all of them.
set -u
cd "$(dirname "$0")/../.." || exit

logs=
failed=0

# ThreadSanitizer dies where the kernel scatters mappings more than it expects.
orderly=
setarch -R true 2>/dev/null && orderly='setarch -R'

# What watches a program slows it down: check gives its tests that much longer.
export CK_TIMEOUT_MULTIPLIER=20

# step CC FOLDER LOG MESON-OPTION... -- TEST-OPTION...
# Builds what the chosen tests need, and runs them. What does not get that far
# leaves no log, and that counts as a failed test.
step() {
    cc=$1 folder=$2 base=$3
    shift 3
    echo "=== $folder $*"
    options=
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    log=$folder/meson-logs/$base.json
    case " $* " in
    *" --setup valgrind "*) log=$folder/meson-logs/$base-valgrind.json ;;
    esac
    rm -f "$log"
    logs="$logs $log"
    CC=$cc tests/run/setup.sh "$folder" -Dtests=true $options &&
        $orderly meson test -C "$folder" --logbase "$base" --print-errorlogs "$@" ||
        failed=1
}

run_long() {
    step cc build testlog-long -Dwerror=true -- --suite long
}

# What clang makes of it; what others make of ours depends on no compiler.
run_clang() {
    step clang build-clang testlog -Dwerror=true -- \
        --suite unit --suite integration --suite fuzz
}

# Sanitizers make gcc warn of what cannot be, so without werror. What is
# exhaustive the fuzzers go through with the same sanitizers.
run_asan() {
    step cc build-asan testlog -Db_sanitize=address,undefined -Db_lundef=false \
        -Doptimization=1 -- \
        --no-suite long --no-suite policy --no-suite exhaustive --timeout-multiplier 3
}

run_tsan() {
    export TSAN_OPTIONS="suppressions=$PWD/tests/run/tsan.supp"
    step cc build-tsan testlog -Db_sanitize=thread -Db_lundef=false \
        -Doptimization=1 -- \
        --no-suite long --no-suite policy --no-suite hasty --no-suite exhaustive \
        --timeout-multiplier 5
}

run_valgrind() {
    step cc build testlog -- --setup valgrind --suite unit --suite fuzz \
        --no-suite hasty --no-suite exhaustive
}

# libFuzzer, FUZZ_SECONDS for each room, from the corpus.
run_fuzz() {
    step clang build-fuzz testlog -Dfuzz=true -Db_lundef=false \
        -Db_sanitize=address,undefined -- --suite fuzz
}

for name in ${*:-long clang asan tsan valgrind fuzz}; do
    "run_$name"
done
tests/run/tally.py $logs || failed=1
exit $failed
