#!/bin/bash
# e2e_into.sh -- whose embeddings are mapped, and points placed into the map of
# others: the same bits from any number of ranks.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
python=${PYTHON:-/usr/bin/python3}
"$python" -c 'import h5py' 2>/dev/null || python=
[ -n "$python" ] || echo "skipped: what the files hold: no h5py"
net=(--data "$data" --model "conv3x4 relu conv5x2 relu linear" --epochs 1
    --seed 4 --quiet)
short=(--tsne-samples 700 --tsne-iterations 40 --tsne-early 10 --tsne-dims 2)

# run NAME RANKS ARGUMENTS...
run() {
    local name=$1 ranks=$2
    shift 2
    on "$ranks" "$@" >"$scratch/log" 2>&1 || {
        fail "$name: exit status $?"
        cat "$scratch/log"
    }
}

# Training samples, test samples, both.
for set in test train all; do
    for n in 1 3; do
        run "$set on $n ranks" "$n" "${net[@]}" "${short[@]}" \
            --stages train,embed --tsne-data $set --out "$scratch/$set$n"
    done
    same "$set from 1 and 3 ranks" "$scratch/$set"{1,3}/results.h5
done
if [ -n "$python" ]; then
    "$python" - "$scratch" <<'PY' || fail "both are not one after the other"
import sys
import h5py
import numpy as np

test, train, both = (h5py.File(f"{sys.argv[1]}/{k}1/results.h5")["embedding"]
                     for k in ("test", "train", "all"))
for name in ("features", "label", "index", "set"):
    want = np.concatenate([train[name][:], test[name][:]])[:700]
    assert np.array_equal(want, both[name][:]), name
assert list(np.bincount(both["set"][:])) == [509, 191]
PY
    "$python" tests/e2e_schema.py "$scratch/all1/results.h5" >"$scratch/log" ||
        fail "schema: $(cat "$scratch/log")"
fi
run "no test samples" 2 "${net[@]}" "${short[@]}" --stages embed \
    --tsne-data all --tsne-samples 509 --out "$scratch/warned"
grep -q 'no test samples are left' "$scratch/log" || fail "no warning"

# Test samples into the map of the training samples.
map=$scratch/map/results.h5
run "the map" 2 "${net[@]}" --stages train,embed --tsne-data train \
    --tsne-perplexity 20 --tsne-iterations 250 --tsne-early 80 \
    --out "$scratch/map"
net+=(--init "$map" --stages embed)
for n in 1 2 3 4; do
    run "into on $n ranks" "$n" "${net[@]}" --tsne-into "$map" \
        --out "$scratch/into$n"
    [ "$n" = 1 ] || same "into from 1 and $n ranks" "$scratch/into"{1,"$n"}/results.h5
done
for part in tsne tsne_3d; do # the map stays
    same "$part" "$scratch"/{into1,map}/results.h5 \
        "/$part/reference/coordinates" "/$part/coordinates"
done
run "from the command" 2 "${net[@]}" --tsne-into "$map" --tsne-perplexity 5 \
    --tsne-iterations 250 --tsne-early 0 --tsne-late 1.5 --tsne-lr auto \
    --out "$scratch/said"
same "defaults and the same said" "$scratch"/{into1,said}/results.h5 \
    /tsne/coordinates
run "by a grid" 2 "${net[@]}" --tsne-into "$map" --tsne-engine fft \
    --tsne-dims 2 --out "$scratch/fft"
h5diff --delta=0.5 "$scratch"/{into1,fft}/results.h5 /tsne/coordinates \
    >"$scratch/log" || fail "fft: $(head -n 9 "$scratch/log")"
h5diff -q "$scratch"/{into1,fft}/results.h5 /tsne/coordinates \
    >/dev/null && fail "fft computes what exact does"
run "half of them" 3 "${net[@]}" --tsne-into "$map" --tsne-samples 100 \
    --tsne-dims 2 --out "$scratch/half"
