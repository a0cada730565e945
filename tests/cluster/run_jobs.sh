#!/bin/bash
# run_jobs.sh [lo|ns] -- do the job scripts work on a real SLURM?
#
# Starts two nodes on this machine (see cluster.sh), submits every script of
# jobs/, and compares each result with a plain mpirun's: the bits must be equal.
# Then what a job must report: data that were not fetched, options that do not
# exist, tasks that know nothing of each other.  `make cluster` runs it; needs
# root and SLURM.
# shellcheck source=tests/cluster/common.sh
. "$(dirname "$0")/common.sh"
mode=${1:-ns}
skip_unless slurmctld slurmd sbatch munged nsenter ip h5diff
cluster() {
    local verb=$1
    shift
    "$root/tests/cluster/cluster.sh" "$verb" "$scratch/cluster" "$@"
}
prepare_scratch
trap 'cluster down; rm -rf "$scratch"' EXIT
small=(--data "$data" --seed 4 --limit-train 2000 --limit-test 300 --epochs 2
    --stages 'train,explain')

# submit NAME SBATCH-ARGUMENT...: run to the end; the log is $scratch/NAME.log.
submit() {
    local name=$1
    shift
    job=$(cluster run sbatch --parsable --output="$scratch/$name.log" "$@") ||
        return 1
    cluster wait "$job" 120
}

# completes NAME SCRIPT...: and shows the log if it does not.
completes() {
    submit "$@" || {
        cat "$scratch/$1.log"
        return 1
    }
}

# equal NAME SCRIPT...: completes, and its results are those of plain mpirun.
equal() {
    local name=$1
    completes "$@" "${small[@]}" --out "$scratch/$name" &&
        same "$scratch/plain/results.h5" "$scratch/$name/results.h5"
}

# spreads NAME: that run had a rank on both nodes.
spreads() {
    h5dump -a /provenance/hosts "$scratch/$1/results.h5" | grep 'node1 node2'
}

# fails NAME TEXT SCRIPT...: the job fails, and its log holds the text.
fails() {
    local name=$1 text=$2
    shift 2
    ! submit "$name" "$@" || return 1
    grep -e "$text" "$scratch/$name.log" || {
        cat "$scratch/$name.log"
        return 1
    }
}

# lines FILE N: it has so many.
lines() {
    cat "$1"
    [ "$(wc -l <"$1")" = "$2" ]
}

# Three seeds and then their table, made by the job that the first task queues.
array_is_merged() {
    local table=$scratch/seeds/table.csv merge
    completes array --array=3-5 --ntasks=2 --output="$scratch/array-%a.log" \
        --nodes=1 jobs/array.sbatch "${small[@]}" || return 1
    merge=$(sed -n 's/^job \([0-9]*\) will merge.*/\1/p' "$scratch/array-3.log")
    cluster wait "$merge" 60 || return 1
    cat "$scratch/seeds/merge.log"
    lines "$table" 4 && grep -q '^run,seed,' "$table" &&
        grep -q "seed-4/results.h5,4," "$table" &&
        h5ls "$scratch/seeds/table.h5/eval_accuracy" | grep '{3}' &&
        same "$scratch/plain/results.h5" "$scratch/seeds/seed-4/results.h5"
}

# A run is known by its maps where the perplexity varies.
perplexities_are_merged() {
    completes sweep --array=0-1 --ntasks=2 --output="$scratch/sweep-%a.log" \
        --nodes=1 jobs/array.sbatch --data "$data" --seed 4 --epochs 1 \
        --stages train,embed --tsne-samples 200 --tsne-iterations 60 \
        --tsne-dims 2 || return 1
    cluster wait "$(sed -n 's/^job \([0-9]*\) will merge.*/\1/p' \
        "$scratch/sweep-0.log")" 60 || return 1
    lines "$scratch/sweep/table.csv" 3 &&
        grep -q '^run,tsne-perplexity,.*,kl,' "$scratch/sweep/table.csv" &&
        grep -q 'tsne-perplexity-12/results.h5,12,' "$scratch/sweep/table.csv"
}

# A dataset under its other names, and a value that is a path; --out is the
# directory of all runs.
paths_are_values() {
    local other=$scratch/other file
    mkdir "$other"
    for file in "$data"/*; do
        ln -s "$file" "$other/$(basename "${file/-idx/.idx}")"
    done
    VARY=data VALUES="$data $other" completes paths --array=0-1 --ntasks=2 \
        --output="$scratch/paths-%a.log" --nodes=1 jobs/array.sbatch \
        "${small[@]}" --out "$scratch/all paths" || return 1
    cluster wait "$(sed -n 's/^job \([0-9]*\) will merge.*/\1/p' \
        "$scratch/paths-0.log")" 60 || return 1
    lines "$scratch/all paths/table.csv" 3
}

