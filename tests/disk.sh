# shellcheck shell=bash
# disk.sh -- what the scripts share that write to a disk that fails; they source
# it, and it sources e2e.sh.
#
# A run, ${basis[@]}, writes to $out; $scratch/earlier is what an earlier run has
# left there, $old the sum of its results file.
# shellcheck source=tests/e2e.sh
. "${BASH_SOURCE[0]%/*}/e2e.sh"
trap 'umount -l "$scratch/disk" 2>/dev/null; rm -rf "$scratch"' EXIT
out=$scratch/disk/out
basis=(--data "$data" --seed 4 --epochs 2 --batch 83 --saliency-samples 5
    --tsne-samples 150 --tsne-perplexity 10 --tsne-iterations 60
    --tsne-dims 2 --out "$out" --checkpoint-minutes 0.001 --hang-minutes 0.2)
mkdir "$scratch/disk"

# run [ARGUMENTS...]: on two ranks; its status in $status.
run() {
    status=0
    on 2 "${basis[@]}" "$@" >"$scratch/log" 2>"$scratch/err" || status=$?
}

# one_line WHAT [PATTERN]: failed as it should.  Warnings that a checkpoint or
# the journal could not be written may come before; the error comes once, last.
one_line() {
    local lines
    [ "$status" = 1 ] || fail "$1: status $status, want 1"
    lines=$(grep '^exigo: ' "$scratch/err" |
        grep -vc 'the run goes on without\|run.jsonl is not complete')
    [ "$lines" = 1 ] || fail "$1: $lines lines, want 1"
    grep -q '^exigo: waited' "$scratch/err" && echo "the watch ended it: $1"
    grep '^exigo: ' "$scratch/err" | grep -q "${2:-}" || fail "$1: want '$2'"
    pgrep -f "^$program .*--out $out" >/dev/null && fail "$1: ranks remain"
    [ "$failures" = 0 ] || tail -n 20 "$scratch/err"
}
old_stays() {
    [ "$(cksum <"$out/results.h5")" = "$old" ] ||
        fail "$1: the earlier results.h5 has changed"
}

# What there is of an earlier run.
run --seed 5 --epochs 1
[ "$status" = 0 ] || fail "the earlier run: $(cat "$scratch/err")"
mv "$out" "$scratch/earlier"
rm "$scratch/earlier/run.jsonl"
old=$(cksum <"$scratch/earlier/results.h5")

# until_event WORDS: they are in run.jsonl.
until_event() {
    local tries=0
    until grep -qsF "$1" "$scratch"/disk/*/run.jsonl; do
        if [ $((tries += 1)) = 1500 ] || ! kill -0 "$!" 2>/dev/null; then
            fail "$1 does not come: $(cat "$scratch/err")"
            return
        fi
        sleep 0.02
    done
}

# disk KIB: a new one, with the earlier run's files on it.
disk() {
    umount "$scratch/disk" 2>/dev/null
    mount -t tmpfs -o "size=$1k" tmpfs "$scratch/disk" &&
        cp -r "$scratch/earlier" "$out"
}
