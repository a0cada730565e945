#!/bin/bash
# e2e_checkpoint.sh -- checkpoints whose bytes sum up but which contradict
# themselves or the run, as another version or a mistake might leave them: one
# line and exit status 1 or 2 on all ranks, and the file stays.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
python=${PYTHON:-/usr/bin/python3}
if ! "$python" -c 'import h5py' 2>/dev/null; then
    echo "skipped: no h5py"
    finish
fi
out=$scratch/out
steps=12000
case $build in *release) ;; *) steps=4000 ;; esac
basis=(--data "$data" --seed 4 --epochs 3 --batch 32 --tsne-samples 150
    --tsne-perplexity 10 --tsne-engine fft --tsne-epochs --tsne-quality no
    --tsne-iterations "$steps" --stages 'train,embed' --quiet
    --checkpoint-minutes 0.001 --out "$out")

# stopped NAME WORDS: the checkpoint of a run that is told to stop when run.jsonl
# has these words.
stopped() {
    local status=0 tries=0 job
    rm -rf "$out"
    mkdir "$out"
    on 2 "${basis[@]}" >"$scratch/log" 2>&1 &
    job=$!
    until grep -qsF "$2" "$out/run.jsonl" || [ $((tries += 1)) = 5000 ]; do
        sleep 0.01
    done
    pgrep -f "^$program .*--out $out" | xargs -r kill -USR1
    wait "$job" || status=$?
    [ "$status" = 75 ] || fail "$1: status $status: $(cat "$scratch/log")"
    cp "$out/checkpoint.h5" "$scratch/$1.h5"
}
stopped film '"t-SNE of epoch 1"'
stopped map '"t-SNE 3-D"'

cat >"$scratch/edit.py" <<'PY'
"""edit.py FROM TO CODE: change a checkpoint, h, and seal it anew."""
import shutil
import sys
import zlib

import h5py
import numpy


def put(h, path, value):
    """These values in place of what is there, of the same type."""
    kind = h[path].dtype
    del h[path]
    h.create_dataset(path, data=numpy.asarray(value).astype(kind))


def put_at(h, path, place, value):
    """This value in one place."""
    v = h[path][...]
    v[place] = value
    put(h, path, v)


source, to, code = sys.argv[1:]
shutil.copy(source, to)
with h5py.File(to, "r+") as h:
    exec(code)
with open(to, "r+b") as f:
    data = f.read()
    seal = f"exigo checkpoint 1\nbytes {len(data)}\ncrc32 " \
        f"{zlib.crc32(data[512:]):08x}\n"
    f.seek(0)
    f.write(seal.encode().ljust(512, b"\0"))
PY

# try STATUS PATTERN FROM CODE: a checkpoint, changed so, is refused.
tried=0
try() {
    local status=0 sum
    rm -rf "$out"
    mkdir "$out"
    "$python" "$scratch/edit.py" "$scratch/$3.h5" "$out/checkpoint.h5" "$4" ||
        fail "$4: no checkpoint"
    sum=$(cksum <"$out/checkpoint.h5")
    on 2 "${basis[@]}" >"$scratch/log" 2>&1 || status=$?
    [ "$status" = "$1" ] || fail "$4: status $status, want $1"
    if [ "$1" != 0 ]; then
        [ "$(grep -c '^exigo: ' "$scratch/log")" = 1 ] || fail "$4: not one line"
        grep -q "^exigo: .*$2" "$scratch/log" || fail "$4: want '$2'"
        [ "$(cksum <"$out/checkpoint.h5")" = "$sum" ] || fail "$4: it has changed"
    fi
    [ "$failures" = 0 ] || cat "$scratch/log"
    tried=$((tried + 1))
}

# Sealed anew, they are what they were.
try 0 '' map 'pass'

# Whose it is.
try 2 'was made by exigo-mpi 9.9, this is' map \
    'h.attrs["program"] = "exigo-mpi 9.9"'
try 2 'was made with other data' map 'h.attrs["data"] = "0123456789abcdef"'

# Of the training.
try 1 '/train/place: no place in this training' map \
    'put(h, "/train/place", [7, 0, 0])'
try 1 'step 999, want at most 16' film 'put(h, "/train/place", [1, 999, 0])'
try 1 '/history/epoch: not the epochs that are over' map \
    'put(h, "/train/place", [1, 0, 0])'
try 1 '/history/epoch: epochs out of order' map \
    'put(h, "/history/epoch", [1, 0, 2])'
try 1 '/moments/epoch: the best is not among them' map \
    'put(h, "/moments/epoch", h["/moments/epoch"][...] * 0 - 1)'
try 1 '/moments/epoch: out of order' film '
p = h["/moments/parameters"][...]
put(h, "/moments/epoch", [-1, 9, h["/moments/epoch"][-1]])
put(h, "/moments/parameters", p[[0, 0, -1]])'
try 1 '/moments/parameters: shape' map \
    'put(h, "/moments/parameters", h["/moments/parameters"][:, 1:])'
try 1 '/train/parameters: missing' film 'del h["/train/parameters"]'
try 1 '/history/scores: missing' map 'del h["/history/scores"]'

# Of the maps.
try 1 '/film/epoch: out of order' map 'put(h, "/film/epoch", [1, 0, 2])'
try 1 '/film/epoch: 9 frames, want at most one per epoch' map '
put(h, "/film/epoch", range(9))
put(h, "/film/kl", range(9))'
try 1 '/maps/map0: 5 dimensions' map \
    'put_at(h, "/maps/map0/numbers", 0, 5)'
try 1 '/descent/place: no place in a map' map \
    'put(h, "/descent/place", [0, 1, 4, 100])'
try 1 'goes on from iteration' map 'put_at(h, "/descent/place", 3, 60)'
try 1 'the grid of t-SNE: -3 bits' map \
    'put(h, "/descent/engine", [-3, 0.5, 100, 0.5])'
echo "$tried checkpoints tried"
finish
