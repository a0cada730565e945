#!/bin/bash
# e2e_twice.sh -- two runs of one --out: the second waits ten seconds for the
# first and is then refused, in one line, and the first is none the worse for it.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
out=$scratch/out
basis=(--data "$data" --seed 4 --epochs 9 --batch 32 --stages 'train,plot'
    --checkpoint-minutes 0.001)
on 2 "${basis[@]}" --out "$scratch/whole" >"$scratch/log" 2>&1 ||
    fail "the reference: $(cat "$scratch/log")"

# start NAME ARGUMENTS...: behind this script, what it says in $scratch/NAME;
# its process id in $!.
start() {
    local name=$1
    shift
    rm -f "$scratch/$name"
    "${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} -np 2 "$program" \
        "${basis[@]}" --out "$out" "$@" </dev/null >"$scratch/$name" 2>&1 &
}

# until_there FILE WORDS
until_there() {
    local tries=0
    until grep -qsF "$2" "$1"; do
        [ $((tries += 1)) -lt 1500 ] || {
            fail "'$2' does not come in $1"
            return
        }
        sleep 0.02
    done
}

# ended NAME PROCESS STATUS [PATTERN]: with it, saying so in one line, if at all.
ended() {
    local status=0
    wait "$2" || status=$?
    [ "$status" = "$3" ] || fail "$1: status $status, want $3"
    [ "$(grep -c '^exigo: ' "$scratch/$1")" = $(($# > 3)) ] ||
        fail "$1: want $(($# > 3)) lines"
    grep -q "^exigo: ${4:-}" "$scratch/$1" || [ $# = 3 ] || fail "$1: want '$4'"
    [ "$failures" = 0 ] || cat "$scratch/$1"
}

# The first is held at an epoch's end, so that it lasts as long as it has to.
begin() {
    start first
    first=$!
    until_there "$out/run.jsonl" '"event": "epoch"'
    mapfile -t ranks < <(pgrep -P "$first")
    kill -STOP "${ranks[@]}"
    sum=$(cat "$out"/* 2>/dev/null | cksum)
}
unharmed() {
    [ "$(cat "$out"/* 2>/dev/null | cksum)" = "$sum" ] || fail "$1: changes files"
}
busy="another run is writing to this directory (wait for it, or use another --out)"

# Refused, whatever it is to do with what is there.  Nobody minds that the other
# rank has waited longer than --hang-minutes.
mkdir "$out"
begin
began=$SECONDS
start second --resume never
second=$!
start third --hang-minutes 0.05 --stages explain
third=$!
ended second $second 1 "$out/run.jsonl: $busy"
[ $((SECONDS - began)) -ge 9 ] || fail "refused after $((SECONDS - began)) s"
ended third $third 1 "$out/run.jsonl: $busy"
unharmed 'a second run'

# The doctor asks for no lock.
on 2 --doctor --out "$out" >"$scratch/log" 2>&1 || fail "--doctor: status $?"
unharmed 'the doctor'

# Signals end the waiting, whichever rank they reach.
for rank in 0 1; do
    start second
    second=$!
    until_there "$scratch/second" 'it has 10 s to end'
    mapfile -t pids < <(pgrep -P "$second")
    kill -USR1 "${pids[rank]}"
    ended second $second 75 'stopped by SIGUSR1 while another run was writing to '
done
unharmed 'a second run with a signal'

# The first ends in time, with a checkpoint that was not there before: the second
# goes on from it.
rm -f "$out"/checkpoint{,-1}.h5
start second
second=$!
until_there "$scratch/second" 'it has 10 s to end'
kill -USR1 "${ranks[0]}"
kill -CONT "${ranks[@]}"
ended first "$first" 75 'stopped by SIGUSR1 after checkpoint '
ended second $second 0
grep -q '^going on from a checkpoint' "$scratch/second" ||
    fail "the second does not go on"
same 'one after the other' "$scratch/whole/results.h5" "$out/results.h5"

# The first goes on to its end: its files are its own.
rm -r "$out"
mkdir "$out"
begin
start second
second=$!
sleep 1
kill -CONT "${ranks[@]}"
ended first "$first" 0
same 'the first' "$scratch/whole/results.h5" "$out/results.h5"
ended second $second 0
same 'the second' "$scratch/whole/results.h5" "$out/results.h5"

# A rank that is killed leaves no lock behind, nor does one that ends.
if command -v flock >/dev/null; then
    flock -n "$out/run.jsonl" true || fail "the lock is left behind"
    rm "$out/run.jsonl"
    begin
    kill -KILL "${ranks[@]}"
    wait "$first"
    flock -n "$out/run.jsonl" true || fail "killed: the lock is left behind"
fi
finish
