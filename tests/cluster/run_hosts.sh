#!/bin/bash
# run_hosts.sh -- three network hosts: equal bits, and nothing hangs when one of
# them is lost.
#
# In each phase of a run a host is cut off, a rank is killed, a rank is stopped.
# Every time the job must end by itself within a minute, with an exit status
# other than 0 and no process left on any host; results.h5 of an earlier run
# must be what it was; and the next start, on other ranks, must end with the
# bits of a run that nothing happened to.  `make cluster` runs it; needs root.
# shellcheck source=tests/cluster/common.sh
. "$(dirname "$0")/common.sh"
skip_unless nsenter ip h5diff
hosts() {
    local verb=$1
    shift
    tests/cluster/hosts.sh "$verb" "$scratch/hosts" "$@"
}
prepare_scratch
trap 'hosts down; rm -rf "$scratch"' EXIT
mkdir "$scratch/wide"
build/release/tests/tool_synth "$scratch/wide" 203 1501
KEEPALIVE=yes
# shellcheck source=jobs/mpi-env.sh
. jobs/mpi-env.sh

# Long in training and t-SNE; long in saliency maps and in writing.
mapped=(--data "$data" --seed 4 --epochs 8 --tsne-samples 300 --tsne-dims 2
    --tsne-iterations 8000 --stages 'train,embed')
explained=(--data "$scratch/wide" --seed 4 --epochs 2 --saliency-samples 1501
    --stages 'train,explain')

# on_hosts ARGUMENTS...: five ranks; each leaves its process id.
on_hosts() {
    # shellcheck disable=SC2016
    timeout -k 5 150 tests/cluster/hosts.sh on "$scratch/hosts" host1 mpirun \
        --mca plm_rsh_agent "$scratch/hosts/rsh" -H host1:2,host2:2,host3:1 sh -c \
        'echo $$ >"$0.$OMPI_COMM_WORLD_RANK"; exec "$@"' \
        "$scratch/pid" ./exigo-mpi "$@"
}

alone() { # alone RANKS ARGUMENTS...
    local ranks=$1
    shift
    timeout -k 5 150 "${MPIRUN:-mpirun}" -np "$ranks" ./exigo-mpi --quiet "$@"
}

equal_on_hosts() { # equal_on_hosts NAME ARGUMENTS...
    local name=$1
    shift
    on_hosts "$@" --out "$scratch/$name-hosts" &&
        same "$scratch/$name/results.h5" "$scratch/$name-hosts/results.h5" &&
        h5dump -a /provenance/hosts "$scratch/$name-hosts/results.h5" |
        grep 'host1 host2 host3'
}

# in_phase PHASE OUT: a job has come that far.
in_phase() {
    case $1 in
    train) [ "$(grep -cs '"event": "epoch"' "$2/run.jsonl")" -ge 3 ] ;;
    explain) [ -e "$2/run.jsonl" ] ;;
    t-SNE) grep -q 't-SNE 2-D: [2-9]0 %' "$2.log" ;;
    write) [ -e "$2/results.h5.part" ] ;;
    esac
} 2>/dev/null

harm() { # harm KIND
    case $1 in
    cut) hosts cut host2 ;;
    kill) kill -9 "$(cat "$scratch/pid.2")" ;;
    stop) kill -STOP "$(cat "$scratch/pid.3")" ;;
    esac
}

empty() { # no process on any host
    [ -z "$(hosts left)" ]
}

# ends PID: within a minute, and not well.
ends() {
    local start=$SECONDS status=0
    until_true 60 gone "$1" || {
        echo 'the job hangs'
        return 1
    }
    wait "$1" || status=$?
    echo "status $status after $((SECONDS - start)) s"
    [ "$status" != 0 ]
}
gone() { ! kill -0 "$1" 2>/dev/null; }

# survives KIND PHASE ARGUMENTS...
survives() {
    local kind=$1 phase=$2 job sum status=0 out=$scratch/$1-$2
    local whole=$scratch/mapped
    shift 2
    case $phase in explain | write) whole=$scratch/explained ;; esac
    mkdir "$out"
    cp "$scratch/earlier/results.h5" "$out"
    sum=$(cksum <"$out/results.h5")
    on_hosts "$@" --out "$out" --hang-minutes 0.2 >"$out.log" 2>&1 </dev/null &
    job=$!
    until_true 60 in_phase "$phase" "$out" || echo 'it does not come so far'
    gone "$job" && echo 'it has ended too early' && status=1
    harm "$kind"
    ends "$job" || status=1
    until_true 30 empty || {
        echo "left behind: $(hosts left | xargs)"
        status=1
    }
    hosts mend host2
    [ "$(cksum <"$out/results.h5")" = "$sum" ] || {
        echo 'the earlier results file has changed'
        status=1
    }
    cat "$out.log"
    alone 2 "$@" --out "$out" || status=1
    same "$whole/results.h5" "$out/results.h5" || status=1
    rm -rf "$out"
    return $status
}

# doctor PATTERN [ARGUMENT...]: says it; its exit status is that of the doctor.
doctor() {
    local pattern=$1 status=0
    shift
    on_hosts --doctor --out "$scratch" "$@" >"$scratch/doctor" 2>&1 || status=$?
    cat "$scratch/doctor"
    grep -q "$pattern" "$scratch/doctor" || return 99
    return "$status"
}
doctor_misses_keepalive() {
    (
        unset OMPI_MCA_oob_tcp_keepalive_{time,intvl,probes}
        doctor '^warning: lost hosts: .*OMPI_MCA_oob_tcp_keepalive_time=3'
    )
}
doctor_misses_sharing() {
    local status=0
    doctor '^bad: out: rank [0-9]* on host[23] does not see ' --out /dev/shm ||
        status=$?
    [ $status = 1 ]
}

alone 1 "${mapped[@]}" --out "$scratch/mapped"
alone 1 "${explained[@]}" --out "$scratch/explained"
alone 1 --data "$data" --seed 4 --lr 2e-3 --epochs 1 --stages train \
    --out "$scratch/earlier"
hosts up 3

count 'three hosts: training and t-SNE, the bits of one rank' \
    equal_on_hosts mapped "${mapped[@]}"
count 'three hosts: saliency maps, the bits of one rank' \
    equal_on_hosts explained "${explained[@]}"
count 'three hosts: --doctor' doctor '^good: lost hosts: noticed by mpirun'
count 'three hosts: --doctor misses keep-alive probes' doctor_misses_keepalive
count 'three hosts: --doctor misses a shared --out' doctor_misses_sharing
for kind in cut kill stop; do
    case $kind in
    cut) what='a host is cut off' ;;
    kill) what='a rank is killed' ;;
    stop) what='a rank is stopped' ;;
    esac
    count "$what in training" survives $kind train "${mapped[@]}"
    count "$what in saliency" survives $kind explain "${explained[@]}"
    count "$what in t-SNE" survives $kind t-SNE "${mapped[@]}"
    count "$what in writing" survives $kind write "${explained[@]}"
done
finish
