#!/bin/bash
# coverage.sh BUILD_DIR RANKS -- which lines of src/ the tests run: all suites,
# the programs' end-to-end scripts and the sweep of faults, in a build that
# counts.  Prints a table of files; fails below 90 % of the lines, where a test
# fails and where tests/coverage.txt names what is gone; warns of lines not
# reached for which it has no reason.
# SUITES="check_fft faults" counts these alone, for the table only.
#
# A script whose ranks are killed counts in a directory of its own, so that one
# killed as it writes spoils no other; gcovr adds them up.  (gcov-tool 12's merge
# ended in an internal error on such counts.)  A kernel is compiled once per
# instruction set: its lines have the sum of the builds.
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
ranks=$2
. jobs/mpi-env.sh

# Counting takes time.
export TEST_SECONDS=${TEST_SECONDS:-240} TEST_TIMEOUT=${TEST_TIMEOUT:-900}
export LIMIT=${LIMIT:-300} SOAK_MINUTES=${SOAK_MINUTES:-14}
COUNTS=$PWD/$build/counts
slashes=${COUNTS//[!\/]/}
export COUNTS GCOV_PREFIX_STRIP=$((${#slashes} - 1))
rm -rf "$COUNTS"
find "$build" -name '*.gcda' -delete
mkdir -p "$COUNTS"

# lines DIR JSON: those of the notes and counts in DIR.
lines() {
    gcovr --root . --filter src/ --json "$2" "$1" >"$2.log" 2>&1 && return
    echo "coverage.sh: ${2##*/}: $(tail -n 1 "$2.log")"
    status=1
}

status=0
lines "$build" "$COUNTS/none.json" # also of files that nothing uses
HOSTILE_SECONDS=${HOSTILE_SECONDS:-10} tests/run.sh "$build" "$ranks" || status=1
if [[ -z ${SUITES:-} || " $SUITES " == *' faults '* ]]; then
    GCOV_PREFIX=$COUNTS/faults tests/faults.sh "$build" || status=1
fi

traces=(--add-tracefile "$COUNTS/none.json")
for run in "$COUNTS"/*/; do # gcov wants the compiler's notes beside
    (cd "$run" && find . -name '*.gcda') | while read -r file; do
        cp "$build/${file%.gcda}.gcno" "$run/${file%/*}"
    done
    lines "$run" "${run%/}.json"
    traces+=(--add-tracefile "${run%/}.json")
done
gcovr --root . "${traces[@]}" --print-summary --json "$COUNTS/all.json" --txt
[ -z "${SUITES:-}" ] || exit $status
python3 tests/coverage.py "$COUNTS/all.json" tests/coverage.txt 90 || status=1
exit $status
