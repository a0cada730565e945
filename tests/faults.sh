#!/bin/bash
# faults.sh [BUILD_DIR] -- every local step that can fail inside a collective
# function: where it fails on one of two ranks, the run ends in one line with
# status 1, at once, and leaves nothing allocated.  Needs a debug build: the
# release has no EXG_FAULT.
export BUILD_DIR=${1:-build/debug}
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
LIMIT=20
mkdir "$scratch/packed"
"$build"/tests/tool_synth "$scratch/packed" 50 20 gzip || exit 1

common=(--out "$scratch/out" --tsne-perplexity 5 --tsne-iterations 5
    --resume never)
whole=(--data "$scratch/packed" --epochs 2 --batch 32 --baseline mean
    --saliency-samples 3)
plain=(--data "$data" --limit-train 50 --limit-test 20 --epochs 0
    --stages embed --tsne-init random --tsne-dims 2
    --init "$scratch/out/results.h5")
film=(--data "$data" --limit-train 90 --limit-test 20 --epochs 2 --batch 32
    --stages 'train,embed' --tsne-epochs --tsne-pca 9 --tsne-sweep '3,5'
    --tsne-dims '2,3' --tsne-engine fft)
x=$scratch/x.h5
"$build"/tests/tool_matrix "$x" || exit 1
matrix=("$x:/group/x" "$scratch/map.h5" --labels "$x:/label" --keep-features
    --tsne-perplexity '5,9' --tsne-sweep 4 --tsne-pca 5 --tsne-iterations 5
    --tsne-engine exact --plots "$scratch/plots")
grid=("$x:/int" "$scratch/map.h5" --tsne-engine fft --tsne-dims 3
    --tsne-perplexity 5 --tsne-iterations 2)

# fails POINT RANK ARGUMENTS...: 1 where this rank does not come there.
fails() {
    local point=$1 rank=$2 status lines
    shift 2
    EXG_FAULT=$point:$rank on 2 "$@" >"$scratch/log" 2>"$scratch/err"
    status=$?
    [ $status = 0 ] && return 1
    lines=$(grep -ac '^exigo:' "$scratch/err")
    if [ $status != 1 ] || [ "$lines" != 1 ] ||
        ! grep -aq '^exigo: .*fault asked for' "$scratch/err"; then
        fail "$point:$rank: status $status, $lines lines, want 1 and 1"
        cat "$scratch/err"
    fi
}

tried=' '
# sweep ARGUMENTS...: each point of this run that has not been tried yet.
sweep() {
    local point points
    EXG_FAULT=list on 2 "$@" >"$scratch/log" 2>"$scratch/points" ||
        fail "without faults: status $?"
    mapfile -t points < <(
        sed -n 's/^fault point \([^ ]*\) .*/\1/p' "$scratch/points" | sort -u)
    for point in "${points[@]}"; do
        case $tried in *" $point "*) continue ;; esac
        tried+="$point "
        fails "$point" 1 "$@" || fails "$point" 0 "$@" ||
            fail "$point: fails on no rank"
    done
}
sweep "${whole[@]}" "${common[@]}"
sweep "${plain[@]}" "${common[@]}"
sweep --doctor "${common[@]}"

# From a checkpoint, which a run that cannot write its results leaves behind.
whole+=(--tsne-epochs --tsne-dims 2)
fails create_file 1 "${whole[@]}" "${common[@]}" ||
    fail "results can be written"
cp "$scratch/out/checkpoint.h5" "$scratch/kept.h5" || fail "no checkpoint"
sweep "${whole[@]}" "${common[@]}" --resume "$scratch/kept.h5"

sweep "${film[@]}" "${common[@]}"
program=$build/exigo-tsne
sweep "${matrix[@]}"
sweep "${grid[@]}"
[ "$tried" != ' ' ] || fail "$program has no fault points"
count=$(wc -w <<<"$tried")
echo "$((count > failures ? count - failures : 0)) passed, $failures failed"
finish
