#!/bin/bash
# bench.sh BUILD_DIR -- speed beside PyTorch and scikit-learn, as ratios.
#
# Ours and the peer's are measured in turns, several rounds in one run; what
# counts is the median of the rounds' ratios, so that a machine that is slow
# for a while is slow for both.  Raw figures are printed as they come, the table
# at the end.  A peer that is not installed is left out and named.
#
# Variables: QUICK=1 small sizes and one round, to see that all of it works;
# ROUNDS=N; PYTHON, of the peers; MPIRUN, MPIFLAGS; BENCH_DATA, a directory with
# the IDX files of MNIST.  Writes only below build/ and a temporary directory.
set -euo pipefail
shopt -s inherit_errexit
build=$1
cd "$(dirname "$0")/.."
export NP=2
. jobs/mpi-env.sh
export PYTHONDONTWRITEBYTECODE=1
python=${PYTHON:-/usr/bin/python3}
read -ra mpiflags <<<"${MPIFLAGS:-}"
data=${BENCH_DATA:-}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

if [ -n "${QUICK:-}" ]; then
    export OMPI_MCA_mpi_yield_when_idle=1 # the machine may be busy
    rounds=${ROUNDS:-1} train=6000 tests=1000 peer_train=1600 points=1000 steps=300
else
    rounds=${ROUNDS:-5} train=60000 tests=10000 peer_train=19200 points=10000 steps=1000
fi
long_rounds=$(((rounds + 1) / 2)) # of what takes a minute each

# --- running and measuring -------------------------------------------------

# exigo RANKS OUT OPTION...: a quiet run; a failure ends the benchmark.
exigo() {
    local ranks=$1 out=$2
    shift 2
    "${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} -np "$ranks" \
        "$build/exigo-mpi" --data "$data" --out "$tmp/$out" --quiet "$@"
}

# seconds OUT PATTERN: of the phases of that run whose names match, summed.
seconds() {
    "$build/tests/bench_phases" "$tmp/$1/results.h5" |
        awk -v want="^($2)\$" '
            {s = $1; sub(/^[^ ]* /, ""); if ($0 ~ want) {t += s; n++}}
            END {if (!n) exit 1; printf "%.4f\n", t}'
}

# note NAME OURS PEER: a round of a measurement; "-" where there is no peer.
note() {
    echo "$2 $3" >>"$tmp/$1.rounds"
    printf '    %-34s %12s %12s\n' "$1" "$2" "$3"
}

calc() { awk "BEGIN {printf \"%.6g\n\", $1}"; }

median() { # of the numbers on standard input
    sort -g | awk '{v[NR] = $1} END {
        printf "%.5g\n", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

# --- the table ---------------------------------------------------------------

# row NAME OURS PEER RATIO TARGET HOLDS: HOLDS is an awk condition, or "".
row() {
    local verdict=''
    if [ -n "$6" ]; then
        verdict=$(awk "BEGIN {print ($6) ? \"reached\" : \"missed\"}")
    fi
    printf '%-36s %10s %10s %8s  %-12s %s\n' "$1" "$2" "$3" "$4" "$5" "$verdict" \
        >>"$tmp/table"
}

# compare NAME more|less AT_LEAST: medians of its rounds, as "ours is so many
# times faster".  more: figures are rates; less: they are seconds.
compare() {
    local name=$1 ours peer='-' ratio='-' holds=''
    ours=$(cut -d' ' -f1 "$tmp/$name.rounds" | median)
    if ! grep -q -e '-$' "$tmp/$name.rounds"; then
        peer=$(cut -d' ' -f2 "$tmp/$name.rounds" | median)
        ratio=$(awk -v more="$2" '{print more == "more" ? $1 / $2 : $2 / $1}' \
            "$tmp/$name.rounds" | median)
        holds="$ratio >= $3"
        ratio=$(printf '%.2f' "$ratio")
    fi
    row "$name" "$ours" "$peer" "$ratio" ">= $3 x" "$holds"
}

# --- peers --------------------------------------------------------------------

# has MODULE...: whether that Python can import them.
has() {
    local module
    for module in "$@"; do
        "$python" -c "import $module" >/dev/null 2>&1 && continue
        echo "peer left out: $python has no module $module"
        return 1
    done
}
run_peer() { "$python" "tests/bench/$1.py" "${@:2}"; }

# --- measurements ---------------------------------------------------------------

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
    time=$(seconds rate train)
    calc "3 * $train / $time"
}

