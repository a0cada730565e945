#!/bin/bash
# faults.sh [BUILD_DIR] -- every local step that can fail inside a collective
# function: where it fails on one of two ranks, the run ends in one line with
# status 1, at once, and leaves nothing allocated and no half a file.  Needs a
# debug build: the release has no EXG_FAULT.
#
# Each run below first lists the agreed calls it comes to; then each of these
# that no run before has come to fails once.  At the end the source is read: an
# agreed call that none of the runs comes to is a failure as well.  FAULT_JOBS
# of them at once, as such a run mostly waits for mpirun.
export BUILD_DIR=${1:-build/debug}
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
jobs=${FAULT_JOBS:-$((2 * $(getconf _NPROCESSORS_ONLN)))}
packed=$scratch/packed x=$scratch/x.h5
mkdir "$packed" "$scratch/verdicts" "$scratch/missed"
"$build"/tests/tool_synth "$packed" 50 20 gzip || exit 1
"$build"/tests/tool_matrix "$x" || exit 1

# In arguments OUT is a directory of its own for each run.
short=(--tsne-perplexity 5 --tsne-iterations 5)
common=(--out OUT "${short[@]}" --resume never)
whole=(--data "$packed" --epochs 2 --batch 32 --baseline mean
    --saliency-samples 3)
plain=(--data "$data" --limit-train 50 --limit-test 20 --epochs 0
    --stages embed --tsne-init random --tsne-dims 2
    --init "$scratch/first/results.h5")
film=(--data "$data" --limit-train 90 --limit-test 20 --epochs 2 --batch 32
    --stages 'train,embed' --tsne-epochs --tsne-pca 9 --tsne-sweep '3,5'
    --tsne-dims '2,3' --tsne-engine fft)
matrix=("$x:/group/x" OUT/map.h5 --labels "$x:/label" --keep-features
    --tsne-perplexity '5,9' --tsne-sweep 4 --tsne-pca 5 --tsne-iterations 5
    --tsne-engine exact --plots OUT/plots)
grid=("$x:/int" OUT/map.h5 --tsne-engine fft --tsne-dims 3
    --tsne-perplexity 5 --tsne-iterations 2)

# run_at NUMBER ARGUMENTS...: on two ranks, in a fresh directory; where $stop
# names a phase, a signal comes when it has begun.
stop=
run_at() {
    local out=$scratch/out$1 job status=0
    shift
    rm -rf "$out"
    mkdir "$out"
    if [ -z "$stop" ]; then
        on 2 "${@//OUT/$out}"
        return
    fi
    timeout "${LIMIT:-60}" "${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} -np 2 \
        "$program" "${@//OUT/$out}" </dev/null &
    job=$!
    while kill -0 $job 2>/dev/null; do
        if grep -qsF "\"$stop\"" "$out/run.jsonl"; then
            pgrep -P $job | xargs -r kill -USR1
            break
        fi
        sleep 0.02
    done
    wait $job || status=$?
    [ $status = 75 ] || return $status # as it should
}

# ends_well NUMBER POINT RANK ARGUMENTS...: 1 where this rank does not come
# there; what is wrong is said.
ends_well() {
    local number=$1 point=$2 rank=$3 status lines log=$scratch/log$1
    shift 3
    EXG_FAULT=$point:$rank run_at "$number" "$@" >"$log" 2>"$log.err"
    status=$?
    [ $status = 0 ] && return 1
    lines=$(grep -ac '^exigo:' "$log.err")
    if [ $status != 1 ] || [ "$lines" != 1 ] ||
        ! grep -aq '^exigo: .*fault asked for' "$log.err"; then
        echo "$point:$rank: status $status, $lines lines, want 1 and 1"
        cat "$log.err"
    fi
    if [ -n "$(find "$scratch/out$number" -name '*.part')" ]; then
        echo "$point:$rank: leaves" "$scratch/out$number"/*.part
    fi
}

# fails NUMBER POINT ARGUMENTS...: on one rank or the other.  When a checkpoint
# is written is a matter of time: a run may not come to it, or a later one may.
fails() {
    local number=$1 point=$2 tries=0
    local missed=$scratch/missed/${2//\//_}
    shift 2
    echo "$point" >"$missed"
    until ends_well "$number" "$point" 1 "$@" ||
        ends_well "$number" "$point" 0 "$@"; do
        [ $((tries += 1)) = 3 ] && break
    done
    [ $tries = 3 ] || rm -f "$missed"
    rm -rf "$scratch/out$number" "$scratch/log$number"*
}

tried=' ' count=0
# sweep ARGUMENTS...: each point of this run that has not been tried yet.
sweep() {
    local point points
    wait
    # shellcheck disable=SC2013
    for point in $(cat "$scratch"/missed/* 2>/dev/null); do
        tried=${tried/" $point "/ }
    done
    EXG_FAULT=list run_at 0 "$@" >"$scratch/log" 2>"$scratch/points" || {
        fail "without faults: status $?: $*"
        grep -av '^fault point' "$scratch/points"
    }
    mapfile -t points < <(
        sed -n 's/^fault point \([^ ]*\) .*/\1/p' "$scratch/points" | sort -u)
    for point in "${points[@]}"; do
        case $tried in *" $point "*) continue ;; esac
        tried+="$point "
        count=$((count + 1))
        while [ "$(jobs -pr | wc -l)" -ge "$jobs" ]; do
            wait -n
        done
        fails $count "$point" "$@" >"$scratch/verdicts/$count" 2>&1 &
    done
}

