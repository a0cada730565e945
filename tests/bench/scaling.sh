# shellcheck shell=bash disable=SC2154 # what bench.sh sets
# scaling.sh -- the seconds of one rank beside those of two.
# Sourced by tests/bench.sh.  The table's peer is ourselves on one rank.

bench_scaling() {
    local phase ranks one two
    declare -A pattern=([train]=train [evaluate]=evaluate [saliency]=saliency)
    echo 'scaling: seconds on 2 ranks and on 1'
    for _ in $(seq "$long_rounds"); do
        for ranks in 1 2; do
            exigo "$ranks" "scale$ranks" --stages train,explain --epochs 2 \
                --batch 1024 --saliency-samples "$tests" \
                --limit-train "$train" --limit-test "$tests"
        done
        for phase in train evaluate saliency; do
            one=$(seconds "$tmp/scale1/results.h5" "${pattern[$phase]}")
            two=$(seconds "$tmp/scale2/results.h5" "${pattern[$phase]}")
            note "$phase, 1 -> 2 ranks, s" "$two" "$one"
        done
    done
    for phase in train evaluate saliency; do
        compare "$phase, 1 -> 2 ranks, s" less 1.9
    done
}

# bench_tsne_scaling POINTS ROUNDS
bench_tsne_scaling() {
    local name="t-SNE of $1, 1 -> 2 ranks, s"
    tsne_model
    for _ in $(seq "$2"); do
        map 1 scale1 "$1" 2
        map 2 scale2 "$1" 2
        note "$name" "$(seconds "$tmp/scale2/results.h5" "$TSNE_PHASES")" \
            "$(seconds "$tmp/scale1/results.h5" "$TSNE_PHASES")"
    done
    compare "$name" less 1.9
}

part_scaling() {
    bench_scaling
    bench_tsne_scaling "$points" "$long_rounds"
    bench_tsne_scaling "$many" "$few_rounds"
}
