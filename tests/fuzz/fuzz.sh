#!/bin/sh
# fuzz.sh FUZZER CORPUS: lets libFuzzer look for FUZZ_SECONDS (60). What it
# learns stays beside FUZZER; an input that breaks something does, too, and
# belongs into CORPUS with its fix.
learnt=$1.corpus
mkdir -p "$learnt" || exit
exec "$1" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=20 \
    -artifact_prefix="$1.broken-" -print_final_stats=1 "$learnt" "$2"
