#!/bin/bash
# soak.sh [BUILD_DIR] -- kill a run again and again, anyhow and at any moment,
# and start it again on another number of ranks: it ends with the bits of a run
# that nothing befell.
#
# KILLS=200 kills, half of them at random moments, half soon after a phase (as
# run.jsonl tells) has begun, so that short phases get their share.  SEED
# repeats a series, but for what the clock decides.  SOAK_MINUTES=60 ends it
# with what was done; fewer kills than asked for are a failure.  Prints a line
# per kill, and a table of signals and phases.
# shellcheck source=tests/e2e.sh
BUILD_DIR=${1:-${BUILD_DIR:-build/release}}
. "$(dirname "$0")/e2e.sh"
kills=${KILLS:-200}
seed=${SEED:-$((EPOCHSECONDS % 32768))}
RANDOM=$seed
end=$((SECONDS + 60 * ${SOAK_MINUTES:-60}))
echo "seed $seed, $kills kills"

out=$scratch/out
mkdir "$scratch/more" "$out"
# So many test images that their evaluation lasts long enough to be killed in.
"$build"/tests/tool_synth "$scratch/more" 4001 9001 || exit 1
basis=(--data "$scratch/more" --seed 4 --epochs 2 --batch 16 --target predicted
    --saliency-samples 21 --tsne-samples 150 --tsne-perplexity 10
    --tsne-iterations 500 --tsne-dims '2,3' --tsne-epochs --tsne-sweep 5
    --checkpoint-minutes 0.001)
ways=('KILL rank' 'KILL job' 'KILL mpirun' 'TERM rank' 'TERM mpirun'
    'USR1 rank' 'USR1 mpirun')

