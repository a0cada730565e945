#!/bin/bash
# e2e_memory.sh -- one rank of two has too little address space (ulimit -v): all
# leave with one line that names the rank, the stage, the place in the source
# and the sizes; what an earlier run has left stays.  No hang, also where there is
# too little for MPI to start as it should.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
if [[ $build == *sanitize* ]]; then
    echo "skipped: ASan needs all of the address space"
    finish
fi
out=$scratch/out
mkdir "$scratch/more"
"$build"/tests/tool_synth "$scratch/more" 1009 211 || exit 1
basis=(--data "$scratch/more" --seed 4 --epochs 1 --saliency-samples 200
    --tsne-samples 200 --tsne-perplexity 10 --tsne-iterations 20
    --stages 'train,explain,embed' --out "$out" --resume never
    --hang-minutes 0.3)

# limited KIB: rank 1 has no more; the exit status in $status.
limited() {
    status=0
    # shellcheck disable=SC2016
    timeout -k 5 "${LIMIT:-60}" "${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} -np 2 \
        bash -c '[ "$OMPI_COMM_WORLD_RANK" = 0 ] || ulimit -v "$0"; exec "$@"' \
        "$1" "$program" "${basis[@]}" </dev/null >"$scratch/log" \
        2>"$scratch/err" || status=$?
    [ "$status" != 124 ] || fail "$1 KiB: it hangs"
}

limited unlimited
[ "$status" = 0 ] || fail "without a limit: status $status"
old=$(cksum <"$out/results.h5")

# The least that is enough, to 1 MiB.
low=50000 high=4000000
while [ $((high - low)) -gt 1024 ]; do
    limited $(((low + high) / 2))
    if [ "$status" = 0 ]; then
        high=$(((low + high) / 2))
        old=$(cksum <"$out/results.h5")
    else
        low=$(((low + high) / 2))
    fi
done

# Below it, in steps; much lower and the libraries do not start.
places=''
for step in $(seq 1 14); do
    before=$failures
    kib=$((high - 1024 * step))
    limited $kib
    if [ "$status" = 0 ]; then # room differs a little from run to run
        old=$(cksum <"$out/results.h5")
        continue
    fi
    [ "$status" = 1 ] || fail "$kib KiB: status $status"
    # Of our own memory; of a thread; inside a library.  Where a rank can load but
    # one of Open MPI's two modules for files, or has no room for another's shared
    # memory, the ranks go different ways, and wait for each other until the watch
    # of one or both ends it.
    line=$(grep '^exigo: ' "$scratch/err" | awk '!/^exigo: waited / || !waited++')
    [ "$(grep -c . <<<"$line")" = 1 ] || fail "$kib KiB: not one line"
    case $line in
    *'out of memory: '*' bytes asked for, '*', stage '*' [rank 1, src/'*)
        places+=" ${line##*rank 1, }"
        ;;
    *'no thread for the watch'*'[rank 1, src/'* | *results.h5.part:*HDF5:* | \
        *'exigo: waited '*', src/store/'* | *'exigo: waited '*', src/par/par.c:'*) ;;
    *) fail "$kib KiB: $line" ;;
    esac
    [ "$(cksum <"$out/results.h5")" = "$old" ] || fail "$kib KiB: results changed"
    [ "$failures" = "$before" ] || tail -n 20 "$scratch/err"
done
count=$(tr ' ' '\n' <<<"$places" | sort -u | grep -c .)
echo "refused at $count places:$places"
[ "$count" -ge 2 ] || fail "always refused at the same place"
finish