"$build/analysis/exigo-plot" "$scratch/into1/results.h5" \
    --out "$scratch/plots" >"$scratch/log" 2>&1 ||
    fail "figures: $(cat "$scratch/log")"
for name in tsne tsne_3d; do
    [ -s "$scratch/plots/$name.png" ] || fail "no $name.png"
done
if [ -n "$python" ]; then
    "$python" - "$scratch" <<'PY' || fail "the places are not right"
import sys
import h5py
import numpy as np

into, half, train = (h5py.File(f"{sys.argv[1]}/{k}/results.h5")
                     for k in ("into1", "half", "map"))
t = into["tsne"]
assert t["coordinates"].shape == (211, 2) and t["trajectory"].shape == (11, 211, 2)
assert set(t["set"][:]) == {1} and set(t["reference/set"][:]) == {0}
assert t["knn_accuracy_map"][()] > 0.9, t["knn_accuracy_map"][()]
assert t["kl"][-1] < t["kl"][0]
assert t.attrs["perplexity"] == 5 and t.attrs["reference_points"] == 509
assert np.array_equal(t["reference/label"][:], train["embedding/label"][:])
# Where a point ends does not depend on the others.
assert np.array_equal(half["tsne/coordinates"][:], t["coordinates"][:100])
assert into["embedding"].attrs["model"] == train["embedding"].attrs["model"]
PY
    "$python" tests/e2e_schema.py "$scratch/into1/results.h5" \
        >"$scratch/log" || fail "schema: $(cat "$scratch/log")"
fi

# Rows of a matrix, and one alone; a row that is in the map lands at itself.
x=$scratch/x.h5
"$build"/tests/tool_matrix "$x" || exit 1
program=$build/exigo-tsne
run "a matrix's map" 2 "$x:/group/x" "$scratch/x-map.h5" --labels "$x:/label" \
    --keep-features --tsne-iterations 250 --tsne-early 80 --quiet
for n in 1 3; do
    run "rows on $n ranks" "$n" "$x:/group/x" "$scratch/rows$n.h5" \
        --labels "$x:/label" --tsne-into "$scratch/x-map.h5" --quiet
done
same "rows from 1 and 3 ranks" "$scratch"/rows{1,3}.h5
if [ -n "$python" ]; then
    "$python" - "$scratch" <<'PY' || fail "rows of the map do not land there"
import sys
import h5py
import numpy as np

t = h5py.File(f"{sys.argv[1]}/rows1.h5")["tsne"]
r = t["reference/coordinates"][:]
width = np.sqrt(((r - r.mean(0)) ** 2).sum(1).mean())
away = np.sqrt(((t["coordinates"][:] - r) ** 2).sum(1))
assert np.median(away) < 0.1 * width and t["knn_accuracy_map"][()] == 1
PY
fi

# A map of components: rows find their neighbours among these.
run "a map of components" 2 "$x:/group/x" "$scratch/pca-map.h5" --tsne-pca 3 \
    --keep-features --tsne-dims 2 --tsne-iterations 250 --tsne-early 80 --quiet
for n in 1 3; do
    run "components on $n ranks" "$n" "$x:/group/x" "$scratch/pca$n.h5" \
        --tsne-into "$scratch/pca-map.h5" --tsne-dims 2 --quiet
done
same "components from 1 and 3 ranks" "$scratch"/pca{1,3}.h5
if [ -n "$python" ]; then
    "$python" - "$scratch" <<'PY' || fail "neighbours are not by components"
import sys
import h5py
import numpy as np

f = h5py.File(f"{sys.argv[1]}/pca-map.h5")
x = f["embedding/features"][:].astype(float)
x -= x.mean(0)
x = x @ np.linalg.svd(x, full_matrices=False)[2][:3].T
y = f["tsne/coordinates"][:].astype(float)
t = h5py.File(f"{sys.argv[1]}/pca1.h5")["tsne"]


def nearest(a, b):
    far = ((a[:, None] - b[None]) ** 2).sum(2)
    return np.argsort(far, axis=1, kind="stable")[:, :10]