# Uninterrupted: twice, the other of another seed, as a file of an earlier run.
# uninterrupted NAME ARGUMENTS...
uninterrupted() {
    local name=$1
    shift
    on 2 "${basis[@]}" --out "$scratch/$name" "$@" >"$scratch/log" 2>&1 || {
        cat "$scratch/log"
        exit 1
    }
}
uninterrupted earlier --seed 5 --epochs 1
began=${EPOCHREALTIME/./}
uninterrupted whole
length=$(((${EPOCHREALTIME/./} - began) / 1000))
earlier=$(cksum <"$scratch/earlier/results.h5")
whole=$(cd "$scratch/whole/plots" && cksum ./*.png ./*.svg)
mapfile -t phases < <(
    sed -n 's/.*"event": "phase", "name": "\(.*\)"}/\1/p' \
        "$scratch/whole/run.jsonl" | awk '!seen[$0]++')
[ "${#phases[@]}" -ge 7 ] || fail "phases: ${phases[*]}"
echo "uninterrupted: $length ms, phases: ${phases[*]}"

# start RANKS: in a session of its own, as a batch job is.
start() {
    : >"$out/run.jsonl"
    setsid "${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} -np "$1" \
        "$program" "${basis[@]}" --out "$out" </dev/null >"$scratch/log" 2>&1 &
    launcher=$!
}
runs() { kill -0 "$launcher" 2>/dev/null; }

# pause MILLISECONDS, but no longer than the job runs.
pause() {
    local until=$((${EPOCHREALTIME/./} + $1 * 1000))
    while runs && [ "${EPOCHREALTIME/./}" -lt "$until" ]; do
        sleep 0.01
    done
}

# moment: wait for the one when the kill is to come.  Phases that were over when
# the one before came are not waited for, mostly.
moment() {
    local first=$reached
    [ $((RANDOM % 4)) = 0 ] && first=0
    local phase=${phases[first + RANDOM % (${#phases[@]} - first)]}
    if [ $((RANDOM % 2)) = 0 ]; then
        pause $((RANDOM % (length / (reached > 0 ? 2 : 1))))
        return
    fi
    local tries=0
    while runs && [ $((tries += 1)) -lt 6000 ] &&
        ! grep -qF "\"name\": \"$phase\"" "$out/run.jsonl"; do
        sleep 0.01
    done
    # At once, or a while later: phases last from milliseconds to seconds.
    pause $((RANDOM % (RANDOM % 2 ? 200 : 2)))
}
phase_now() {
    local name
    name=$(sed -n 's/.*"event": "phase", "name": "\(.*\)"}/\1/p' \
        "$out/run.jsonl" | tail -n 1)
    echo "${name:-start}"
}

# reach PHASE: the kill came in it.
reach() {
    local i
    for i in "${!phases[@]}"; do
        [ "${phases[i]}" != "$1" ] || [ "$i" -lt 3 ] || reached=$i
    done
}

# strike SIGNAL rank|job|mpirun
strike() {
    local pids
    mapfile -t pids < <(pgrep -P "$launcher")
    case $2 in
    rank)
        [ "${#pids[@]}" -gt 0 ] || return
        kill -"$1" "${pids[RANDOM % ${#pids[@]}]}"
        ;;
    job) kill -"$1" "$launcher" ${pids[@]+"${pids[@]}"} ;;
    mpirun) kill -"$1" "$launcher" ;;
    esac 2>/dev/null
}

# no_ranks: none is left of the job.
no_ranks() {
    local tries=0
    while pgrep -f "^$program .*--out $out" >/dev/null; do
        if [ $((tries += 1)) = 1500 ]; then
            fail "ranks remain"
            pgrep -f "^$program .*--out $out" | xargs -r kill -KILL
            return
        fi
        sleep 0.02
    done
}

# is_over: by itself, within a minute; its status in $status.
is_over() {
    local tries=0
    while runs; do
        if [ $((tries += 1)) = 3000 ]; then
            fail "it hangs"
            strike KILL job
        fi
        sleep 0.02
    done
    wait "$launcher" 2>/dev/null
    status=$?
    no_ranks
}

# whole_files: results.h5 is the earlier or the right one, and no other.
whole_files() {
    [ "$(cksum <"$out/results.h5")" = "$earlier" ] ||
        same "$1: results.h5" "$scratch"/{whole,out}/results.h5
}

# fresh: the job's directory as an earlier run has left it.
fresh() {
    rm -rf "$out"
    mkdir "$out"
    cp "$scratch/earlier/results.h5" "$out/"
    reached=0
}

# is_right: the job has ended; are its files?
is_right() {
    same "job $job" "$scratch"/{whole,out}/results.h5
    [ "$(cd "$out/plots" && cksum ./*.png ./*.svg)" = "$whole" ] ||
        fail "job $job: figures differ"
    ls "$out"/checkpoint* "$out"/*.part >/dev/null 2>&1 &&
        fail "job $job: files remain"
}

# expected SIGNAL TARGET PHASE: is $status one that such a kill may have?  As
# long as it starts, MPI's own handlers answer.
expected() {
    case $status,$1,$3 in
    0,* | 137,KILL,* | 75,TERM,* | 75,USR1,* | 1,TERM,*) ;;
    [1-9]*,*,start) ;;
    *) return 1 ;;
    esac
}

# describe: what is known of a failure.
describe() {
    tail -n 5 "$out/run.jsonl"
    cat "$scratch/log"
    ls -l "$out"
}

fresh
count=0 job=1 attempts=0
declare -A tally
while [ "$SECONDS" -lt "$end" ] && [ "$failures" -lt 5 ]; do
    before=$failures
    ranks=$((1 + RANDOM % 3))
    read -r signal target <<<"${ways[RANDOM % ${#ways[@]}]}"
    attempts=$((attempts + 1))
    start "$ranks" 2>/dev/null
    [ "$count" -ge "$kills" ] || moment
    phase=end struck=no
    if [ "$count" -lt "$kills" ] && runs; then
        strike "$signal" "$target"
        phase=$(phase_now)
        reach "$phase"
        struck=yes count=$((count + 1))
        tally[$signal $target,$phase]=$((${tally[$signal $target,$phase]:-0} + 1))
    else
        signal=no target=kill
    fi
    is_over
    if [ $struck = yes ]; then
        printf '%4d  job %d on %d: %-4s %-6s in %-22s status %d\n' "$count" \
            "$job" "$ranks" "$signal" "$target" "$phase" "$status"
    fi
    expected "$signal" "$target" "$phase" ||
        fail "$signal $target in $phase: status $status"
    whole_files "$signal $target in $phase"
    if [ "$status" = 0 ]; then
        is_right
        [ "$failures" = "$before" ] || describe
        job=$((job + 1))
        fresh
        [ "$count" -lt "$kills" ] || break
    fi
    [ "$failures" = "$before" ] || describe
done
[ "$count" -ge "$kills" ] || fail "$count kills, want $kills"

echo
printf '%-22s' 'in phase'
printf ' %11s' "${ways[@]}"
echo
for phase in start "${phases[@]}"; do
    printf '%-22s' "$phase"
    for way in "${ways[@]}"; do
        printf ' %11s' "${tally[$way,$phase]:-.}"
    done
    echo
done
echo "$count kills, $attempts starts, $((job - 1)) jobs ended with the right bits"
finish
