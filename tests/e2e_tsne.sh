#!/bin/bash
# e2e_tsne.sh -- exigo-tsne on matrices of several kinds: the same bits from 1,
# 2, 3, 4 and 8 ranks, figures, and one line for whatever is wrong.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
program=$build/exigo-tsne
x=$scratch/x.h5
"$build"/tests/tool_matrix "$x" || exit 1
short=(--tsne-iterations 60 --tsne-early 20 --quiet)

# map NAME RANKS ARGUMENTS...
map() {
    local name=$1 ranks=$2
    shift 2
    on "$ranks" "$@" "${short[@]}" >"$scratch/log" 2>&1 || {
        fail "$name: exit status $?"
        cat "$scratch/log"
    }
}

for n in 1 2 3 4 8; do
    map "x on $n ranks" "$n" "$x:/group/x" "$scratch/x$n.h5" \
        --labels "$x:/label" --keep-features --tsne-perplexity 10,40 \
        --tsne-sweep 4,10 --tsne-late 1.5 --tsne-stop 1e-7
    [ "$n" = 1 ] || same "1 and $n ranks" "$scratch"/x{1,"$n"}.h5
done
for part in /config /embedding /tsne /tsne_3d /tsne_sweep/p4 /tsne_sweep/p10; do
    h5dump -n "$scratch/x1.h5" | grep -q " $part$" || fail "no $part"
done
h5dump -a /embedding/features/long_name "$scratch/x1.h5" |
    grep -q '"columns of the input"' || fail "features of a network"
if "${PYTHON:-/usr/bin/python3}" -c 'import h5py' 2>/dev/null; then
    "${PYTHON:-/usr/bin/python3}" tests/e2e_schema.py "$scratch/x1.h5" \
        >"$scratch/log" || fail "schema: $(cat "$scratch/log")"
else
    echo "skipped: the schema of a map's file: no h5py"
fi

# A map of a sweep is that of a run at its perplexity alone.
map alone 2 "$x:/group/x" "$scratch/alone.h5" --labels "$x:/label" \
    --tsne-perplexity 10 --tsne-late 1.5 --tsne-stop 1e-7
for what in coordinates kl trustworthiness_12; do
    same "the sweep's $what" "$scratch"/{x1,alone}.h5 \
        "/tsne_sweep/p10/$what" "/tsne/$what"
done

# Seven components of seven features keep the neighbours, three are others.
for keep in 3 7; do
    map "pca $keep" 3 "$x:/group/x" "$scratch/pca$keep.h5" --tsne-pca $keep \
        --tsne-dims 2 --labels "$x:/label"
done
map "pca 3 alone" 1 "$x:/group/x" "$scratch/pca1.h5" --tsne-pca 3 \
    --tsne-dims 2 --labels "$x:/label"
map "no pca" 1 "$x:/group/x" "$scratch/pca0.h5" --tsne-dims 2 --labels "$x:/label"
same "3 components on 1 and 3 ranks" "$scratch"/pca{1,3}.h5
h5diff --relative=0.1 "$scratch"/pca{0,7}.h5 /tsne/final_kl >/dev/null ||
    fail "all components give another KL"
h5diff --relative=0.1 "$scratch"/pca{0,3}.h5 /tsne/final_kl >/dev/null &&
    fail "three components give the same KL"

# A map that rests says how far it came; one that is not measured has its KL.
map rests 2 "$x:/int" "$scratch/rests.h5" --tsne-dims 2 --tsne-quality no \
    --tsne-stop 0.9
h5dump -a /tsne/stop "$scratch/rests.h5" | grep -q '"at rest"' ||
    fail "--tsne-stop 0.9 does not end the descent"
h5dump -a /tsne/iterations_planned "$scratch/rests.h5" | grep -q ': 60$' ||
    fail "planned iterations are not recorded"
h5dump -a /tsne/iterations "$scratch/rests.h5" | grep -q ': 50$' || fail "iterations are not those done"
h5dump -n "$scratch/rests.h5" | grep -q trustworthiness &&
    fail "--tsne-quality no measures"
h5dump -n "$scratch/rests.h5" | grep -q /tsne/final_kl || fail "no final_kl"

# Heavier tails: another map, by either engine the same from any number of
# ranks; it says so, and so does its picture.
for n in 1 2 3; do
    for engine in exact fft; do
        map "dof on $n ranks" "$n" "$x:/group/x" "$scratch/dof$engine$n.h5" \
            --tsne-dof 0.5 --tsne-engine $engine --labels "$x:/label"
        [ "$n" = 1 ] || same "dof by $engine on 1 and $n ranks" \
            "$scratch/dof$engine"{1,"$n"}.h5
    done
done
map "dof 1" 2 "$x:/group/x" "$scratch/dof1.h5" --labels "$x:/label" \
    --tsne-dof 1 --tsne-engine exact
h5diff --relative=0.01 "$scratch"/dof{exact1,1}.h5 /tsne/final_kl >/dev/null &&
    fail "--tsne-dof changes nothing"
h5dump -a /tsne/dof "$scratch/dofexact1.h5" | grep -q ': 0.5$' ||
    fail "dof is not recorded"
cp "$scratch/dof1.h5" "$scratch/said.h5" # the same map, said to be another
if "${PYTHON:-/usr/bin/python3}" -c 'import h5py' 2>/dev/null; then
    "${PYTHON:-/usr/bin/python3}" -c "import h5py
