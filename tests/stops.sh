# shellcheck shell=bash
# stops.sh -- what the scripts share that stop a run and let it go on; they source
# it, and it sources e2e.sh.
#
# The run is ${basis[@]}, of 4001 generated images in $scratch/more, and keeps its
# files in $out; $scratch/reference.h5 is what it must end with.
# shellcheck source=tests/e2e.sh
. "${BASH_SOURCE[0]%/*}/e2e.sh"
out=$scratch/out
mkdir "$scratch/more"
# Long enough that a signal finds the run under way, short enough for the bound
# on a run: builds with checks in them are some ten times slower.
epochs=16
case $build in *release) ;; *) epochs=5 ;; esac
"$build"/tests/tool_synth "$scratch/more" 4001 211 || exit 1
basis=(--data "$scratch/more" --seed 4 --epochs "$epochs" --batch 16 --target predicted
    --saliency-samples 21 --tsne-samples 150 --tsne-perplexity 10
    --tsne-iterations 60 --tsne-dims 2 --tsne-epochs --stages 'train,explain,embed'
    --out "$out" --checkpoint-minutes 0.001)

# start RANKS ARGUMENTS...: behind this script; $launcher is mpirun.
start() {
    local ranks=$1
    shift
    mkdir -p "$out"
    : >"$out/run.jsonl"
    "${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} -np "$ranks" \
        "$program" "${basis[@]}" "$@" </dev/null >"$scratch/log" 2>&1 &
    launcher=$!
}

# until_epoch N: the run has finished so many epochs since it was started.
until_epoch() {
    local tries=0
    while [ "$(grep -c '"event": "epoch"' "$out/run.jsonl")" -lt "$1" ]; do
        if [ $((tries += 1)) = 1500 ] || ! kill -0 "$launcher"; then
            fail "epoch $1 does not come"
            cat "$scratch/log"
            return
        fi
        sleep 0.02
    done
}

# hit SIGNAL mpirun|RANK
hit() {
    local pid=$launcher children
    if [ "$2" != mpirun ]; then
        mapfile -t children < <(pgrep -P "$launcher")
        pid=${children[$2]:-}
        [ -n "$pid" ] || {
            fail "rank $2 has ended before $1 could reach it"
            return
        }
    fi
    kill -"$1" "$pid"
}

# ended STATUS...: with one of them, in time, and no process is left.
ended() {
    local status=0 want tries=0
    while kill -0 "$launcher" 2>/dev/null; do
        if [ $((tries += 1)) = 1000 ]; then
            fail "it hangs"
            kill -KILL "$launcher"
        fi
        sleep 0.02
    done
    wait "$launcher" 2>/dev/null || status=$?
    while pgrep -f "^$program .*--out $out" >/dev/null; do
        if [ $((tries += 1)) = 1500 ]; then
            fail "ranks remain"
            return
        fi
        sleep 0.02
    done
    for want in "$@"; do
        [ "$status" = "$want" ] && return
    done
    fail "exit status $status, want $*"
    cat "$scratch/log"
}

# goes_on RANKS WHAT [ARGUMENTS...]: to the end, and to the right bits.
goes_on() {
    local ranks=$1 what=$2
    shift 2
    on "$ranks" "${basis[@]}" "$@" >"$scratch/log" 2>&1 || {
        fail "$what: exit status $?"
        cat "$scratch/log"
    }
    grep -q '^going on from a checkpoint' "$scratch/log" ||
        fail "$what: did not go on"
    same "$what" "$scratch/reference.h5" "$out/results.h5"
    rm -f "$out/results.h5"
    ls "$out"/checkpoint* >/dev/null 2>&1 && fail "$what: a checkpoint remains"
}

# says PATTERN: and just once.
says() {
    [ "$(grep -c "^exigo: .*$1" "$scratch/log")" = 1 ] && return
    fail "want '$1'"
    cat "$scratch/log"
}

# reference: what the run ends with if nothing befalls it.
reference() {
    on 2 "${basis[@]}" >"$scratch/log" 2>&1 || fail "the reference: status $?"
    mv "$out/results.h5" "$scratch/reference.h5"
    ls "$out"/checkpoint* >/dev/null 2>&1 && fail "a checkpoint remains"
}
