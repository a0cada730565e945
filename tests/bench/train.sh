# shellcheck shell=bash disable=SC2154 # what bench.sh sets
# train.sh -- training beside PyTorch, and the job of the original program.
# Sourced by tests/bench.sh; torch is "yes" where PyTorch is there.

# The fastest way PyTorch has of training this network here, found once.
variant=''
choose_variant() {
    local said
    if [ -n "$torch" ] && [ -z "$variant" ]; then
        said=$(run_peer torch_train choose "$data" 32)
        variant=${said%% *}
        echo "    PyTorch is fastest with $variant (images/s: ${said#* })"
    fi
}

# Multiply-add peak of all cores at work, GFLOP/s.
measure_peak() {
    local isa
    isa=$("$build/exigo-mpi" --version | sed -n 's/^ *kernels *\([a-z0-9]*\).*/\1/p')
    "$build/tests/bench_kern" "$isa" >"$tmp/peak.1" &
    "$build/tests/bench_kern" "$isa" >"$tmp/peak.2"
    wait $!
    sed -n 's/.*: peak \([0-9.]*\) GFLOP.*/\1/p' "$tmp/peak.1" "$tmp/peak.2" |
        awk '{s += $1} END {print s}' >>"$tmp/peaks"
    echo "    multiply-add peak of 2 cores, $isa: $(tail -n 1 "$tmp/peaks") GFLOP/s"
}

# train_rate RANKS BATCH: images/s of ours over three epochs, shuffling and the
# exchange of images between ranks included.
train_rate() {
    local time
    exigo "$1" rate --stages train --epochs 3 --batch "$2" \
        --limit-train "$train" --limit-test 1000
    time=$(seconds "$tmp/rate/results.h5" train)
    calc "3 * $train / $time"
}

bench_train() {
    local rate ours
    echo "training, batch 32, 1 rank and 1 thread, images/s"
    for _ in $(seq "$rounds"); do
        rate=-
        [ -z "$torch" ] ||
            rate=$(run_peer torch_train rate "$data" 32 "$variant" "$peer_train")
        ours=$(train_rate 1 32)
        note 'train, 1 rank, batch 32' "$ours" "$rate"
    done
    compare 'train, 1 rank, batch 32' more 5
}

bench_ddp() {
    local batch rate ours
    echo "training, 2 ranks and 2 processes of DDP, images/s"
    : >"$tmp/ddp"
    for _ in $(seq "$rounds"); do
        [ -z "$torch" ] || run_peer torch_ddp "$data" 2 "$((2 * peer_train))" \
            "$variant" 64 256 1024 >"$tmp/ddp"
        for batch in 64 256 1024; do
            rate=$(awk -v b="$batch" '$1 == b {print $2}' "$tmp/ddp")
            ours=$(train_rate 2 "$batch")
            note "train, 2 ranks, batch $batch" "$ours" "${rate:--}"
        done
    done
    for batch in 64 256 1024; do compare "train, 2 ranks, batch $batch" more 6; done
    [ -n "$torch" ] || return 0
    ours=$(best_batch 1)
    rate=$(best_batch 2)
    row '  the best batch of each' "$ours" "$rate" \
        "$(printf '%.2f' "$(calc "$ours / $rate")")" '>= 6 x' "$ours >= 6 * $rate"
}

# best_batch COLUMN: the highest median of the rates on two ranks.
best_batch() {
    local batch
    for batch in 64 256 1024; do
        median_of "$1" "train, 2 ranks, batch $batch"
    done | sort -g | tail -n 1
}

# Useful work by the plain definition of the layers, whatever method is used:
# 3 x 598,180 multiply-adds of an image, less the 60,840 of the gradient towards
# the first layer's input, which nobody needs.
bench_peak() {
    local rate peak part
    measure_peak
    rate=$(best_batch 1)
    peak=$(sort -g "$tmp/peaks" | tail -n 1)
    part=$(calc "100 * $rate * 3467400 / 1e9 / $peak")
    row 'train, 2 ranks, GFLOP/s of peak' \
        "$(calc "$rate * 3467400 / 1e9")" "$peak" "$part %" '>= 45 %' "$part >= 45"
}

# The whole process, from mpirun to the last figure, beside nothing but the
# loops of the peer: its start, its figures and its t-SNE are left out.
bench_original() {
    local start ours time=- ratio=- limit=3 name="the original's job, 2 ranks, s"
    echo "$name; PyTorch: its two epochs alone, 1 thread"
    for _ in $(seq "$long_rounds"); do
        [ -z "$torch" ] || time=$(run_peer torch_train original "$data" \
            "$variant" "$train" "$tests")
        start=$EPOCHREALTIME
        exigo 2 original --preset exigo --limit-train "$train" --limit-test "$tests"
        ours=$(calc "$EPOCHREALTIME - $start")
        note "$name" "$ours" "$time"
    done
    ours=$(median_of 1 "$name")
    if [ -n "$torch" ]; then
        time=$(median_of 2 "$name")
        ratio=$(awk '{print $2 / $1}' "$tmp/$name.rounds" | median)
        ratio=$(printf '%.2f' "$ratio")
    fi
    row "$name" "$ours" "$time" "$ratio" "<= $limit s" "$ours <= $limit"
}

part_train() {
    measure_peak
    choose_variant
    bench_train
    bench_ddp
    bench_peak
}

part_original() {
    choose_variant
    bench_original
}
