#!/bin/bash
# e2e_resume.sh -- a run that is stopped or killed goes on, on other numbers of
# ranks, and ends with the bits of a run that nothing befell; a checkpoint that
# is damaged or of another run is refused in one line.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
out=$scratch/out
mkdir "$scratch/more"
# Long enough that a signal finds the run under way, short enough for the bound
# on a run: builds with checks in them are some ten times slower.
epochs=16 steps=12000
case $build in *release) ;; *) epochs=5 steps=500 ;; esac
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

on 2 "${basis[@]}" >"$scratch/log" 2>&1 || fail "the reference: status $?"
mv "$out/results.h5" "$scratch/reference.h5"
ls "$out"/checkpoint* >/dev/null 2>&1 && fail "a checkpoint remains"

# Signals: agreed, whoever gets them.
start 2
until_epoch 1
hit USR1 mpirun
ended 75
says 'stopped by SIGUSR1 after checkpoint .*/checkpoint.h5 (.*epoch'
start 3
until_epoch 1
sleep 0.1
hit USR1 2
ended 75
says 'stopped by SIGUSR1'
start 1
until_epoch 1
hit INT 0
ended 75
says 'stopped by SIGINT'
goes_on 2 'USR1 to mpirun, to one rank, then INT'

start 2
until_epoch 1
hit TERM 1
ended 75
says 'stopped by SIGTERM'
start 2
until_epoch 1
sleep 0.15
hit TERM mpirun
ended 75 1
says 'stopped by SIGTERM'
goes_on 1 'TERM to one rank, then to mpirun'

# No warning at all.
start 2
until_epoch 2
hit KILL 1
ended 137
start 3
until_epoch 1
sleep 0.2
hit KILL mpirun
ended 137
goes_on 3 'KILL to one rank, then to mpirun'

# In a descent, in each map, more than once; and without warning there.
# until_map N PATTERN: so many maps are done, and then PATTERN is in the log.
t_sne=(--tsne-epochs=no --epochs 1 --tsne-sweep '5,20' --tsne-engine fft
    --tsne-iterations "$steps")
until_map() {
    local tries=0
    while [ "$(grep -c '"event": "tsne"' "$out/run.jsonl")" -lt "$1" ]; do
        [ $((tries += 1)) = 1500 ] && fail "map $1 does not come" && return
        kill -0 "$launcher" 2>/dev/null || return
        sleep 0.02
    done
}
# until_event WORDS: run.jsonl has them.
until_event() {
    local tries=0
    until grep -qF "$1" "$out/run.jsonl"; do
        [ $((tries += 1)) = 3000 ] && fail "$1 does not come" && return
        sleep 0.01
    done
}
mkdir "$scratch/whole"
on 1 "${basis[@]}" "${t_sne[@]}" --out "$scratch/whole" >"$scratch/log" 2>&1 ||
    fail "maps: status $?"
cp "$scratch/reference.h5" "$scratch/trained.h5"
cp "$scratch/whole/results.h5" "$scratch/reference.h5"
start 2 "${t_sne[@]}"
until_epoch 1
sleep 0.3
hit USR1 1
ended 75
start 3 "${t_sne[@]}"
until_map 1
sleep 0.2
hit USR1 mpirun
ended 75
says 'stopped by SIGUSR1 after checkpoint .*t-SNE'
start 1 "${t_sne[@]}"
until_map 1
hit KILL 0
ended 137 0
# Between two renames the newest is the one before.
[ -e "$out/checkpoint.h5" ] || [ -e "$out/checkpoint-1.h5" ] ||
    fail 'no map was under way: make it slower'
goes_on 2 'stops in descents' "${t_sne[@]}"
cp "$scratch/trained.h5" "$scratch/reference.h5"

# Stopped again before it has come to where it was: finished maps stay in the
# checkpoint, though nothing of the run has asked for them yet.
mkdir "$scratch/wide"
"$build"/tests/tool_synth "$scratch/wide" 509 9001 || exit 1
wide=("${t_sne[@]}" --data "$scratch/wide" --saliency-samples 1000)
start 2 "${wide[@]}"
until_map 1
hit USR1 0
ended 75
h5ls "$out/checkpoint.h5/maps/map0" >/dev/null || fail 'no map is finished'
start 2 "${wide[@]}"
until_event '"saliency"'
hit USR1 1
ended 75
says 'stopped by SIGUSR1 after checkpoint .*(epoch 1, step 0)'
h5ls "$out/checkpoint.h5/maps/map0" >/dev/null ||
    fail 'stopped as it began again: a finished map is lost'
