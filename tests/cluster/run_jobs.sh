#!/bin/bash
# run_jobs.sh [lo|ns] -- do the job scripts work on a real SLURM?
#
# Starts two nodes on this machine (see cluster.sh), submits both scripts with
# either launcher, and compares each result with a plain mpirun's: the bits must
# be equal.  Then the failures that a job must report: data that was not
# fetched, and an option that does not exist.  Not part of `make check`: needs
# root and SLURM.  Run it from anywhere after `make` and `make data`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
mode=${1:-ns}
tmp=$(mktemp -d)
cluster() {
    local verb=$1
    shift
    "$here/cluster.sh" "$verb" "$tmp/cluster" "$@"
}
trap 'cluster down; rm -rf "$tmp"' EXIT
small=(--limit-train 2000 --limit-test 300 --epochs 2 --stages 'train,explain')
passed=0 failed=0

# count NAME COMMAND...: a check.
count() {
    local name=$1
    shift
    if "$@"; then
        echo "ok    $name"
        passed=$((passed + 1))
    else
        echo "FAIL  $name"
        failed=$((failed + 1))
    fi
}

# submit NAME SBATCH-ARGUMENT...: run to the end; the log is $tmp/NAME.log.
submit() {
    local name=$1 job
    shift
    job=$(cluster run sbatch --parsable --output="$tmp/$name.log" "$@")
    cluster wait "$job" 120 >"$tmp/$name.state"
}

# same NAME SCRIPT...: completes, and its results are those of plain mpirun.
same() {
    local name=$1
    shift
    if ! submit "$name" "$@" "${small[@]}" --out "$tmp/$name"; then
        cat "$tmp/$name.state" "$tmp/$name.log"
        return 1
    fi
    grep '^+ ' "$tmp/$name.log"
    h5diff --exclude-path /provenance "$tmp/plain/results.h5" \
        "$tmp/$name/results.h5"
}

# spreads NAME: that run had a rank on both nodes.
spreads() {
    h5dump -a /provenance/hosts "$tmp/$1/results.h5" | grep 'node1 node2'
}

# fails NAME TEXT SCRIPT...: the job fails, and its log holds the text.
fails() {
    local name=$1 text=$2
    shift 2
    if submit "$name" "$@"; then
        return 1
    fi
    grep -e "$text" "$tmp/$name.log"
}

(
    # shellcheck source=jobs/mpi-env.sh
    . jobs/mpi-env.sh
    "${MPIRUN:-mpirun}" -np 2 ./exigo-mpi "${small[@]}" --out "$tmp/plain" --quiet
)
cluster up 2 4 "$mode"
# The nodes are more than this machine: waiting ranks must give up their core.
# shellcheck disable=SC2031
export OMPI_MCA_mpi_yield_when_idle=1

for launcher in srun mpirun; do
    export LAUNCHER=$launcher
    count "train.sbatch, 3 ranks, $launcher" \
        same "train-$launcher" --ntasks=3 jobs/train.sbatch
    count "multinode.sbatch, 2 nodes of 2 ranks, $launcher" \
        same "multi-$launcher" --ntasks-per-node=2 jobs/multinode.sbatch
    count "  it was on both nodes" spreads "multi-$launcher"
done
export LAUNCHER=auto
count 'data that are not there' fails nodata 'jobs/fetch-data.sh --dataset mnist' \
    --ntasks=1 jobs/train.sbatch --data-dir "$tmp/none"
count 'an option that is not there' fails nooption 'exigo: --nonsense' \
    --ntasks=2 jobs/train.sbatch --nonsense

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