# From another folder: by --chdir, or it says so.
elsewhere() (
    cd "$scratch"
    fails lost 'no jobs/common.sh in .*--chdir' --ntasks=1 \
        "$root/jobs/train.sbatch" &&
        completes found --chdir="$root" --ntasks=2 "$root/jobs/train.sbatch" \
            "${small[@]}" --out "$scratch/found"
)

# 1, 2 and 4 ranks, the last on both nodes.
scaling_is_told() {
    completes scaling --nodes=2 --ntasks-per-node=2 jobs/scaling.sbatch \
        "${small[@]}" || return 1
    cat "$scratch/scaling.log"
    [ "$(grep -c 'the same bits as' "$scratch/scaling.log")" = 2 ] &&
        grep -qE '^train +4 +[0-9.e-]+ +[0-9.]+ +[0-9.]+$' "$scratch/scaling.log" &&
        grep -q '^phase,ranks,seconds,speedup,efficiency$' \
            "$scratch/scaled/table.csv" &&
        same "$scratch/plain/results.h5" "$scratch/scaled/ranks-4/results.h5"
}

# Tasks of which each is alone: one line, no results.
strangers_are_told() { # strangers_are_told TASKS
    ! cluster run timeout 60 srun --mpi=none -n "$1" ./exigo-mpi "${small[@]}" \
        --out "$scratch/strangers" >"$scratch/strangers.log" 2>&1 || return 1
    cat "$scratch/strangers.log"
    [ "$(grep -vc '^srun: ' "$scratch/strangers.log")" = 1 ] &&
        grep -q "^exigo: srun has started .* ($1): launch with" "$scratch/strangers.log" &&
        [ ! -e "$scratch/strangers" ]
}

doctor_knows_the_nodes() {
    cluster run timeout 60 srun --mpi=pmix -N 2 -n 4 ./exigo-mpi --doctor \
        --out "$scratch" >"$scratch/doctor.log" 2>&1 || return 1
    cat "$scratch/doctor.log"
    grep -qE '^good: ranks: 4 on 2 hosts \(node1: [1-3], node2: [1-3]\)$' \
        "$scratch/doctor.log" && grep -q '^good: clocks: ' "$scratch/doctor.log"
}

# has FILE COUNT WORD: the word is in at least so many lines.
has() {
    [ -e "$1" ] && [ "$(grep -c -- "$3" "$1")" -ge "$2" ]
}
# shows JOB TEXT: what SLURM tells of the job.
shows() {
    cluster run scontrol show job -o "$1" | grep -e "$2"
}

# at_moment K NAME EPOCHS: the job is at the Kth place where it is to be stopped:
# twice when two more epochs than EPOCHS are over, then in t-SNE.
at_moment() {
    if [ "$1" -lt 3 ]; then
        has "$scratch/$2/run.jsonl" $(($3 + 2)) '"event": "epoch"'
    else
        has "$scratch/$2.log" 1 't-SNE 2-D: [0-9]*0 %'
    fi
}

# requeued NAME: stopped three times by SLURM's signal, each time sent back to
# the queue, and at the end the bits of a run that was never stopped.
requeued() {
    local name=$1 out=$scratch/$1 job k epochs=0
    job=$(cluster run sbatch --parsable --output="$scratch/$name.log" --nodes=2 \
        --ntasks-per-node=2 jobs/requeue.sbatch "${long[@]}" --out "$out") ||
        return 1
    for ((k = 1; k <= 3; k++)); do
        until_true 90 at_moment $k "$name" "$epochs" || break
        cluster run scancel --batch --signal=USR1 "$job"
        until_true 60 shows "$job" "Restarts=$k" || break
        # SLURM holds back a job that was requeued for two minutes, in which
        # its nodes tidy up; some seconds will do.
        until_true 60 shows "$job" 'JobState=PENDING' || break
        epochs=$(grep -c '"event": "epoch"' "$out/run.jsonl")
        sleep 6
        cluster run scontrol update "JobId=$job" StartTime=now || break
    done
    cluster wait "$job" 180 && [ "$k" -gt 3 ] &&
        has "$scratch/$name.log" 3 'back to the queue' &&
        same "$scratch/whole/results.h5" "$out/results.h5" && return 0
    cat "$scratch/$name.log"
    return 1
}