rm "$out"/checkpoint*

# Damage.
start 2
until_epoch 3
hit USR1 0
ended 75
cp "$out/checkpoint.h5" "$scratch/good.h5"
cp "$out/checkpoint-1.h5" "$scratch/older.h5"

# put_back FILE [FILE]: the newest checkpoint, and the one before.
put_back() {
    rm -f "$out"/checkpoint*
    cp "$1" "$out/checkpoint.h5"
    [ $# = 1 ] || cp "$2" "$out/checkpoint-1.h5"
}

# refused STATUS PATTERN ARGUMENTS...: in one line, and nothing is touched.
refused() {
    local status=$1 pattern=$2 sum
    shift 2
    sum=$(cat "$out"/checkpoint* | cksum)
    on 2 "${basis[@]}" "$@" >"$scratch/log" 2>&1
    [ $? = "$status" ] || fail "$pattern: another exit status than $status"
    says "$pattern"
    [ "$(grep -c '^exigo:' "$scratch/log")" = 1 ] || fail "$pattern: not alone"
    [ "$(cat "$out"/checkpoint* | cksum)" = "$sum" ] ||
        fail "$pattern: the checkpoint has changed"
}

size=$(stat -c %s "$scratch/good.h5")
cp "$scratch/good.h5" "$scratch/flipped.h5"
byte=$(od -An -tu1 -j $((size / 2)) -N1 "$scratch/good.h5")
# shellcheck disable=SC2059
printf "\\x$(printf %x $((255 - byte)))" |
    dd of="$scratch/flipped.h5" bs=1 seek=$((size / 2)) conv=notrunc status=none
head -c $((size - 1)) "$scratch/good.h5" >"$scratch/short.h5"
head -c 9000 "$program" >"$scratch/foreign.h5"

put_back "$scratch/flipped.h5" "$scratch/older.h5"
goes_on 3 'a flipped byte, and the one before'
says 'checkpoint.h5: damaged: its bytes do not sum up.*going on from the one'
put_back "$scratch/short.h5"
refused 1 'checkpoint.h5: damaged: .* bytes, want .*--resume never'
put_back "$scratch/foreign.h5" "$scratch/short.h5"
refused 1 'checkpoint.h5: is no checkpoint of this version'
refused 1 'short.h5: damaged' --resume "$scratch/short.h5"
refused 1 'none.h5: No such file' --resume "$scratch/none.h5"
rm "$out"/checkpoint*
mkdir "$out/checkpoint.h5"
on 2 "${basis[@]}" >"$scratch/log" 2>&1 && fail 'a directory is no checkpoint'
says 'checkpoint.h5: is no regular file'
rmdir "$out/checkpoint.h5"

# Of another run.
put_back "$scratch/good.h5"
refused 2 "was made with --lr '0.001', this run has '0.002'" --lr 0.002
refused 2 "was made with --data '.*more', this run has" --data "$data"
put_back "$scratch/flipped.h5" "$scratch/older.h5"
refused 2 'damaged: .*; the one before it: .*-1.h5 was made with --lr' --lr 0.002
put_back "$scratch/good.h5"
cp -r "$data" "$scratch/kept" && rm -r "$scratch/more" &&
    "$build"/tests/tool_synth "$scratch/kept" 4001 211 &&
    mkdir "$scratch/more" && cp "$scratch"/kept/* "$scratch/more/"
printf '\001' | dd of="$scratch/more/train-images-idx3-ubyte" bs=1 \
    seek=$((16 + 784 + 400)) conv=notrunc status=none
refused 2 'was made with other data'
cp "$scratch"/kept/* "$scratch/more/"

# By name, its own newest and the one before.
put_back "$scratch/good.h5" "$scratch/older.h5"
goes_on 2 'its own by name' --resume "$out/checkpoint.h5"
put_back "$scratch/flipped.h5" "$scratch/older.h5"
goes_on 2 'the one before by name' --resume "$out/checkpoint-1.h5"

# FILE and never; an option that makes no results may differ.
rm "$out"/checkpoint*
goes_on 2 'FILE' --resume "$scratch/good.h5" --quiet=no
put_back "$scratch/flipped.h5" "$scratch/short.h5"
start 2 --resume never
until_epoch 1
hit USR1 1
ended 75
goes_on 1 'never, then on'
finish
