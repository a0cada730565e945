#!/bin/bash
# e2e_refused.sh -- a checkpoint that is damaged or of another run is refused in
# one line, and stays; what it was to go on from is found by name, or begun anew.
# shellcheck source=tests/stops.sh
. "$(dirname "$0")/stops.sh"
reference

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