bench_train() {
    local variant rate ours
    echo "training, batch 32, 1 rank and 1 thread, images/s"
    if [ -n "$torch" ]; then
        rate=$(run_peer torch_train choose "$data" 32)
        variant=${rate%% *}
        echo "    PyTorch is fastest with $variant (images/s: ${rate#* })"
        echo "$variant" >"$tmp/variant"
    fi
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
            "$(cat "$tmp/variant")" 64 256 1024 >"$tmp/ddp"
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
        cut -d' ' -f"$1" "$tmp/train, 2 ranks, batch $batch.rounds" | median
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

bench_tsne() {
    local time=- ours kl
    echo "t-SNE of $points embeddings, 2 ranks and 2 threads, $steps iterations, s"
    exigo 2 tsne --stages train,embed --epochs 5 --tsne-dims 2 \
        --tsne-samples "$points" --tsne-iterations "$steps" \
        --limit-train "$train"
    for _ in $(seq "$long_rounds"); do
        [ -z "$sklearn" ] || time=$(OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 \
            run_peer sklearn_tsne map "$tmp/tsne/results.h5" 2 "$tmp/peer.npy")
        exigo 2 tsne2 --stages embed --init "$tmp/tsne/results.h5" --tsne-dims 2 \
            --tsne-samples "$points" --tsne-iterations "$steps"
        ours=$(seconds tsne2 'tsne (prepare|neighbours|affinities|start|descent)')
        note "t-SNE, $points points, s" "$ours" "$time"
    done
    compare "t-SNE, $points points, s" less 5
    [ -n "$sklearn" ] || return 0
    kl=$(run_peer sklearn_tsne kl "$tmp/tsne2/results.h5" "$tmp/peer.npy")
    echo "    KL of ours and theirs: $kl"
    row '  its KL divergence, nat' "${kl% *}" "${kl#* }" \
        "$(calc "${kl% *} / ${kl#* }")" '<= theirs' "${kl% *} <= ${kl#* }"
}

# The whole process, from mpirun to the last figure, beside nothing but the
# loops of the peer: its start, its figures and its t-SNE are left out.
bench_original() {
    local start ours time=- ratio=- limit=3 name="the original's job, 2 ranks, s"
    echo "$name; PyTorch: its two epochs alone, 1 thread"
    for _ in $(seq "$long_rounds"); do
        [ -z "$torch" ] || time=$(run_peer torch_train original "$data" \
            "$(cat "$tmp/variant")" "$train" "$tests")
        start=$EPOCHREALTIME
        exigo 2 original --preset exigo --limit-train "$train" --limit-test "$tests"
        ours=$(calc "$EPOCHREALTIME - $start")
        note "$name" "$ours" "$time"
    done
    ours=$(cut -d' ' -f1 "$tmp/$name.rounds" | median)
    if [ -n "$torch" ]; then
        time=$(cut -d' ' -f2 "$tmp/$name.rounds" | median)
        ratio=$(awk '{print $2 / $1}' "$tmp/$name.rounds" | median)
        ratio=$(printf '%.2f' "$ratio")
    fi
    row "$name" "$ours" "$time" "$ratio" "<= $limit s" "$ours <= $limit"
}

# The table's peer is ourselves on one rank.
bench_scaling() {
    local phase ranks one two
    declare -A pattern=([train]=train [evaluate]=evaluate [saliency]=saliency
        ['t-SNE']='tsne (prepare|neighbours|affinities|start|descent)')
    echo 'scaling: seconds on 2 ranks and on 1'
    for _ in $(seq "$long_rounds"); do
        for ranks in 1 2; do
            exigo "$ranks" "scale$ranks" --stages train,explain,embed --epochs 2 \
                --batch 1024 --saliency-samples "$tests" --tsne-dims 2 \
                --tsne-samples "$points" --tsne-iterations "$steps" \
                --limit-train "$train" --limit-test "$tests"
        done
        for phase in train evaluate saliency t-SNE; do
            one=$(seconds scale1 "${pattern[$phase]}")
            two=$(seconds scale2 "${pattern[$phase]}")
            note "$phase, 1 -> 2 ranks, s" "$two" "$one"
        done
    done
    for phase in train evaluate saliency t-SNE; do
        compare "$phase, 1 -> 2 ranks, s" less 1.9
    done
}

# --- all of it --------------------------------------------------------------------

if [ -z "$data" ]; then
    data=build/data/mnist
    near=()
    [ ! -d save/data/mnist ] || near=(--mirror save/data/mnist)
    jobs/fetch-data.sh ${near[@]+"${near[@]}"} "$data"
fi
torch='' sklearn=''
! has torch numpy || torch=yes
! has sklearn h5py numpy || sklearn=yes
[ -z "${QUICK:-}" ] || echo 'QUICK: small sizes, the figures mean nothing'
echo "    $(printf '%-34s %12s %12s' measurement ours peer)"
measure_peak
bench_train
bench_ddp
bench_peak
bench_original
bench_tsne
bench_scaling
echo
printf '%-36s %10s %10s %8s  %-12s %s\n' name ours peer ratio target ''
cat "$tmp/table"
