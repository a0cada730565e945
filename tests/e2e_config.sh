#!/bin/bash
# e2e_config.sh -- a run can be repeated from its options, in a file of lines
# or in a results file, and continued from its model.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"

run() { # run NAME ARGUMENTS...
    local name=$1
    shift
    on 2 "$@" --out "$scratch/$name" >"$scratch/$name.log" 2>&1 || {
        fail "$name: exit status $?"
        cat "$scratch/$name.log"
    }
}
first=$scratch/first/results.h5

run first --data "$data" --seed 4 --epochs 3 --batch 83 --lr 2e-3 \
    --target 3 --baseline blur --saliency-samples 17 --limit-train 401 \
    --limit-test 101 --stages train,explain

cat >"$scratch/options" <<END
# every option of the first run
data = $data
seed = 4
epochs = 3

batch = 83
lr = 2e-3   # not the default
target = 3
baseline = blur
saliency-samples = 17
limit-train = 401
limit-test = 101
stages = train,explain
END
run lines --config "$scratch/options"
same "a file of options" "$first" "$scratch/lines/results.h5"

run again --config "$first"
same "the options of a results file" "$first" "$scratch/again/results.h5"

# What a file lacks keeps its default; what is not known here is named.
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
    cp "$first" "$scratch/old.h5"
    /usr/bin/python3 - "$scratch/old.h5" <<'END'
import sys
import h5py
with h5py.File(sys.argv[1], 'a') as f:
    del f['config'].attrs['tsne-late']
    del f['config'].attrs['momentum']
    f['config'].attrs['warp-factor'] = '9'
END
    run older --config "$scratch/old.h5"
    same "the options of an older file" "$first" "$scratch/older/results.h5"
    grep -q '^exigo: --config: ignored, .*: warp-factor$' "$scratch/older.log" ||
        fail "an unknown option of a results file is not named"
    [ "$(grep -c '^exigo:' "$scratch/older.log")" = 1 ] ||
        fail "more than one warning"
    grep -q 'no such options' "$scratch/again.log" &&
        fail "a warning about options that are known"
else
    echo "skipped: the options of an older file: no h5py"
fi

# exigo-tsne takes the options that it shares with exigo-mpi.
program=$build/exigo-tsne on 2 "$first:/test/logits" "$scratch/map.h5" \
    --config "$first" --tsne-perplexity 7 --tsne-iterations 9 --quiet \
    >"$scratch/log" 2>&1 || fail "the other program: $(cat "$scratch/log")"
grep -q '^exigo: --config: ignored, .* epochs, ' "$scratch/log" ||
    fail "the other program's options are not named: $(cat "$scratch/log")"
h5dump -a /config/seed "$scratch/map.h5" | grep -q '"4"' ||
    fail "exigo-tsne does not take the seed"

# The command line wins over the file, before it or after it.
run shorter --epochs 1 --config "$first"
[ "$(grep -c '^Epoch:' "$scratch/shorter.log")" = 1 ] ||
    fail "--epochs 1 does not win over --config"

# --init starts where the best model stands, and looks at the same images.
run look --config "$first" --init "$first" --epochs 0
same "--init and no epochs: answers" "$first" "$scratch/look/results.h5" /test
same "--init and no epochs: start" "$first" "$scratch/look/results.h5" \
    /model/best /model/init
same "--init and no epochs: end" "$first" "$scratch/look/results.h5" /model/best
grep -q '^Epoch:' "$scratch/look.log" && fail "--epochs 0 trains"

run explain --config "$first" --init "$first" --stages explain,plot
same "--stages explain: maps" "$scratch"/{look,explain}/results.h5 /saliency
same "--stages explain: model" "$first" "$scratch/explain/results.h5" /model/best

run further --config "$first" --init "$first" --epochs 2
same "training goes on: start" "$first" "$scratch/further/results.h5" \
    /model/best /model/init
h5diff -q "$first" "$scratch/further/results.h5" /model/best >/dev/null 2>&1 &&
    fail "two more epochs leave the model as it was"

# A model of another shape is refused, with its layer.
on 2 --config "$first" --init "$first" --model 'conv5x4 relu linear' \
    --out "$scratch/shape" >"$scratch/log" 2>&1
[ $? = 1 ] || fail "a model of another shape: exit status"
grep -q '^exigo: .*conv1' "$scratch/log" ||
    fail "a model of another shape: $(cat "$scratch/log")"

# The preset is the original's run: its settings are in /config.
run preset --preset exigo --data "$data" --limit-train 64 --limit-test 32 \
    --stages train
for pair in 'epochs "2"' 'batch "32"' 'lr "1e-5"' 'target "sum"'; do
    h5dump -a "/config/${pair% *}" "$scratch/preset/results.h5" |
        grep -q "(0): ${pair#* }" || fail "--preset exigo: want $pair"
done
finish
