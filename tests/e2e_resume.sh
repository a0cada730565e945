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
