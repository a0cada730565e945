#!/bin/bash
# e2e_disk_stop.sh -- a disk that is full just when a signal wants a checkpoint:
# one line, exit status 1 and not 75, the checkpoint that is there stays, and with
# room the run goes on from it.
# shellcheck source=tests/disk.sh
. "$(dirname "$0")/disk.sh"
if ! disk 65536 2>/dev/null; then
    echo "skipped: full and read-only disks: mount is not permitted here"
    finish
fi

epochs=60 steps=40000 LIMIT=${LIMIT:-120}
case $build in *release) ;; *) epochs=12 steps=4000 ;; esac
longer=(--epochs "$epochs" --tsne-iterations "$steps" --tsne-quality no
    --stages 'train,embed')
run "${longer[@]}"
[ "$status" = 0 ] || fail "the longer run: $(cat "$scratch/err")"
cp "$out/results.h5" "$scratch/longer.h5"

# signalled WORDS [ARGUMENTS...]: a run that gets SIGUSR1 when run.jsonl has them.
signalled() {
    local words=$1
    shift
    : >"$out/run.jsonl"
    on 2 "${basis[@]}" "${longer[@]}" "$@" >"$scratch/log" 2>"$scratch/err" &
    until_event "$words"
    pgrep -f "^$program .*--out $out" | xargs -r kill -USR1
    status=0
    wait "$!" || status=$?
}
for phase in train 't-SNE 2-D'; do
    what="full when told to stop in $phase"
    disk 65536 || fail 'no disk'
    signalled "\"name\": \"$phase\""
    [ "$status" = 75 ] || fail "$what: status $status at first, want 75"
    kept=$(cksum <"$out/checkpoint.h5")
    room=$(($(df -k --output=avail "$scratch/disk" | tail -n 1) - 32))
    head -c $((room * 1024)) /dev/zero >"$scratch/disk/filler" || fail "$what: dd"
    signalled '"event": ' --checkpoint-minutes 10
    one_line "$what" 'checkpoint.h5: cannot write: No space left'
    grep -q '^going on from a checkpoint' "$scratch/log" || fail "$what: begins anew"
    [ "$(cksum <"$out/checkpoint.h5")" = "$kept" ] ||
        fail "$what: the checkpoint that was there has changed"
    ls "$out"/*.part >/dev/null 2>&1 && fail "$what: half a file remains"
    old_stays "$what"
    rm "$scratch/disk/filler"
    run "${longer[@]}"
    [ "$status" = 0 ] || fail "$what, then room: $(cat "$scratch/err")"
    grep -q '^going on from a checkpoint' "$scratch/log" ||
        fail "$what, then room: begins anew"
    same "$what, then room" "$scratch/longer.h5" "$out/results.h5"
    ls "$out"/checkpoint* >/dev/null 2>&1 && fail "$what, then room: files remain"
done
finish
