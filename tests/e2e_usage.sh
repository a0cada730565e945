#!/bin/bash
# e2e_usage.sh -- whatever is wrong with options or files ends in one line that
# names it, with status 2 (usage) or 1 (other), at once, on any number of ranks;
# an earlier results file stays what it was.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
LIMIT=${LIMIT:-20}

basis=(--data "$data" --seed 4 --limit-train 40 --limit-test 20 --epochs 1
    --stages 'train,explain' --out "$scratch/out")

# one_line STATUS GOT PATTERN NAME: the messages in $scratch/err are one line
# that holds the pattern.  A launcher may add lines of its own.
one_line() {
    local lines
    [ "$2" = "$1" ] || fail "$4: exit status $2, want $1"
    lines=$(grep -ac '^exigo:' "$scratch/err")
    [ "$lines" = 1 ] || fail "$4: $lines lines, want 1"
    grep -aq "^exigo: .*$3" "$scratch/err" || fail "$4: want '$3'"
    grep -aq 'MPI_ABORT\|Segmentation\|Sanitizer' "$scratch/err" &&
        fail "$4: ended by force"
    [ "$failures" = "$before" ] || cat "$scratch/err"
}

# refused STATUS PATTERN ARGUMENTS...: without a launcher and on 3 ranks.
refused() {
    local status=$1 pattern=$2 before=$failures
    shift 2
    timeout -k 5 "$LIMIT" "$program" "${basis[@]}" "$@" </dev/null \
        >"$scratch/log" 2>"$scratch/err"
    one_line "$status" $? "$pattern" "$*"
    [ "$(wc -l <"$scratch/err")" = 1 ] || fail "$*: more than one line"
    [ "${alone-}" ] && return
    on 3 "${basis[@]}" "$@" >"$scratch/log" 2>"$scratch/err"
    one_line "$status" $? "$pattern" "$* on 3 ranks"
}

on 2 "${basis[@]}" >"$scratch/log" 2>&1 || fail "the basis: exit status $?"
sum=$(cksum <"$scratch/out/results.h5")

# Options.
refused 2 '--nope: no such option' --nope
refused 2 'word: no such option' word
alone=1
refused 2 "--epochs: '-1', want a whole number 0 to" --epochs -1
refused 2 "--epochs: '1.5', want a whole number" --epochs 1.5
refused 2 '--epochs: no value' --epochs
refused 2 '--help and --version take no value' --help=yes
refused 2 "--lr: 'nan', want a number" --lr nan
refused 2 "--lr: '0', want a number" --lr=0
refused 2 "--batch: '0', want" --batch 0
refused 2 "--optimizer: 'lion', want" --optimizer lion
refused 2 "--stages: .*dance.*, want" --stages train,dance
refused 2 "--target: 'nine', want" --target nine
refused 2 "--model: 'pool2' is no layer" --model 'pool2 linear'
refused 2 "--model: .*conv29x4.*" --model 'conv29x4 linear'
refused 2 "--tsne-perplexity: '5,5', want up to" --tsne-perplexity 5,5 \
    --stages 'train,embed'
alone=
refused 2 '--tsne-data: 3 samples, want at least 4' --limit-test 3 \
    --stages 'train,embed'
refused 2 '--target: 10, want a class 0 to 9' --target 10
refused 2 '--tsne-perplexity: 30, want at most' --stages 'train,embed'
refused 2 '--limit-train 510: .* has 509 samples' --limit-train 510

