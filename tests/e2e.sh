# shellcheck shell=bash
# e2e.sh -- what the end-to-end scripts share; they source it.
#
# Sets $program, $scratch (removed at the end) and a generated dataset in
# $data: 509 training and 211 test images, numbers that nothing divides.
# Seed 4 begins with a network that is alive on these images.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
. jobs/mpi-env.sh
build=${BUILD_DIR:-build/release}
program=$build/exigo-mpi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
data=$scratch/data
mkdir "$data"
"$build"/tests/tool_synth "$data" 509 211 || exit 1
read -ra mpiflags <<<"${MPIFLAGS:-}"

failures=0
fail() { # fail WORDS...: note it, go on
    echo "FAIL: $*"
    failures=$((failures + 1))
}
finish() {
    [ "$failures" = 0 ] || echo "$failures failures"
    exit "$((failures > 0))"
}

# on RANKS ARGUMENTS...: run the program, no longer than a minute.
on() {
    local ranks=$1
    shift
    timeout -k 5 "${LIMIT:-60}" "${MPIRUN:-mpirun}" \
        ${mpiflags[@]+"${mpiflags[@]}"} -np "$ranks" "$program" "$@" </dev/null
}

# same WHAT FILE FILE [OBJECT OBJECT]: h5diff finds no difference.
same() {
    local what=$1
    shift
    if ! h5diff --exclude-path /provenance "$@" >"$scratch/diff" 2>&1; then
        fail "$what: h5diff $*"
        head -n 20 "$scratch/diff"
    fi
}
if ! command -v h5diff >/dev/null; then
    echo "h5diff is missing: install hdf5-tools"
    exit 1
fi
