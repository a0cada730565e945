#!/bin/bash
# e2e_ranks.sh -- the same bits from 1, 2, 3, 4 and 8 ranks, and from AVX2 and
# AVX-512: the whole pipeline, over numbers that divide by nothing.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"

arguments=(--data "$data" --seed 4 --epochs 2 --batch 83 --lr 2e-3
    --saliency-samples 21 --target predicted --baseline noise
    --tsne-samples 150 --tsne-perplexity 10 --tsne-iterations 100
    --tsne-epochs
    --stages 'train,explain,embed' --quiet)

# compute NAME RANKS
compute() {
    on "$2" "${arguments[@]}" --out "$scratch/$1" >"$scratch/log" 2>&1 || {
        fail "$1: exit status $?"
        cat "$scratch/log"
    }
}

for n in 1 2 3 4 8; do
    compute "ranks$n" "$n"
    [ "$n" = 1 ] ||
        same "1 and $n ranks" "$scratch"/ranks{1,"$n"}/results.h5
done
grep -q '"ranks"' <(h5dump -A -g /provenance "$scratch/ranks8/results.h5") ||
    fail "no number of ranks in /provenance"

for part in /saliency /embedding /tsne /tsne_3d /tsne_epochs; do
    h5dump -n "$scratch/ranks1/results.h5" | grep -q " $part$" ||
        fail "no $part in the results"
done

# The comparison must be able to fail.
on 2 "${arguments[@]}" --seed 5 --out "$scratch/other" >"$scratch/log" 2>&1
for part in /test/logits /model/best /saliency/saliency /tsne/coordinates; do
    h5diff -q "$scratch"/{ranks1,other}/results.h5 "$part" >/dev/null 2>&1 &&
        fail "another seed gives the same $part"
done

if grep -qw avx512f /proc/cpuinfo && grep -qw avx2 /proc/cpuinfo; then
    EXG_ISA=avx2 compute avx2 2
    EXG_ISA=avx512 compute avx512 1
    same "avx2 and avx512" "$scratch"/avx{2,512}/results.h5
else
    echo "skipped: avx2 against avx512: this CPU has not both"
fi
finish