h5py.File('$scratch/said.h5', 'r+')['tsne'].attrs['dof'] = 0.5"
    for f in dof1 said; do
        "$build/analysis/exigo-plot" "$scratch/$f.h5" --out "$scratch/$f" \
            >"$scratch/log" 2>&1 || fail "figures of $f: $(cat "$scratch/log")"
    done
    cmp -s "$scratch"/{dof1,said}/tsne.svg && fail "no dof below the map"
    "${PYTHON:-/usr/bin/python3}" tests/e2e_schema.py "$scratch/dofexact1.h5" \
        >"$scratch/log" || fail "schema of dof: $(cat "$scratch/log")"
fi

# Integers are numbers; without labels there is a map too, and it is drawn.
map int 3 "$x:/int" "$scratch/int.h5" --tsne-dims 2
h5dump -n "$scratch/int.h5" | grep -q /embedding && fail "features unasked for"
for f in x1 int; do
    "$build/analysis/exigo-plot" "$scratch/$f.h5" --out "$scratch/$f" \
        >"$scratch/log" 2>&1 || fail "figures of $f: $(cat "$scratch/log")"
    [ -s "$scratch/$f/tsne.png" ] || fail "no tsne.png of $f"
done

# Figures with the map: the same pictures, or the way to them.
on 3 "$x:/int" "$scratch/drawn.h5" --tsne-dims 2 --tsne-iterations 60 \
    --tsne-early 20 --plots "$scratch/drawn" >"$scratch/log" 2>&1 ||
    fail "--plots: $(cat "$scratch/log")"
"$build/analysis/exigo-plot" "$scratch/drawn.h5" --out "$scratch/again" \
    >"$scratch/log2" 2>&1 || fail "figures of drawn: $(cat "$scratch/log2")"
for picture in tsne.png tsne.svg; do
    cmp "$scratch/again/$picture" "$scratch/drawn/$picture" ||
        fail "--plots: another $picture"
done
grep -q "^figures: $scratch/drawn " "$scratch/log" || fail "--plots is not told"
on 1 "$x:/int" "$scratch/plain.h5" --tsne-dims 2 --tsne-iterations 1 \
    >"$scratch/log" 2>&1
grep -q "^figures: analysis/exigo-plot $scratch/plain.h5$" "$scratch/log" ||
    fail "no way to the figures"

# refused STATUS PATTERN ARGUMENTS...: alone and, with `together` set, on 3.
refused() {
    local status=$1 pattern=$2 n got
    shift 2
    for n in 1 ${together:+3}; do
        if [ "$n" = 1 ]; then
            timeout -k 5 "${LIMIT:-20}" "$program" "$@" >"$scratch/log" 2>"$scratch/err"
        else
            LIMIT=${LIMIT:-20} on "$n" "$@" >"$scratch/log" 2>"$scratch/err"
        fi
        got=$?
        [ "$got" = "$status" ] || fail "$*: status $got, want $status"
        [ "$(grep -ac '^exigo:' "$scratch/err")" = 1 ] ||
            fail "$*: want one line"
        grep -aq "^exigo: .*$pattern" "$scratch/err" ||
            fail "$*: want '$pattern', got $(head -n 3 "$scratch/err")"
    done
    ls "$scratch"/none.h5* >/dev/null 2>&1 && fail "$*: a file remains"
}
out=$scratch/none.h5
refused 2 'input: not given'
refused 2 'out: not given' "$x:/group/x"
refused 2 "want FILE.h5:/path" "$x" "$out"
refused 2 'tsne-perplexity: 51, want at most 50 for 151' "$x:/int" "$out" \
    --tsne-perplexity 51
refused 2 'tsne-sweep: 60, want at most 50' "$x:/int" "$out" --tsne-sweep 5,60
for dof in 0 0.09 100.1 nan; do
    refused 2 'tsne-dof: ' "$x:/int" "$out" --tsne-dof $dof
done
refused 2 'tsne-lr: .fast., want auto' "$x:/int" "$out" --tsne-lr fast
refused 2 'tsne-momentum: .1., want auto or a number' "$x:/int" "$out" \
    --tsne-momentum 1
refused 2 'tsne-momentum: .0.5x., want auto' "$x:/int" "$out" --tsne-momentum 0.5x
refused 2 'tsne-pca: 8, want at most the 7' "$x:/int" "$out" --tsne-pca 8
refused 2 'tsne-pca: 46341 features, want at most 46340' "$x:/wide" "$out" \
    --tsne-pca 50 --tsne-perplexity 5
refused 2 'wider: 4 rows of 2000001 columns, want 4 ' "$x:/wider" "$out" \
    --tsne-perplexity 5
refused 2 'few: 3 rows of 7 columns, want 4' "$x:/few" "$out"
refused 2 'is read as well' "$x:/int" "$x"
together=yes
refused 1 'missing: missing' "$x:/missing" "$out"
together=
refused 1 'nothing.h5: No such file' "$scratch/nothing.h5:/x" "$out"
refused 1 'line: 1 dimension, want 2' "$x:/line" "$out"
refused 1 'text: holds no numbers' "$x:/text" "$out"
refused 1 'group: no dataset' "$x:/group" "$out"
together=yes
refused 1 'row 77, column 3 is nan' "$x:/nan" "$out"
together=
refused 1 'row 5, column 3 is inf' "$x:/huge" "$out"
refused 1 '150 labels, want one for each of 151' "$x:/int" "$out" \
    --labels "$x:/short"
together=yes
refused 1 'negative: row 140 is -1' "$x:/int" "$out" --labels "$x:/negative"
together=
refused 1 'cannot create' "$x:/int" "$scratch/no/where.h5"

"$program" --nope --help | grep -q '^usage: mpirun' || fail "--help"
finish
