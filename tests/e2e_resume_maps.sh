#!/bin/bash
# e2e_resume_maps.sh -- a run that is stopped or killed in a descent of t-SNE, in
# each map and more than once, goes on, on other numbers of ranks, and ends with
# the bits of a run that nothing befell.
# shellcheck source=tests/stops.sh
. "$(dirname "$0")/stops.sh"
steps=12000 # by which a signal finds a descent under way
case $build in *release) ;; *) steps=500 ;; esac
basis+=(--tsne-epochs=no --epochs 1 --tsne-sweep '5,20' --tsne-engine fft
    --tsne-iterations "$steps")

# until_map N: so many maps are done.
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
reference

start 2
until_epoch 1
sleep 0.3
hit USR1 1
ended 75
start 3
until_map 1
sleep 0.2
hit USR1 mpirun
ended 75
says 'stopped by SIGUSR1 after checkpoint .*t-SNE'
start 1
until_map 1
hit KILL 0
ended 137 0
# Between two renames the newest is the one before.
[ -e "$out/checkpoint.h5" ] || [ -e "$out/checkpoint-1.h5" ] ||
    fail 'no map was under way: make it slower'
goes_on 1 'stops in descents'

# Stopped again before it has come to where it was: finished maps stay in the
# checkpoint, though nothing of the run has asked for them yet.
mkdir "$scratch/wide"
"$build"/tests/tool_synth "$scratch/wide" 509 9001 || exit 1
wide=(--data "$scratch/wide" --saliency-samples 1000)
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
finish
