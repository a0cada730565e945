#!/bin/bash
# run.sh BUILD_DIR RANKS -- run every test program and count.
#
# check_* run alone, mpi_* under mpirun on each of RANKS ("1 2 3 4"), e2e_* as
# they are; SUITES="check_fft mpi_fft" runs these alone.  With COUNTS, a coverage
# build's counts go to directories there: check, mpi, each e2e_*.  Each run is bounded in time.  Prints one line per run, the output
# of those that fail, and ends with "N passed, M failed", N and M being single
# tests, where a script counts as one.
set -u
build=$1
ranks=$2
cd "$(dirname "$0")/.." || exit 1
. jobs/mpi-env.sh
read -ra mpiflags <<<"${MPIFLAGS:-}"

passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# report NAME STATUS: count what Check says, or one for a script.
report() {
    local checks bad
    checks=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), .*/\1/p' "$log" | tail -n 1)
    bad=$(sed -n 's/^[0-9]*%: Checks: .*Failures: \([0-9]*\), Errors: \([0-9]*\)/\1 \2/p' "$log" |
        tail -n 1 | awk '{print $1 + $2}')
    checks=${checks:-1}
    bad=${bad:-$([ "$2" = 0 ] && echo 0 || echo 1)}
    [ "$2" = 0 ] || [ "$bad" != 0 ] || bad=1
    passed=$((passed + checks - bad)) failed=$((failed + bad))
    if [ "$bad" = 0 ]; then
        printf 'ok    %-28s %3d  %4.1f s\n' "$1" "$checks" "$3"
        grep '^skipped: ' "$log"
    else
        printf 'FAIL  %-28s %3d of %d (status %s)\n' "$1" "$bad" "$checks" "$2"
        tail -n 40 "$log"
    fi
}

# run NAME COMMAND...
run() {
    local name=$1 start=$EPOCHREALTIME status=0
    shift
    case ${COUNTS:+$name} in
    '') ;;
    e2e_*) export GCOV_PREFIX=$COUNTS/$name ;;
    *) export GCOV_PREFIX=$COUNTS/${name%%_*} ;;
    esac
    timeout -k 5 "${TEST_TIMEOUT:-300}" "$@" >"$log" 2>&1 </dev/null || status=$?
    report "$name" "$status" "$(awk "BEGIN {print $EPOCHREALTIME - $start}")"
}

wanted() { # of a program or script
    local name=${1##*/}
    [ -x "$1" ] && [[ -z ${SUITES:-} || " $SUITES " == *" ${name%.sh} "* ]]
}

for t in "$build"/tests/check_*; do
    wanted "$t" && run "$(basename "$t")" "$t"
done
for t in "$build"/tests/mpi_*; do
    wanted "$t" || continue
    for n in $ranks; do
        run "$(basename "$t") x $n" "${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} -np "$n" "$t"
    done
done
for t in tests/e2e_*.sh; do
    wanted "$t" && run "$(basename "$t" .sh)" env BUILD_DIR="$build" "$t"
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
