#!/bin/bash
# e2e_panic.sh -- a rank that panics ends the job, in one line of ours that says
# what and where, though the others wait for it.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
program=$build/tests/tool_panic

for n in 1 2 3; do
    on "$n" >"$scratch/log" 2>&1
    status=$?
    case $status in
    0 | 124 | 137) fail "$n ranks: exit status $status" ;;
    esac
    [ "$(grep -c '^exigo: ' "$scratch/log")" = 1 ] || fail "$n ranks: want one line"
    grep -q "^exigo: count does not fit MPI: .* \[rank $((n - 1)), src/par/par.c:" \
        "$scratch/log" || fail "$n ranks: $(cat "$scratch/log")"
done
finish
