#!/bin/bash
# run.sh -- everything that wants a cluster: each script below, and one count.
# They mostly wait, each on hosts of its own, so they do so together; what they
# say follows in order.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
logs=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$logs"' EXIT
trap 'exit 1' INT TERM
status=0
scripts=("$here"/run_*.sh)
pids=()
for script in "${scripts[@]}"; do
    timeout -k 60 "${CLUSTER_TIMEOUT:-580}" "$script" \
        >"$logs/${script##*/}" 2>&1 </dev/null &
    pids+=($!)
done
for i in "${!scripts[@]}"; do
    wait "${pids[i]}" || status=1
    echo "== ${scripts[i]##*/}"
    cat "$logs/${scripts[i]##*/}"
done
awk '/^[0-9]+ passed, [0-9]+ failed$/ {good += $1; bad += $3}
    END {printf "%d passed, %d failed\n", good, bad}' "$logs"/*
exit $status
