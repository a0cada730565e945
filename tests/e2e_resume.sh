#!/bin/bash
# e2e_resume.sh -- a run that is stopped or killed while it trains goes on, on
# other numbers of ranks, and ends with the bits of a run that nothing befell.
# shellcheck source=tests/stops.sh
. "$(dirname "$0")/stops.sh"
reference

# Signals: agreed, whoever gets them.
start 2
until_epoch 1
hit USR1 mpirun
ended 75
says 'stopped by SIGUSR1 after checkpoint .*/checkpoint.h5 (.*epoch'
start 3
until_epoch 1
sleep 0.1
hit USR1 2
ended 75
says 'stopped by SIGUSR1'
start 1
until_epoch 1
hit INT 0
ended 75
says 'stopped by SIGINT'
goes_on 2 'USR1 to mpirun, to one rank, then INT'

start 2
until_epoch 1
hit TERM 1
ended 75
says 'stopped by SIGTERM'
start 2
until_epoch 1
sleep 0.15
hit TERM mpirun
ended 75 1
says 'stopped by SIGTERM'
goes_on 1 'TERM to one rank, then to mpirun'

# While the ranks start, and wait for the last of them.
mkdir -p "$out"
# shellcheck disable=SC2016
"${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} -np 2 sh -c \
    '[ "$OMPI_COMM_WORLD_RANK" = 0 ] || sleep 8; exec "$@"' sh \
    "$program" "${basis[@]}" </dev/null >"$scratch/log" 2>&1 &
launcher=$!
for ((tries = 0; tries < 200; tries++)); do # until rank 0 catches signals
    rank0=$(pgrep -P "$launcher" | head -n 1)
    caught=$(sed -n 's/^SigCgt:.*\(...\)$/\1/p' "/proc/${rank0:-self}/status")
    [ -n "$rank0" ] && [ $((0x$caught & 0x200)) != 0 ] && break
    sleep 0.02
done
hit USR1 0
ended 75
says 'stopped by SIGUSR1 after checkpoint .*(epoch 0, step 0)'
goes_on 2 'USR1 before MPI has started'

# No warning at all.
start 2
until_epoch 2
hit KILL 1
ended 137
start 3
until_epoch 1
sleep 0.2
hit KILL mpirun
ended 137
goes_on 3 'KILL to one rank, then to mpirun'
finish
