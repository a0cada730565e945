#!/bin/bash
# valgrind.sh BUILD_DIR SUITE... -- MPI suites under valgrind's memcheck, on two
# ranks: no access outside a block, no decision by memory that nobody wrote, no
# block lost.  What Open MPI and its libraries do is in tests/mpi.supp.
#
# valgrind knows no AVX-512, so kernels and BLAS are those for AVX2; OpenBLAS
# would otherwise choose by CPUID.
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
shift
. jobs/mpi-env.sh
read -ra mpiflags <<<"${MPIFLAGS:-}"

if ! command -v valgrind >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing valgrind"
        { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install \
            -qy --no-install-recommends valgrind; } >/dev/null
    fi
    command -v valgrind >/dev/null || {
        echo "valgrind.sh: valgrind is not installed" >&2
        exit 1
    }
fi

export EXG_ISA=avx2 OPENBLAS_CORETYPE=Haswell
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0
for suite in "$@"; do
    start=$SECONDS
    if timeout -k 5 "${TEST_TIMEOUT:-300}" "${MPIRUN:-mpirun}" \
        ${mpiflags[@]+"${mpiflags[@]}"} -np 2 \
        valgrind -q --num-callers=40 --error-exitcode=9 --leak-check=full \
        --show-leak-kinds=definite --errors-for-leak-kinds=definite \
        --suppressions=tests/mpi.supp "$build/tests/mpi_$suite" \
        >"$log" 2>&1 </dev/null; then
        passed=$((passed + 1))
        echo "ok    mpi_$suite, $((SECONDS - start)) s"
    else
        failed=$((failed + 1))
        echo "FAIL  mpi_$suite"
        grep -v '^hwloc x86\|^May be reenabled\|^and reloading' "$log" |
            head -n 60
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
