#!/bin/bash
# e2e_hang.sh -- a rank that is stopped holds up the others for ever, but for
# the watch: the job ends by itself, in one line, and an earlier results file
# stays what it was.  A job that is suspended as a whole goes on afterwards.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"

run=(--data "$data" --seed 4 --stages train --out "$scratch/out" --quiet
    --resume never)
on 2 "${run[@]}" --epochs 1 >"$scratch/log" 2>&1 || fail "the basis: status $?"
sum=$(cksum <"$scratch/out/results.h5")

# begin RANKS ARGUMENTS...: in the background; each rank leaves its process id.
begin() {
    local ranks=$1
    shift
    rm -f "$scratch"/pid.* "$scratch/out/run.jsonl"
    # shellcheck disable=SC2016
    setsid timeout -k 5 "${LIMIT:-60}" "${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} \
        -np "$ranks" sh -c 'echo $$ >"$0.$OMPI_COMM_WORLD_RANK"; exec "$@"' \
        "$scratch/pid" "$program" "${run[@]}" "$@" \
        </dev/null >"$scratch/log" 2>&1 &
    job=$!
    for _ in $(seq 200); do # an epoch is over: all ranks are at work
        grep -qs '"event": "epoch"' "$scratch/out/run.jsonl" && return
        sleep 0.05
    done
    fail "the job does not begin"
}
pid_of() { cat "$scratch/pid.$1"; }

# Enough epochs for minutes, and a limit of three seconds.
begin 3 --epochs 100000 --hang-minutes 0.05
kill -STOP "$(pid_of 1)"
start=$SECONDS
wait "$job"
status=$?
[ $status = 1 ] || fail "a stopped rank: exit status $status, want 1"
[ $((SECONDS - start)) -lt 30 ] || fail "a stopped rank: $((SECONDS - start)) s"
[ "$(grep -c '^exigo: ' "$scratch/log")" = 1 ] || fail "want one line"
grep -q '^exigo: waited .*--hang-minutes) \[rank ' "$scratch/log" ||
    fail "want the reason"
[ "$failures" = 0 ] || cat "$scratch/log"
for _ in $(seq 50); do # mpirun asks first, and kills after a second
    kill -0 "$(pid_of 1)" 2>/dev/null || break
    sleep 0.1
done
kill -0 "$(pid_of 1)" 2>/dev/null && fail "the stopped rank is still there"
[ "$(cksum <"$scratch/out/results.h5")" = "$sum" ] ||
    fail "the earlier results file has changed"

# Two ranks wait for one, and the launcher is slow to end them: one line still.
begin 3 --epochs 100000 --hang-minutes 0.05
launcher=$(pgrep -P "$job")
kill -STOP "$launcher" "$(pid_of 1)"
kill -TERM "$(pid_of 2)" # as it does when a rank has left
sleep 10                 # all limits are over
kill -CONT "$launcher"
wait "$job"
status=$?
[ $status = 1 ] || fail "a slow launcher: exit status $status, want 1"
[ "$(grep -c '^exigo: ' "$scratch/log")" = 1 ] || {
    fail "a slow launcher: want one line"
    cat "$scratch/log"
}

# All are stopped for longer than the limit, as by scontrol suspend; then go on.
begin 2 --epochs 40 --hang-minutes=0.03
kill -STOP "$(pid_of 0)" "$(pid_of 1)"
sleep 4
kill -CONT "$(pid_of 0)" "$(pid_of 1)"
wait "$job" || {
    fail "a suspended job: exit status $?"
    cat "$scratch/log"
}

# Without the watch nothing ends it.
begin 2 --epochs 100000 --hang-minutes 0
kill -STOP "$(pid_of 1)"
sleep 5
kill -0 "$job" || fail "--hang-minutes 0: the job has ended"
kill -9 "$(pid_of 0)" "$(pid_of 1)"
wait "$job" && fail "killed ranks: want an exit status other than 0"
finish
