#!/bin/bash
# run.sh -- everything that wants a cluster: each script below, and one count.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
for script in "$here"/run_*.sh; do
    echo "== ${script#"$here"/}"
    timeout -k 60 "${CLUSTER_TIMEOUT:-580}" "$script" 2>&1 </dev/null |
        tee -a "$log" || status=1
done
awk '/^[0-9]+ passed, [0-9]+ failed$/ {good += $1; bad += $3}
    END {printf "%d passed, %d failed\n", good, bad}' "$log"
exit $status