# Data.
mkdir "$scratch"/{cut,long,wrong,label,empty}
for d in cut long wrong label; do
    cp "$data"/* "$scratch/$d"
done
truncate -s 100000 "$scratch/cut/train-images-idx3-ubyte"
echo more >>"$scratch/long/t10k-labels-idx1-ubyte"
cp "$data/train-labels-idx1-ubyte" "$scratch/wrong/t10k-images-idx3-ubyte"
rm "$scratch/label/t10k-labels-idx1-ubyte"
refused 2 "$scratch/none: no such data" --data "$scratch/none"
refused 1 'cut/train-images-idx3-ubyte: 100000 bytes, want 399072' \
    --data "$scratch/cut"
alone=1
refused 1 'long/t10k-labels-idx1-ubyte: .* bytes, want' --data "$scratch/long"
refused 1 'wrong/t10k-images-idx3-ubyte: .*want' --data "$scratch/wrong"
refused 1 't10k-labels-idx1-ubyte' --data "$scratch/label"
refused 1 'train-images-idx3-ubyte' --data "$scratch/empty"
mkdir "$scratch/packed"
"$build"/tests/tool_synth "$scratch/packed" 100 50 gzip
truncate -s 5000 "$scratch/packed/train-images-idx3-ubyte.gz"
alone=
refused 1 'packed/train-images-idx3-ubyte.gz: ' --data "$scratch/packed"

# Other files.
head -c 3000 "$scratch/out/results.h5" >"$scratch/cut.h5"
head -c 3000 "$program" >"$scratch/foreign.h5"
touch "$scratch/file"
refused 1 'none.h5: No such file' --init "$scratch/none.h5"
refused 1 'cut.h5: cannot open as HDF5' --init "$scratch/cut.h5"
alone=1
refused 1 'foreign.h5: cannot open as HDF5' --init "$scratch/foreign.h5"
refused 1 'none: No such file' --config "$scratch/none"
refused 1 'cut.h5: cannot open as HDF5' --config "$scratch/cut.h5"
# A pipe that nobody writes to is not waited for.
mkfifo "$scratch/pipe"
refused 1 'pipe: is a pipe, want a file' --config "$scratch/pipe"
refused 1 'pipe: is no regular file' --init "$scratch/pipe"
refused 1 'pipe: is no regular file' --resume "$scratch/pipe"
refused 1 'pipe: is no regular file' --stages embed --tsne-into "$scratch/pipe"
for tool in "exigo-tsne $scratch/pipe:/x $scratch/map.h5" \
    "analysis/exigo-plot $scratch/pipe" "analysis/exigo-merge $scratch/pipe"; do
    before=$failures
    # shellcheck disable=SC2086
    timeout -k 5 "$LIMIT" "$build"/$tool </dev/null >"$scratch/log" 2>"$scratch/err"
    one_line 1 $? 'pipe: is no regular file' "$tool"
done
printf 'epochs = 1\n\nepochz = 2\n' >"$scratch/options"
refused 2 'options:3: epochz: no such option' --config "$scratch/options"
printf '\177ELF\002\001\200\377\376 no text' >"$scratch/foreign"
refused 2 'foreign:1: .*want name = value' --config "$scratch/foreign"
LC_ALL=C.UTF-8 grep -axqv '.*' "$scratch/err" && fail "bytes that are no UTF-8"
refused 2 'no?where: no such data' --data $'no\nwhere'
alone=
refused 1 "--out: $scratch/file: Not a directory" --out "$scratch/file"
refused 1 "--out: $scratch/file: Not a directory" --out "$scratch/file/x"
refused 1 '/proc/exigo: ' --out /proc/exigo

# A learning rate that ends in infinity is told as such.
refused 1 'has diverged, a smaller --lr may help' --lr 1e6 --optimizer sgd \
    --epochs 9 --batch 48

# Environment.
EXG_ISA=neon9 refused 2 "EXG_ISA: 'neon9': not one of" --quiet
alone=1
SLURM_NTASKS=4 refused 2 'SLURM_NTASKS is 4 but MPI sees one process' --quiet
export SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=0
refused 2 'srun has started tasks that know nothing of each other (4)' --quiet
SLURM_PROCID=3 "$program" >"$scratch/log" 2>&1
[ $? = 2 ] || fail "task 3 of 4 strangers: exit status"
grep . "$scratch/log" && fail "task 3 of 4 strangers: one of them speaks"
SLURM_STEP_NUM_TASKS=1 SLURM_PROCID=0 refused 2 'srun has started .* (1)' --quiet
unset SLURM_STEP_ID SLURM_STEP_NUM_TASKS SLURM_PROCID
alone=

[ "$(cksum <"$scratch/out/results.h5")" = "$sum" ] ||
    fail "the earlier results file has changed"
ls "$scratch"/out/*.part >/dev/null 2>&1 && fail "an unfinished file remains"

EXG_ISA=neon9 "$program" --version | grep -q 'EXG_ISA=neon9 is not available' ||
    fail '--version: want what is wrong with EXG_ISA'

# Help and version need nothing and are printed once.
for word in help version; do
    [ "$word" = help ] && first='usage: mpirun' || first='exigo-mpi [0-9]'
    "$program" --nope --$word >"$scratch/alone" || fail "--$word: exit status"
    on 3 --$word >"$scratch/three" || fail "--$word on 3 ranks: exit status"
    grep -q "^$first" "$scratch/alone" || fail "--$word: want '$first'"
    cmp -s "$scratch"/{alone,three} || fail "--$word differs on 3 ranks"
done
finish
