#!/bin/bash
# e2e_hostile.sh -- a damaged results file or checkpoint given to every program
# that reads one: a line and status 1 (or 2: an option stored in it is wrong), or success
# where the damage does not matter; never a crash, a hang, or an error stack.
#
# HOSTILE=all tries a thousand of each kind, which takes an hour or two, and
# HOSTILE=200-300 those of these numbers; else there is an end after
# HOSTILE_SECONDS, by default 40.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
results=$scratch/out/results.h5
on 1 --data "$data" --limit-train 64 --limit-test 24 --epochs 1 --batch 32 \
    --saliency-samples 2 --tsne-perplexity 4 --tsne-iterations 20 \
    --tsne-sweep 3,5 --out "$scratch/out" --quiet >"$scratch/log" 2>&1 ||
    fail "no results file: $(cat "$scratch/log")"
map=$scratch/map.h5
"$build"/tests/tool_matrix "$map" || exit 1

# stopped TO CHECKPOINT COMMAND...: what a program leaves that is told to stop.
stopped() {
    local to=$1 file=$2 tries=0 pid status=0
    shift 2
    "$@" </dev/null >"$scratch/log" 2>&1 &
    pid=$!
    until [ -s "$file" ] || [ $((tries += 1)) = 1500 ]; do
        sleep 0.02
    done
    kill -TERM "$pid"
    wait "$pid" || status=$?
    [ $status = 75 ] || fail "no checkpoint of $1: status $status, $(cat "$scratch/log")"
    cp "$file" "$to"
}
training="$program --data $data --epochs 30 --batch 16 --stages train --quiet"
mapping="$build/exigo-tsne $map:/group/x $scratch/k.h5 --tsne-perplexity 4 --tsne-dims 2 --tsne-iterations 8000 --quiet"
# shellcheck disable=SC2086
stopped "$scratch/training" "$scratch/k/checkpoint.h5" $training --checkpoint-minutes 0.001 --out "$scratch/k"
# shellcheck disable=SC2086
stopped "$scratch/mapping" "$scratch/k.h5.checkpoint" $mapping --checkpoint-minutes 0.001

# Every program, by a line of its own; {} stands for the damaged file, which is
# one of those below.
readers=(
    "$build/analysis/exigo-plot {} --out $scratch/p"
    "$build/analysis/exigo-merge {} --h5 $scratch/m.h5"
    "$program --config {} --data $data --epochs 0 --stages explain --limit-test 8 --out $scratch/c --quiet"
    "$program --init {} --data $data --epochs 0 --stages explain --limit-test 8 --limit-train 8 --out $scratch/i --quiet"
    "$build/exigo-tsne {}:/embedding/features $scratch/t.h5 --labels {}:/embedding/label --tsne-perplexity 4 --tsne-iterations 5 --quiet"
    "$training --resume {} --out $scratch/r"
    "$mapping --resume {}"
)
sources=("$results" "$results" "$results" "$results" "$results"
    "$scratch/training" "$scratch/mapping")

# try WHAT FILE READER: one program, alone.
try() {
    local what=$1 command=${readers[$3]//\{\}/$2} status lines
    rm -rf "$scratch"/t.h5 "$scratch"/k.h5* "$scratch"/r
    # Address space is bounded, so that a huge allocation fails and is seen.
    # shellcheck disable=SC2086
    (case $build in *sanitize*) ;; *) ulimit -v 4000000 ;; esac
        ulimit -c 0 -t 60 # of processor time, however busy the machine is
        # No daemon for each, which takes longer than the program.
        export OMPI_MCA_ess_singleton_isolated=1
        export OMPI_MCA_orte_tmpdir_base=$scratch
        exec timeout -k 2 $patience $command) >"$scratch/log" 2>"$scratch/err" </dev/null
    status=$?
    lines=$(grep -ac . "$scratch/err")
    case $status/$lines in
    0/0) ;;
    # Weights that damage has made zero, and names of options that it has made
    # unknown, are warned of.
    0/1) grep -aq '^exigo: the network is dead\|^exigo: --config: ignored, ' "$scratch/err" || fail "$what: $(cat "$scratch/err")" ;;
    1/1 | 2/1) grep -aq '^exigo: ' "$scratch/err" || fail "$what: $(cat "$scratch/err")" ;;
    *) fail "$what, reader $3: status $status, $lines lines: $(head -c 600 "$scratch/err")" ;;
    esac
    if grep -aq 'out of memory\|HDF5-DIAG' "$scratch/err"; then
        fail "$what, reader $3: $(head -c 600 "$scratch/err")"
    fi
    tried=$((tried + 1))
}

# damage KIND NUMBER [OF]: a copy, for the readers whose turn it is.
tried=0 patience=60
[ -n "${HOSTILE:-}" ] && patience=900 # it may run beside other work
damage() {
    local reader from
    for reader in "${!readers[@]}"; do
        # The programs that start MPI take longer: one at each third file.
        if [ -n "${HOSTILE:-}" ] || [ "$reader" -lt 2 ] ||
            [ $((3 * reader)) = $(($2 % (3 * ${#readers[@]}))) ]; then
            if [ "${from:-}" != "${sources[reader]}" ]; then
                from=${sources[reader]}
                "$build"/tests/tool_damage "$1" "$from" "$scratch/x.h5" "${@:2}" ||
                    fail "tool_damage $*: status $?"
            fi
            try "$*" "$scratch/x.h5" "$reader"
        fi
    done
}

# What is sound is read.
for reader in "${!readers[@]}"; do
    try sound "${sources[reader]}" "$reader"
    [ -s "$scratch/err" ] && fail "sound: $(cat "$scratch/err")"
done

limit=${HOSTILE_SECONDS:-40} first=0 end=1000
[ -n "${HOSTILE:-}" ] && limit=36000
case ${HOSTILE:-} in *-*) first=${HOSTILE%-*} end=${HOSTILE#*-} ;; esac
for ((i = 0; i < 64 && first == 0; i++)); do
    damage cut "$i" 64
done
for ((i = first; i < end && SECONDS < limit; i++)); do
    # Sanitizers stop at HDF5's own mistakes, also in the child that makes them.
    case $build in *sanitize*) ;; *) damage flip "$i" ;; esac
    damage form "$i"
done
echo "$tried files given to programs"
finish
