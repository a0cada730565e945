# shellcheck shell=bash
# common.sh -- what the job scripts share.  They source it from the repository
# root, inside an allocation:
#
#   job_prepare "$@"    modules, MPI settings; checks that program and data exist
#   job_launch "$@"     exigo-mpi on every task of the allocation
# or, in its place:
#   job_tell            what the log begins with
#   job_command RANKS   sets `launcher`, which starts so many ranks
#
# The arguments are those of exigo-mpi.

die() {
    echo "job: $*" >&2
    exit 1
}

# option NAME DEFAULT ARGUMENT...: the last value of --NAME among the arguments.
option() {
    local name=$1 value=$2
    shift 2
    while [ $# -gt 0 ]; do
        case $1 in
        --"$name") value=${2-} ;;
        --"$name"=*) value=${1#*=} ;;
        esac
        shift
    done
    printf '%s\n' "$value"
}

# Compute nodes rarely reach the network, so nothing is fetched here.  Files have
# the names that the program takes.
check_data() {
    local data dir name hint=''
    [ -z "$(option config '' "$@")" ] || return 0 # the program will look
    data=$(option data mnist "$@")
    dir=$data
    case $data in
    mnist | fashion)
        dir=$(option data-dir save/data "$@")/$data
        hint="; on a node with a network, run jobs/fetch-data.sh --dataset $data $dir"
        ;;
    esac
    [ "$data" != fashion ] || [ ! -d /usr/share/datasets/fashion-mnist ] || return 0
    for name in train-images-idx3-ubyte train-labels-idx1-ubyte \
        t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
        [ -f "$dir/$name" ] || [ -f "$dir/$name.gz" ] ||
            [ -f "$dir/${name/-idx/.idx}" ] || [ -f "$dir/${name/-idx/.idx}.gz" ] ||
            die "$dir/$name is not there$hint"
    done
}

load_modules() {
    [ -n "${MODULES:-}" ] || return 0
    command -v module >/dev/null || die "MODULES is set, but there is no module"
    set +u # module systems read variables that nobody has set
    # shellcheck disable=SC2086
    module load $MODULES
    set -u
}

# The environment of mpi-env.sh is for a laptop or a shared machine.  In a job
# the cores are ours: ranks are bound, and do not exceed what was asked for.  A
# host that vanishes ends the job within seconds instead of hanging it until the
# time limit: mpirun probes connections that are silent.  (Under srun SLURM
# notices, after its SlurmdTimeout.)
set_environment() {
    local tasks=${SLURM_TASKS_PER_NODE%%[!0-9]*}
    # shellcheck source=jobs/mpi-env.sh
    NP=$tasks KEEPALIVE=yes . jobs/mpi-env.sh
    unset OMPI_MCA_hwloc_base_binding_policy OMPI_MCA_rmaps_base_oversubscribe
    # A login node, whose shell may have sourced it, lacks the nodes' network.
    [ "${OMPI_MCA_pml:-}" != ^cm,ucx ] || unset OMPI_MCA_pml
    if [ "$tasks" -gt "${SLURM_CPUS_ON_NODE:-$tasks}" ]; then
        export OMPI_MCA_mpi_yield_when_idle=1
    fi
}

# srun where SLURM speaks the protocol of Open MPI, else mpirun.
choose_launcher() {
    local known
    known=$(srun --mpi=list 2>&1 || true)
    case ${LAUNCHER:-auto}/$known in
    auto/*pmix* | srun/*) starts_by=srun ;;
    auto/* | mpirun/*) starts_by=mpirun ;;
    *) die "LAUNCHER is $LAUNCHER, want auto, srun or mpirun" ;;
    esac
}

# job_command RANKS [SRUN-OPTION...]
job_command() {
    local ranks=$1 nodes=$SLURM_JOB_NUM_NODES
    shift
    [ "$nodes" -le "$ranks" ] || nodes=$ranks
    case $starts_by in
    srun)
        launcher=(srun --mpi=pmix --kill-on-bad-exit=1 --nodes="$nodes"
            --ntasks="$ranks" --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}" "$@")
        ;;
    mpirun) launcher=(mpirun -np "$ranks") ;;
    esac
}

job_prepare() {
    [ -n "${SLURM_NTASKS:-}" ] ||
        die 'not in an allocation; submit me: sbatch jobs/train.sbatch'
    load_modules
    [ -x ./exigo-mpi ] || die "$PWD/exigo-mpi is not there; run make first"
    check_data "$@"
    set_environment
    choose_launcher
}

job_tell() {
    echo "job $SLURM_JOB_ID: $SLURM_NTASKS ranks on $SLURM_JOB_NUM_NODES" \
        "node(s), $SLURM_JOB_NODELIST, since $(date -u +%Y-%m-%dT%H:%M:%SZ)"
    ./exigo-mpi --version
    env | LC_ALL=C sort | sed -n '/^\(OMPI_MCA_\|OPENBLAS_\|OMP_NUM\|EXG_\)/s/^/  /p'
}

# job_echo COMMAND...: in the log as it can be pasted into a shell.
job_echo() {
    printf '+'
    printf ' %q' "$@"
    echo
}

job_launch() {
    local out=()
    [ -n "$(option out '' "$@")" ] || out=(--out "save/job-$SLURM_JOB_ID")
    job_tell
    job_command "$SLURM_NTASKS"
    set -- ./exigo-mpi ${out[@]+"${out[@]}"} "$@"
    job_echo "${launcher[@]}" "$@"
    "${launcher[@]}" "$@"
}
