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
finish