run_at 0 "${whole[@]}" "${common[@]}" >"$scratch/log" 2>&1 ||
    fail "nothing to start from: status $?"
mv "$scratch/out0" "$scratch/first"
sweep "${whole[@]}" "${common[@]}"
sweep "${plain[@]}" "${common[@]}"
sweep --doctor "${common[@]}"

# From a checkpoint, which a run that cannot write its results leaves behind.
whole+=(--tsne-epochs --tsne-dims 2)
EXG_FAULT=create_file:1 run_at 0 "${whole[@]}" "${common[@]}" \
    >"$scratch/log" 2>&1 && fail "results can be written"
cp "$scratch/out0/checkpoint.h5" "$scratch/trained.h5" || fail "no checkpoint"
sweep "${whole[@]}" "${common[@]}" --resume "$scratch/trained.h5"

# From one within a descent, where a signal stops the run; later descents are
# long enough for some more.
long=(--data "$packed" --epochs 1 --batch 32 --stages 'train,embed'
    --out OUT --checkpoint-minutes 0.001 --tsne-perplexity 5
    --tsne-iterations 2000 --tsne-sweep 5 --tsne-engine fft)
stop='t-SNE 3-D'
run_at 0 "${long[@]}" >"$scratch/log" 2>&1 || fail "does not stop: status $?"
cp "$scratch/out0/checkpoint.h5" "$scratch/descent.h5" || fail "no checkpoint"
sweep "${long[@]}" --resume "$scratch/descent.h5"
stop=
sweep "${long[@]}" --resume "$scratch/descent.h5"
sweep "${film[@]}" "${common[@]}"

# Points into a map, by the grid and by all pairs.
kept=$scratch/kept.h5
into=(--data "$packed" --out OUT --tsne-data train --tsne-perplexity 5
    --tsne-iterations 5)
run_at 0 "${into[@]}" --stages 'train,embed' --epochs 1 >"$scratch/log" 2>&1 ||
    fail "no map of a network: status $?"
mv "$scratch/out0/results.h5" "$scratch/map.h5"
sweep "${into[@]}" --stages embed --init "$scratch/map.h5" \
    --tsne-into "$scratch/map.h5"
program=$build/exigo-tsne
run_at 0 "${matrix[@]}" >"$scratch/log" 2>&1 || fail "no map: status $?"
mv "$scratch/out0/map.h5" "$kept"
sweep "${matrix[@]}"
sweep "${grid[@]}"
sweep "${grid[@]}" --tsne-dims 2 --tsne-iterations 300 # the grid is in use
for engine in fft exact; do
    sweep "$x:/group/x" OUT/map.h5 --labels "$x:/label" --tsne-into "$kept" \
        --tsne-iterations 5 --tsne-engine $engine
done
wait
# shellcheck disable=SC2013
for point in $(cat "$scratch"/missed/* 2>/dev/null); do
    echo "$point: fails on no rank" >"$scratch/verdicts/missed_${point//\//_}"
done
cat "$scratch"/verdicts/* >"$scratch/wrong"
failures=$((failures + $(grep -c ': ' "$scratch/wrong")))
cat "$scratch/wrong"

# Agreed calls that no run comes to: FILE FUNCTION HOW_MANY WHY.
cat >"$scratch/exempt" <<'END'
src/embed/points.c exg_points_create 1 tests call it; programs take its steps one by one
src/embed/tsne.c exg_tsne 1 tests call it; programs take its steps one by one
src/store/results.c put_files 1 files of data are listed by tests alone
END

# uncovered: agreed calls in the source that are not among the points tried, as
# FILE FUNCTION LINE.
uncovered() {
    awk 'NR == FNR { tried[$0] = 1; next }
        FNR == 1 { open = 0; name = "-" }
        /^[a-z].*\(/ && !/;$/ {
            name = $0
            sub(/\(.*/, "", name)
            sub(/.*[ *]/, "", name)
        }
        /EXG_TRY_ALL\(/ && !/#define/ { open = 1; first = FNR }
        open && /;/ {
            open = 0
            for (i = first; i <= FNR; i++) {
                if ((FILENAME ":" i) in tried) { next }
            }
            print FILENAME, name, first
        }' <(tr ' ' '\n' <<<"$tried") src/*/*.c
}
uncovered >"$scratch/uncovered"
while read -r file name many why; do
    found=$(grep -c "^$file $name " "$scratch/uncovered")
    [ "$found" = "$many" ] ||
        fail "$file: $name: no run comes to $found calls, want $many ($why)"
    sed -i "\\,^$file $name ,d" "$scratch/uncovered"
done <"$scratch/exempt"
[ -s "$scratch/uncovered" ] &&
    fail "no run comes to: $(tr '\n' ',' <"$scratch/uncovered")"
[ "$tried" != ' ' ] || fail "$program has no fault points"
echo "$((count > failures ? count - failures : 0)) passed, $failures failed"
finish
