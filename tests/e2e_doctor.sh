#!/bin/bash
# e2e_doctor.sh -- what --doctor finds, and what it leaves behind: nothing.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
LIMIT=${LIMIT:-30}
mkdir "$scratch/out"

# doctor STATUS RANKS ARGUMENTS...
doctor() {
    local status=$1 ranks=$2 got
    shift 2
    on "$ranks" --doctor --out "$scratch/out" "$@" >"$scratch/log" \
        2>"$scratch/err"
    got=$?
    [ "$got" = "$status" ] || fail "$* on $ranks: exit status $got, want $status"
    find "$scratch/out" -mindepth 1 | grep . &&
        fail "$*: something is left in --out"
    [ "$failures" = 0 ] || cat "$scratch/log" "$scratch/err"
}

# says PATTERN: among the lines.
says() {
    grep -q -- "^$1" "$scratch/log" || {
        fail "want '$1'"
        cat "$scratch/log"
    }
}

for n in 1 2; do
    doctor 0 "$n"
    says "good: ranks: $n on 1 host ($(uname -n): $n)"
    for what in binding threads vectors BLAS memory MPI waiting out locks writing; do
        says "[a-z]*: $what: "
    done
    grep -vE '^(good|warning|bad): [A-Za-z]+: .' "$scratch/log" &&
        fail "a line of another form"
    grep '^\(warning\|bad\): ' "$scratch/log" | grep -v '; mend: ' &&
        fail "a line that does not say how to mend it"
done

# A /dev/shm as small as a container's: on a mount of its own.
if unshare --mount true 2>/dev/null; then
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount sh -c 'mount -t tmpfs -o size=8m tmpfs /dev/shm && exec "$@"' \
        sh timeout -k 5 "$LIMIT" "${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} \
        -np 2 "$program" --doctor --out "$scratch/out" >"$scratch/log" 2>&1 ||
        fail "a small /dev/shm: exit status"
    says 'warning: sharing: /dev/shm has no .*; mend: .*--shm-size'
    doctor 0 2
    says "good: sharing: ranks see each other's memory"
else
    echo "skipped: a small /dev/shm: no mounts of one's own here"
fi

# More ranks than cores, of which none yields.
cores=$(getconf _NPROCESSORS_ONLN)
if [ "$cores" -lt 8 ]; then
    OMPI_MCA_mpi_yield_when_idle=0 doctor 0 $((cores + 1))
    says "warning: waiting: .*OMPI_MCA_mpi_yield_when_idle=1"
    says "warning: binding: .* $((cores + 1)) ranks on .* cores; mend: "
    OMPI_MCA_mpi_yield_when_idle=1 doctor 0 $((cores + 1))
    says 'good: waiting: '
else
    echo "skipped: more ranks than cores: this machine has $cores"
fi

# Both ranks on the same core.
if [ "$cores" -gt 1 ]; then
    core=$(taskset -pc $$ | sed 's/.*: \([0-9]*\).*/\1/')
    timeout -k 5 "$LIMIT" "${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} -np 2 \
        taskset -c "$core" "$program" --doctor --out "$scratch/out" \
        >"$scratch/log" 2>&1 || fail "two ranks on one core: exit status"
    says 'warning: binding: .*2 ranks may use 1 of its'
fi

# Memory that is short; ASan's own is not.
[[ $build == *sanitize* ]] || (
    ulimit -v 500000
    doctor 0 1
    says 'warning: memory: .*ulimit -v'
    exit "$failures"
) || fail "ulimit -v"

# Kernels of choice.
EXG_ISA=base doctor 0 1
if grep -qw avx2 /proc/cpuinfo; then
    says 'warning: vectors: base, though this CPU has .*unset EXG_ISA'
fi
EXG_ISA=neon9 doctor 1 2
says 'bad: vectors: EXG_ISA=neon9 is not available here; mend: '
if grep -qw avx512f /proc/cpuinfo; then
    OPENBLAS_CORETYPE=Haswell doctor 0 1
    says 'warning: BLAS: .*unset OPENBLAS_CORETYPE'
fi

# Places that are no places.
touch "$scratch/file"
for out in "$scratch/file" "$scratch/file/x" /proc; do
    doctor 1 2 --out "$out"
    says 'bad: out: .* cannot be written to: '
    [ "$(grep -c '^exigo: ' "$scratch/err")" = 1 ] ||
        fail "$out: want one line on standard error"
done
doctor 0 2 --out "$scratch/out/not/there/yet"
says "[a-z]*: out: $scratch/out: "

if [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ]; then
    on 1 --doctor --out /dev/shm >"$scratch/log" 2>&1
    says 'warning: out: /dev/shm: tmpfs, .*; mend: '
else
    echo "skipped: --out in memory: /dev/shm is no tmpfs"
fi

# A file system without locks.
cat >"$scratch/nolocks.c" <<'END'
#include <errno.h>
int flock(int fd, int how)
{
    (void)fd;
    (void)how;
    errno = ENOLCK;
    return -1;
}
END
if ${CC:-cc} -shared -fPIC -o "$scratch/nolocks.so" "$scratch/nolocks.c" &&
    [[ $build != *sanitize* ]]; then
    LD_PRELOAD=$scratch/nolocks.so doctor 0 1
    says 'warning: locks: flock: .*; mend: export HDF5_USE_FILE_LOCKING=FALSE'
    HDF5_USE_FILE_LOCKING=FALSE LD_PRELOAD=$scratch/nolocks.so doctor 0 1
    says 'good: locks: refused, and HDF5 told not to ask'

    # A run there says so in one line, and the hint helps.
    run=(--data "$data" --seed 4 --epochs 1 --limit-train 100 --limit-test 50
        --stages 'train,plot' --quiet --out "$scratch/run")
    on 2 "${run[@]}" >"$scratch/log" 2>&1 || fail "with locks: exit status $?"
    sum=$(cksum <"$scratch/run/results.h5")
    LD_PRELOAD=$scratch/nolocks.so on 2 --init "$scratch/run/results.h5" \
        "${run[@]}" >"$scratch/log" 2>&1
    [ $? = 1 ] || fail "without locks: want exit status 1"
    grep -q '^exigo: .*results.h5: .*HDF5_USE_FILE_LOCKING=FALSE' "$scratch/log" ||
        fail "without locks: want the variable that helps"
    [ "$(grep -c '^exigo: ' "$scratch/log")" = 1 ] ||
        fail "without locks: want one line"
    [ "$(cksum <"$scratch/run/results.h5")" = "$sum" ] ||
        fail "without locks: the earlier file has changed"
    HDF5_USE_FILE_LOCKING=FALSE LD_PRELOAD=$scratch/nolocks.so on 2 \
        --init "$scratch/run/results.h5" "${run[@]}" >"$scratch/log" 2>&1 ||
        fail "without locks, told so: exit status $?"
fi

# As events for programs; and quietly.
doctor 0 2 --log json
grep -v '^{"event": "doctor", "verdict": "[a-z]*", "what": ".*", "text": ".*"}$' \
    "$scratch/log" && fail "--log json: a line of another form"
EXG_ISA=neon9 doctor 1 2 --quiet
grep . "$scratch/log" && fail "--quiet: want nothing on standard output"
grep -q '^exigo: bad: vectors: ' "$scratch/err" || fail "--quiet: want the bad"
finish
