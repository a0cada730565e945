# shellcheck shell=bash
# common.sh -- what run_jobs.sh and run_hosts.sh share; they source it.
#
# Sets $root (of the repository, where they stand), $scratch (removed at the
# end) and a generated dataset in $data.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
export PATH=$PATH:/usr/sbin:/sbin # where slurmctld and ip are

# Namespaces make hosts of one machine; a container may forbid them.
why_not() {
    local tool name=exigo-$$
    [ "$(id -u)" = 0 ] || { echo 'not root' && return; }
    for tool in "$@"; do
        command -v "$tool" >/dev/null || { echo "$tool is not installed" && return; }
    done
    unshare --uts --mount true 2>/dev/null ||
        { echo 'no namespaces of host names and mounts here' && return; }
    ip netns add "$name" 2>/dev/null ||
        { echo 'no network namespaces here' && return; }
    ip -n "$name" link add type veth 2>/dev/null ||
        echo 'no virtual network devices here'
    ip netns del "$name"
}

# skip_unless TOOL...: leave, saying why, where hosts cannot be made.
skip_unless() {
    local reason
    reason=$(why_not "$@")
    [ -n "$reason" ] || return 0
    echo "skipped: $0: $reason"
    echo '0 passed, 0 failed'
    exit 0
}

passed=0 failed=0
# count NAME COMMAND...: a check; its output is shown if it fails.
count() {
    local name=$1 start=$SECONDS
    shift
    if "$@" >"$scratch/said" 2>&1; then
        printf 'ok    %-60s %3d s\n' "$name" $((SECONDS - start))
        sed -n 's/^status /      status /p' "$scratch/said"
        passed=$((passed + 1))
    else
        printf 'FAIL  %-60s %3d s\n' "$name" $((SECONDS - start))
        tail -n 40 "$scratch/said"
        failed=$((failed + 1))
    fi
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

# same FILE FILE: h5diff finds no difference.
same() {
    h5diff --exclude-path /provenance "$1" "$2"
}

# until_true SECONDS COMMAND...: try it until it is true.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

prepare_scratch() {
    scratch=$(mktemp -d)
    data=$scratch/data
    mkdir "$data"
    build/release/tests/tool_synth "$data" 2003 307
}
