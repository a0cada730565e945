#!/bin/bash
# run.sh BUILD_DIR TARGET... | run.sh --tools
#
# Fuzz each target for FUZZ_SECONDS (60), or FUZZ_RUNS executions.  A crash, a
# leak, an input that takes 5 s or 1 GB fails; the input is then kept in
# BUILD_DIR/found.  What reaches new code is kept in BUILD_DIR/corpus and begins
# the next run, beside tests/fuzz/corpus.
set -u
cd "$(dirname "$0")/../.." || exit 1

if [ "$1" = --tools ]; then
    command -v clang >/dev/null && exit
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing clang"
        { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install \
            -qy --no-install-recommends clang 'libclang-rt-[0-9]*-dev'; } \
            >/dev/null && exit
    fi
    echo "make fuzz: clang is not installed" >&2
    exit 1
fi

build=$1
shift
. jobs/mpi-env.sh
if [ -n "${FUZZ_RUNS:-}" ]; then
    bound=-runs=$FUZZ_RUNS
else
    bound=-max_total_time=${FUZZ_SECONDS:-60}
fi
# A quarantine of 256 MB takes the place of what -rss_limit_mb is to see, and a
# fifth of the time, in pages that are touched for the first time.
export ASAN_OPTIONS=allocator_may_return_null=1:handle_abort=1:malloc_context_size=2:quarantine_size_mb=16
TMPDIR=$(mktemp -d -p /dev/shm)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
passed=0 failed=0
mkdir -p "$build/found"

for target in "$@"; do
    log=$build/fuzz_$target.log
    mkdir -p "$build/corpus/$target"
    "$build/tests/fuzz_$target" "$bound" -timeout=5 -rss_limit_mb=1024 \
        -max_len=4096 -print_final_stats=1 \
        -artifact_prefix="$build/found/$target-" \
        "$build/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1
    status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
    if [ $status = 0 ]; then
        passed=$((passed + 1))
        echo "ok    $target: ${runs:-0} executions, ${rate:-0} a second"
    else
        failed=$((failed + 1))
        echo "FAIL  $target: status $status after ${runs:-?} executions"
        grep -aE -A 12 '^(fuzz: |==.*ERROR|.*runtime error)' "$log" | head -n 40
        grep -a 'Test unit written' "$log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
