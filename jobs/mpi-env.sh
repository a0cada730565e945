# shellcheck shell=sh
# mpi-env.sh -- source me: mpirun works as root and with more ranks than cores.
#
# One BLAS thread per rank.  With more ranks than cores (NP, if set, tells how
# many) a rank that waits gives its core away: without that an allreduce takes a
# thousand times longer.  No binding, so that several small runs do not share
# one core.  A preset BLAS kernel below the CPU's own would halve its speed, so it
# goes.  For several hosts, KEEPALIVE=yes: mpirun notices within seconds that one
# is cut off.  On a machine without the device of a fast network Open MPI is not
# to ask the libraries that drive one, half of the 0.4 s in which a run starts.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none
if [ "${NP:-1000}" -gt "$(getconf _NPROCESSORS_ONLN)" ]; then
    export OMPI_MCA_mpi_yield_when_idle=1
fi
if [ -n "${KEEPALIVE:-}" ]; then
    export OMPI_MCA_oob_tcp_keepalive_time=3
    export OMPI_MCA_oob_tcp_keepalive_intvl=1
    export OMPI_MCA_oob_tcp_keepalive_probes=3
fi
if [ -z "${KEEPALIVE:-}${OMPI_MCA_pml:-}${OMPI_MCA_mtl:-}" ] &&
    [ -z "$(find /dev -maxdepth 1 \( -name infiniband -o -name 'hfi1*' \
        -o -name 'ipath*' -o -name 'cxi*' \))" ]; then
    export OMPI_MCA_pml=^cm,ucx
fi
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
unset OPENBLAS_CORETYPE
