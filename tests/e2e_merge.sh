#!/bin/bash
# e2e_merge.sh -- exigo-merge: the numbers of its tables are those of the
# files, options that differ are columns, and what is wrong is one line.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
merge=$build/analysis/exigo-merge

for seed in 4 5 6; do
    on $((seed - 3)) --data "$data" --seed $seed --epochs $((seed - 2)) \
        --tsne-dims 2 --stages train --out "$scratch/$seed" --quiet >"$scratch/log" 2>&1 ||
        fail "seed $seed: exit status $?"
done
on 2 --data "$data" --seed 4 --epochs 2 --stages train,embed --tsne-samples 100 \
    --tsne-perplexity 5 --tsne-iterations 50 --tsne-dims 2 --out "$scratch/map" \
    --quiet >"$scratch/log" 2>&1 || fail "a map: exit status $?"
runs=("$scratch"/{4,5,6}/results.h5)

# column FILE.csv NAME: its values.
column() {
    awk -F , -v name="$2" 'NR == 1 {for (c = 1; c <= NF; c++) if ($c == name) k = c; next}
        k {print $k}' "$1"
}
# inside FILE PATH [INDEX]: a number of an HDF5 file, or all of them.
inside() { h5dump -A 0 -y -m %.9g -d "$2" "$1" | sed -n '/DATA {/,/}/p' | grep -o '[-0-9][^ ,]*' || true; }

"$merge" --csv "$scratch/t.csv" --h5 "$scratch/t.h5" "${runs[@]}" >"$scratch/log" ||
    fail "exit status $?"
[ "$(head -n 1 "$scratch/t.csv")" = \
    run,epochs,seed,best_epoch,train_loss,eval_loss,train_accuracy,eval_accuracy ] ||
    fail "columns: $(head -n 1 "$scratch/t.csv")"
[ "$(column "$scratch/t.csv" seed | xargs)" = '4 5 6' ] || fail "seeds"
[ "$(column "$scratch/t.csv" run | xargs)" = "${runs[*]}" ] || fail "runs"
for name in eval_accuracy train_loss; do
    mapfile -t got < <(column "$scratch/t.csv" $name)
    [ "$(inside "$scratch/t.h5" /$name | xargs)" = "${got[*]}" ] ||
        fail "$name: CSV and HDF5 differ"
    for i in 0 1 2; do
        mapfile -t all < <(inside "${runs[i]}" /history/$name)
        best=$(column "$scratch/t.csv" best_epoch | sed -n "$((i + 1))p")
        [ "${all[best]}" = "${got[i]}" ] ||
            fail "$name of ${runs[i]}: ${got[i]}, want ${all[best]}"
    done
done
want=$(column "$scratch/t.csv" eval_accuracy | awk '{s += $1} END {printf "%.6g", s / NR}')
[ "$(awk '/^mean/ {print $NF}' "$scratch/log")" = "$want" ] || fail "mean, want $want"

# A run alone has columns, too; what it has not is empty beside one that has.
"$merge" "${runs[0]}" | grep -q '^run ' || fail "a run alone"
"$merge" --csv "$scratch/t.csv" "${runs[0]}" "$scratch/map/results.h5" >/dev/null
[ "$(column "$scratch/t.csv" kl | head -n 1)" = '' ] || fail "kl of no map"
[ "$(sed -n '3p' "$scratch/t.csv" | grep -c '"train,embed"')" = 1 ] ||
    fail "a comma is quoted"
[ "$(column "$scratch/t.csv" run | wc -l)" = 2 ] || fail "want two runs"

# Times: the first run is the measure.
"$merge" --phases --csv "$scratch/p.csv" "${runs[@]}" >/dev/null ||
    fail "--phases: exit status $?"
[ "$(grep '^train,' "$scratch/p.csv" | cut -d, -f2 | xargs)" = '1 2 3' ] ||
    fail "--phases: ranks"
grep -qE '^train,1,[0-9.e-]+,1,1$' "$scratch/p.csv" || fail "--phases: the first run"
awk -F , 'NR > 1 && $3 > 0 && ($4 * $3 / first[$1] > 1.001 || $4 * $3 / first[$1] < 0.999) && first[$1] {bad = 1}
    !($1 in first) {first[$1] = $3}
    END {exit bad}' "$scratch/p.csv" || fail "--phases: speed-up is not first / seconds"

# One line for whatever is wrong; an older table stays.
sum=$(cksum <"$scratch/t.csv")
head -c 3000 "${runs[0]}" >"$scratch/cut.h5"
wrong() {
    local status=$1 pattern=$2 got
    shift 2
    "$merge" "$@" >"$scratch/log" 2>"$scratch/err"
    got=$?
    [ $got = "$status" ] || fail "$*: exit status $got, want $status"
    [ "$(wc -l <"$scratch/err")" = 1 ] || fail "$*: want one line"
    grep -q "^exigo: .*$pattern" "$scratch/err" || {
        fail "$*: want '$pattern'"
        cat "$scratch/err"
    }
}
wrong 2 'no results file given'
wrong 2 'unknown option' --nope "${runs[0]}"
wrong 2 'missing value' "${runs[0]}" --csv
wrong 1 'none.h5: No such file' "${runs[0]}" "$scratch/none.h5" --csv "$scratch/t.csv"
wrong 1 'cut.h5: cannot open' "$scratch/cut.h5" --csv "$scratch/t.csv"
wrong 1 'none/t.csv' "${runs[0]}" --csv "$scratch/none/t.csv"
wrong 1 'none/t.h5' "${runs[0]}" --h5 "$scratch/none/t.h5"
[ "$(cksum <"$scratch/t.csv")" = "$sum" ] || fail "the older table has changed"
find "$scratch" -name '*.part' | grep . && fail "an unfinished file remains"
finish
