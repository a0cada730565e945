#!/bin/bash
# bench.sh BUILD_DIR -- speed beside other programs, as ratios.
#
# Ours and the peer's are measured in turns, several rounds in one run; what
# counts is the median of the rounds' ratios, so that a machine that is slow
# for a while is slow for both.  Raw figures are printed as they come, the table
# at the end.  A peer that is not installed is left out and named: PyTorch,
# scikit-learn and openTSNE as modules of PYTHON, FIt-SNE as fast_tsne on PATH,
# Rtsne as a package of R.
#
# Variables: PART="NAME..." some parts only, see below; BIG=1 the large part as
# well; QUICK=1 small sizes and one round, to see that all of it works;
# ROUNDS=N; PYTHON, of the peers; MPIRUN, MPIFLAGS; BENCH_DATA, a directory with
# the IDX files of MNIST; NET_LATENCY (s), NET_BANDWIDTH (bytes/s of a node) and
# NET_RANKS (of a node), of the model's network.  Writes only below build/ and a
# temporary directory.
#
#   train     training beside PyTorch and its DDP; share of the peak
#   original  the whole job of the original program
#   tsne      t-SNE of 10,000 and of 70,000 embeddings: seconds, KL, recall
#   tsne3d    the same in 3-D
#   engine    what the engine `auto` chooses, beside both engines
#   model     bytes an iteration of t-SNE sends; its time at 16 to 256 ranks
#   scaling   one rank beside two
#   big       t-SNE of 1,000,000 x 50, with its memory; an hour
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
. tests/bench/common.sh
. tests/bench/train.sh
. tests/bench/tsne.sh
. tests/bench/engine.sh
. tests/bench/scaling.sh

parts='train original tsne tsne3d engine model scaling'
parts=${PART:-$parts${BIG:+ big}}
for part in $parts; do
    if ! declare -F "part_$part" >/dev/null; then
        echo "bench.sh: no part '$part'" >&2
        exit 2
    fi
done

# The sizes; points and many: of t-SNE; model_points: of the model's last table.
if [ -n "${QUICK:-}" ]; then
    export OMPI_MCA_mpi_yield_when_idle=1 # the machine may be busy
    rounds=${ROUNDS:-1} train=6000 tests=1000 peer_train=1600 steps=300
    points=1000 many=3000 big_rows=5000 engine_points=3000
    model_points=10000 model_steps=5
else
    rounds=${ROUNDS:-5} train=60000 tests=10000 peer_train=19200 steps=1000
    points=10000 many=70000 big_rows=1000000 engine_points=40000
    model_points=1000000 model_steps=20
fi
long_rounds=$(((rounds + 1) / 2)) # of what takes a minute each
few_rounds=$(((rounds + 2) / 4))  # of what takes several
few_rounds=$((few_rounds > 0 ? few_rounds : 1))

if [ -z "$data" ]; then
    data=build/data/mnist
    near=()
    [ ! -d save/data/mnist ] || near=(--mirror save/data/mnist)
    jobs/fetch-data.sh ${near[@]+"${near[@]}"} "$data"
fi
torch=''
! has torch numpy || torch=yes
[ -z "${QUICK:-}" ] || echo 'QUICK: small sizes, the figures mean nothing'
echo "    $(printf '%-34s %12s %12s' measurement ours peer)"
for part in $parts; do
    "part_$part"
done
echo
printf '%-36s %10s %10s %8s  %-12s %s\n' name ours peer ratio target ''
cat "$tmp/table"
