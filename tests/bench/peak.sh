#!/bin/bash
# peak.sh FILE PROGRAM...: runs a rank of PROGRAM; its highest resident size in
# kB, as the kernel keeps it, goes to FILE.RANK.
set -euo pipefail
out=$1.${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}
shift
"$@" &
pid=$!
while size=$(awk '/^VmHWM/ {print $2}' "/proc/$pid/status" 2>/dev/null); do
    [ -n "$size" ] || break # it has ended
    echo "$size" >"$out"
    sleep 0.2
done
wait "$pid"