high, low = nearest(x, x), nearest(t["coordinates"][:].astype(float), y)
recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(high, low)])
assert abs(recall - t["knn_recall_10"][()]) < 2e-3, recall
PY
fi

# The map's kernel is the places', too; they say so.
run "a map of other tails" 2 "$x:/group/x" "$scratch/t-map.h5" \
    --labels "$x:/label" --keep-features --tsne-dof 0.5 \
    --tsne-iterations 250 --tsne-early 80 --quiet
for n in 1 3; do
    run "into other tails on $n ranks" "$n" "$x:/group/x" "$scratch/t$n.h5" \
        --tsne-into "$scratch/t-map.h5" --quiet
done
same "other tails from 1 and 3 ranks" "$scratch"/t{1,3}.h5
h5dump -a /tsne/dof "$scratch/t1.h5" | grep -q ': 0.5$' || fail "places: dof"

# refused STATUS PATTERN ARGUMENTS...
refused() {
    local status=$1 pattern=$2 got
    shift 2
    on 2 "$@" --quiet >/dev/null 2>"$scratch/err"
    got=$?
    [ "$got" = "$status" ] || fail "$*: exit status $got, want $status"
    if [ "$(grep -ac '^exigo: ' "$scratch/err")" != 1 ] ||
        ! grep -aq "^exigo: .*$pattern" "$scratch/err"; then
        fail "$*: want '$pattern', got $(head -n 3 "$scratch/err")"
    fi
}
in=("$x:/group/x" "$scratch/none.h5" --tsne-into)
refused 1 'no/file.h5: No such file' "${in[@]}" "$scratch/no/file.h5"
refused 1 'no results file' "${in[@]}" "$x"
: >"$scratch/empty.h5"
refused 1 'cannot open as HDF5' "${in[@]}" "$scratch/empty.h5"
run "a map without features" 1 "$x:/group/x" "$scratch/bare.h5" --tsne-dims 2 \
    --tsne-iterations 20 --quiet
refused 1 'features; exigo-tsne writes them' "${in[@]}" "$scratch/bare.h5"
refused 1 'points of 7 features, want' "$map:/embedding/features" \
    "$scratch/none.h5" --tsne-into "$scratch/x-map.h5"
refused 2 'perplexity: 51, want 1 to 50.333 for the 151' "${in[@]}" \
    "$scratch/x-map.h5" --tsne-perplexity 51
refused 2 'tsne-sweep goes with making' "${in[@]}" "$scratch/x-map.h5" \
    --tsne-sweep 3
refused 2 'tsne-dof goes with making' "${in[@]}" "$scratch/x-map.h5" \
    --tsne-dof 0.5
refused 2 'tsne-stop goes with making' "${in[@]}" "$scratch/x-map.h5" \
    --tsne-stop 1e-3
refused 2 'is read as well' "$x:/group/x" "$scratch/x-map.h5" \
    --tsne-into "$scratch/x-map.h5"
refused 1 'row 77, column 3 is nan' "$x:/nan" "$scratch/none.h5" \
    --tsne-into "$scratch/x-map.h5"
run "a flat map" 2 "$x:/group/x" "$scratch/flat.h5" --keep-features \
    --tsne-dims 2 --tsne-iterations 20 --quiet
refused 1 'has no map of 3 dimensions' "${in[@]}" "$scratch/flat.h5" \
    --tsne-dims 3
program=$build/exigo-mpi
refused 1 'placed into a map themselves' "${net[@]}" \
    --tsne-into "$scratch/into1/results.h5" --out "$scratch/none"
refused 1 'are of model .*, the new ones of' "${net[@]}" --init "" \
    --tsne-into "$map" --out "$scratch/none"
refused 2 'want another --out' "${net[@]}" --tsne-into "$map" \
    --out "$scratch/map"
refused 2 'tsne-epochs goes with' "${net[@]}" --tsne-into "$map" \
    --tsne-epochs --out "$scratch/none"
finish
