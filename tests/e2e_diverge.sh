#!/bin/bash
# e2e_diverge.sh -- a training that diverges in its second or a later epoch ends
# with one line and exit status 1 on any number of ranks; what an earlier run has
# left stays, and so does the last checkpoint, whole and of finite numbers, from
# which the same happens again, and other settings are refused.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
out=$scratch/out
# No ReLU that could fall silent: what grows goes on growing.
basis=(--data "$data" --model 'conv3x10 conv3x7 linear' --seed 4 --epochs 9
    --batch 48 --optimizer sgd --lr 0.05 --stages 'train,plot' --out "$out")

on 2 "${basis[@]}" --lr 0.005 --epochs 1 >"$scratch/log" 2>&1 ||
    fail "the earlier run: $(cat "$scratch/log")"
old=$(cd "$out" && cksum results.h5 plots/*)

# diverges WHAT RANKS [ARGUMENTS...]: as it should.
diverges() {
    local what=$1 ranks=$2 status=0
    shift 2
    on "$ranks" "${basis[@]}" "$@" >"$scratch/log" 2>"$scratch/err" || status=$?
    [ "$status" = 1 ] || fail "$what: exit status $status, want 1"
    [ "$(grep -c '^exigo: ' "$scratch/err")" = 1 ] || fail "$what: not one line"
    grep -q '^exigo: \(the loss is\|a gradient of layer\) .*has diverged, a smaller --lr may help' \
        "$scratch/err" || fail "$what: want the cause"
    grep -q '"event": "epoch"' "$out/run.jsonl" || fail "$what: in no later epoch"
    [ "$(cd "$out" && cksum results.h5 plots/*)" = "$old" ] ||
        fail "$what: the earlier files have changed"
    ls "$out"/*.part >/dev/null 2>&1 && fail "$what: an unfinished file remains"
    [ "$failures" = 0 ] || cat "$scratch/log" "$scratch/err"
}

# loss: what the line says, without who found it.
loss() {
    sed -n 's/^exigo: \(.*\) \[rank.*/\1/p' "$scratch/err"
}

# sound WHAT: the checkpoint, for HDF5's tools; it was made between two steps.
sound() {
    h5dump -d /train/parameters -d /optimizer/first "$out/checkpoint.h5" \
        >"$scratch/dump" 2>&1 ||
        fail "$1: no whole checkpoint: $(tail -n 3 "$scratch/dump")"
    [ "$(grep -c '^ *([0-9]*): ' "$scratch/dump")" -gt 1000 ] ||
        fail "$1: hardly any parameters"
    grep -qi '): .*\(nan\|inf\)' "$scratch/dump" &&
        fail "$1: the checkpoint holds numbers that are none"
}

diverges 'on 2 ranks' 2 --resume never
first=$(loss)
sound 'on 2 ranks'

# It goes on from there, on any number of ranks, to the same end.
for n in 1 3; do
    diverges "from the checkpoint, on $n" "$n"
    grep -q '^going on from a checkpoint' "$scratch/log" ||
        fail "from the checkpoint, on $n: begins anew"
    [ "$(loss)" = "$first" ] || fail "on $n: '$(loss)', on 2: '$first'"
    sound "from the checkpoint, on $n"
done

# Other settings: not by accident from this checkpoint, whose file stays.
sum=$(cksum <"$out/checkpoint.h5")
on 2 "${basis[@]}" --lr 0.005 >"$scratch/log" 2>&1
[ $? = 2 ] || fail 'another --lr: want exit status 2'
grep -q "^exigo: .*was made with --lr '0.05', this run has '0.005'.*--resume never" \
    "$scratch/log" || fail 'another --lr: want what differs'
[ "$(cksum <"$out/checkpoint.h5")" = "$sum" ] || fail 'another --lr: it has changed'
on 2 "${basis[@]}" --lr 0.005 --resume never >"$scratch/log" 2>&1 ||
    fail "a smaller --lr: $(cat "$scratch/log")"
ls "$out"/checkpoint* >/dev/null 2>&1 && fail 'a smaller --lr: checkpoints remain'
[ "$(cd "$out" && cksum results.h5)" != "$(head -n 1 <<<"$old")" ] ||
    fail 'a smaller --lr: the same results as before'
finish
