#!/bin/bash
# run.sh BUILD_DIR RANKS -- run every test program and count.
#
# check_* run alone, mpi_* under mpirun on each of RANKS ("1 2 3 4"), e2e_* as
# they are; SUITES="check_fft mpi_fft" runs these alone.  With COUNTS, a coverage
# build's counts go to directories there: check, mpi, each e2e_*.  Each run is
# bounded in time.  Prints one line per run, the output of those that fail, and
# ends with "N passed, M failed", N and M being single tests, where a script
# counts as one.
#
# TEST_JOBS=N keeps N cores busy, by default all: a program takes as many as it
# has ranks.  A script, which mostly waits for mpirun to start and to end, takes
# one; what stops its ranks and counts the seconds comes last.
set -u
build=$1
ranks=$2
cd "$(dirname "$0")/.." || exit 1
unset NP # programs run side by side: more ranks than cores
. jobs/mpi-env.sh
read -ra mpiflags <<<"${MPIFLAGS:-}"

cores=${TEST_JOBS:-$(getconf _NPROCESSORS_ONLN)}
passed=0 failed=0
logs=$(mktemp -d)
declare -A name=() began=() takes=() # of what is running, by process id
free=$cores
trap 'kill "${!name[@]}" 2>/dev/null; rm -rf "$logs"' EXIT
trap 'exit 1' INT TERM

# report NAME STATUS SECONDS LOG: count what Check says, or one for a script.
report() {
    local checks bad log=$4
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
        head -n -40 "$log" | grep '^FAIL: '
        tail -n 40 "$log"
    fi
}

# collect: report what has ended.
collect() {
    local pid status
    for pid in "${!name[@]}"; do
        kill -0 "$pid" 2>/dev/null && continue
        status=0
        wait "$pid" || status=$?
        report "${name[$pid]}" "$status" \
            "$(awk "BEGIN {print $EPOCHREALTIME - ${began[$pid]}}")" \
            "$logs/${name[$pid]}"
        free=$((free + takes[$pid]))
        unset "name[$pid]" "began[$pid]" "takes[$pid]"
    done
}

# until_free CORES: so many are.
until_free() {
    collect
    while [ "$free" -lt "$1" ]; do
        wait -n
        collect
    done
}

# run NAME CORES COMMAND...: start it as soon as so many are free.
run() {
    local want=$(($2 < cores ? $2 : cores)) called=$1
    shift 2
    until_free "$want"
    case ${COUNTS:+$called} in
    '') ;;
    e2e_*) export GCOV_PREFIX=$COUNTS/$called ;;
    *) export GCOV_PREFIX=$COUNTS/${called%%_*} ;;
    esac
    timeout -k 5 "${TEST_TIMEOUT:-300}" "$@" >"$logs/$called" 2>&1 </dev/null &
    name[$!]=$called began[$!]=$EPOCHREALTIME takes[$!]=$want
    free=$((free - want))
}

wanted() { # of a program or script
    local called=${1##*/}
    [ -x "$1" ] && [[ -z ${SUITES:-} || " $SUITES " == *" ${called%.sh} "* ]]
}
script() { # script CORES FILE
    wanted "$2" && run "$(basename "$2" .sh)" "$1" env BUILD_DIR="$build" "$2"
}

# The longest scripts first, roughly, so that none is left to run alone.
early='e2e_disk e2e_soak e2e_resume e2e_into e2e_refused e2e_tsne e2e_resume_maps e2e_checkpoint e2e_hostile e2e_twice'
apart=e2e_hang
for t in $early; do
    script 1 "tests/$t.sh"
done
for t in tests/e2e_*.sh; do
    [[ " $early $apart " == *" $(basename "$t" .sh) "* ]] || script 1 "$t"
done
for t in "$build"/tests/check_*; do
    wanted "$t" && run "$(basename "$t")" 1 "$t"
done
for t in "$build"/tests/mpi_*; do
    wanted "$t" || continue
    for n in $ranks; do
        run "$(basename "$t") x $n" "$n" "${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} -np "$n" "$t"
    done
done
until_free "$cores"
script 1 "tests/$apart.sh"
until_free "$cores"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
