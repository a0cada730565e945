#!/bin/bash
# e2e_corpus.sh -- the fuzz targets on their corpus, in this build: what fuzzing
# has found, and the usual ways to be wrong, stay mended without clang.
set -u
cd "$(dirname "$0")/.." || exit 1
. jobs/mpi-env.sh
build=${BUILD_DIR:-build/release}
failures=0
for folder in tests/fuzz/corpus/*; do
    target=$(basename "$folder")
    if ! said=$(timeout -k 5 60 "$build/tests/replay_$target" "$folder"/* 2>&1); then
        echo "FAIL: $target: $said"
        failures=$((failures + 1))
    fi
done
for target in tests/fuzz/fuzz_*.c; do
    target=$(basename "$target" .c)
    [ -d "tests/fuzz/corpus/${target#fuzz_}" ] || {
        echo "FAIL: ${target#fuzz_} has no corpus"
        failures=$((failures + 1))
    }
done
exit $((failures > 0))