# The same; but where Open MPI did not come up on a node that still tidied up
# after the step of that number, which is no fault of ours, once more.
requeued_at_last() {
    requeued "$1" && return 0
    grep -q 'shared memory initialization' "$scratch/$1.log" || return 1
    echo 'Open MPI did not start; once more'
    requeued "$1-again"
}

# A job that its owner cancels stays out of the queue.
cancelled_stays_out() {
    local job out=$scratch/cancelled
    job=$(cluster run sbatch --parsable --output="$scratch/cancelled.log" \
        --ntasks-per-node=2 jobs/requeue.sbatch "${long[@]}" --epochs 99999 \
        --out "$out") || return 1
    until_true 90 has "$out/run.jsonl" 2 '"event": "epoch"' || return 1
    cluster run scancel "$job"
    until_true 60 shows "$job" 'JobState=CANCELLED' || return 1
    sleep 3
    shows "$job" 'JobState=CANCELLED.*Restarts=0' || {
        cat "$scratch/cancelled.log"
        return 1
    }
}

# Told while its ranks start, which then die of the signal, or a little later.
told_at_start_goes_back() {
    local job
    job=$(cluster run sbatch --parsable --output="$scratch/early.log" \
        --ntasks-per-node=2 jobs/requeue.sbatch "${long[@]}" --epochs 99999 \
        --out "$scratch/early") || return 1
    until_true 60 has "$scratch/early.log" 1 '^+ srun' || return 1
    sleep 0.3
    cluster run scancel --batch --signal=USR1 "$job"
    until_true 60 shows "$job" 'Restarts=1' || {
        cat "$scratch/early.log"
        return 1
    }
    cluster run scancel "$job"
}

plain() {
    # shellcheck source=jobs/mpi-env.sh
    (. jobs/mpi-env.sh && "${MPIRUN:-mpirun}" -np 2 ./exigo-mpi --quiet "$@")
}
# Long enough for SLURM to bring its signals: seconds of training, and of t-SNE.
long=(--data "$data" --seed 4 --epochs 150 --tsne-samples 300
    --tsne-iterations 20000 --tsne-dims 2 --stages 'train,explain,embed')
plain "${small[@]}" --out "$scratch/plain"
plain "${long[@]}" --out "$scratch/whole"
cluster up 2 4 "$mode"
# The nodes are more than this machine: waiting ranks must give up their core.
# shellcheck disable=SC2031
export OMPI_MCA_mpi_yield_when_idle=1

for launcher in srun mpirun; do
    export LAUNCHER=$launcher
    count "train.sbatch, 3 ranks, $launcher" \
        equal "train-$launcher" --ntasks=3 jobs/train.sbatch
    count "multinode.sbatch, 2 nodes of 2 ranks, $launcher" \
        equal "multi-$launcher" --ntasks-per-node=2 jobs/multinode.sbatch
    count '  it was on both nodes' spreads "multi-$launcher"
    OUT=$scratch/scaled count "scaling.sbatch, 1, 2 and 4 ranks, $launcher" \
        scaling_is_told
done
for launcher in srun mpirun; do
    LAUNCHER=$launcher count "requeue.sbatch, stopped three times, $launcher" \
        requeued_at_last "requeue-$launcher"
done
export LAUNCHER=auto
count 'requeue.sbatch, cancelled by its owner' cancelled_stays_out
count 'requeue.sbatch, told while it starts' told_at_start_goes_back
OUT=$scratch/seeds count 'array.sbatch, three seeds, and their table' \
    array_is_merged
OUT=$scratch/sweep VARY=tsne-perplexity VALUES='4 12' \
    count 'array.sbatch, two perplexities' perplexities_are_merged
count 'array.sbatch, two datasets by their paths' paths_are_values
count 'train.sbatch, from another folder' elsewhere
count 'srun --mpi=none -n 4 is told in one line' strangers_are_told 4
count 'srun --mpi=none -n 1 is told in one line' strangers_are_told 1
count 'srun, --doctor' doctor_knows_the_nodes
count 'data that are not there' fails nodata 'jobs/fetch-data.sh --dataset mnist' \
    --ntasks=1 jobs/train.sbatch --data-dir "$scratch/none"
count 'an option that is not there' fails nooption 'exigo: --nonsense' \
    --ntasks=2 jobs/train.sbatch --data "$data" --nonsense
finish
