#!/bin/bash
# cluster.sh -- a SLURM of several nodes on this one machine, for tests.
#
#   cluster.sh up DIR [NODES [CPUS [lo|ns]]]   start munged, slurmctld, slurmds
#   cluster.sh run DIR COMMAND...              sbatch, srun, sinfo, scontrol ...
#   cluster.sh on DIR nodeK COMMAND...         a command on node K
#   cluster.sh wait DIR JOB [SECONDS]          until the job is over; status 0
#                                              only if it COMPLETED
#   cluster.sh down DIR                        stop what `up` has started
#
# Needs root and the packages slurmctld slurmd slurm-client
# slurm-wlm-basic-plugins munge iproute2.  Every node has its own host name,
# /etc/hosts and /dev/shm (nodes that share these crash Open MPI's transport
# through shared memory).  lo: all nodes at 127.0.0.1, by port.  ns: each node
# in a network namespace of its own, at 10.77.0.K behind a bridge, so that
# ranks on different nodes talk by TCP.  Nothing outside DIR is written, but
# for the named namespaces of ns.
set -eu

usage() {
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0" >&2
    exit 2
}
[ $# -ge 2 ] || usage
verb=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2
export SLURM_CONF=$dir/slurm.conf
tag=x$(printf %s "$dir" | cksum | cut -d' ' -f1) # of namespaces

# inside PIDFILE COMMAND...: where that daemon lives.
inside() {
    local pid
    pid=$(cat "$1")
    shift
    nsenter -t "$pid" -m -u -n --wd="$PWD" -- "$@"
}

# lo has one address for all: a step calls srun back at its peer's address.
address() { # address K, or address 254 for the controller
    [ "$mode" = ns ] && echo "10.77.0.$1" || echo 127.0.0.1
}

write_config() {
    local i port=${CLUSTER_PORT:-16817}
    cat <<CONF
ClusterName=lab
SlurmctldHost=ctl($(address 254))
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.socket
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
TmpFS=$dir/tmp/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
MpiDefault=pmix
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=20
KillWait=3
MinJobAge=3600
NodeName=DEFAULT CPUs=$cpus Sockets=1 CoresPerSocket=$cpus ThreadsPerCore=1 RealMemory=4000 State=UNKNOWN
CONF
    for i in $(seq "$nodes"); do
        echo "NodeName=node$i NodeHostname=node$i" \
            "NodeAddr=$(address "$i") Port=$((port + 100 + i))"
    done
    echo 'PartitionName=debug Nodes=ALL Default=YES MaxTime=01:00:00 State=UP'
}

write_hosts() {
    local i
    echo '127.0.0.1 localhost'
    echo "$(address 254) ctl"
    for i in $(seq "$nodes"); do echo "$(address "$i") node$i"; done
}

make_network() {
    local i net=$tag-ctl
    ip netns add "$net"
    echo "$net" >"$dir/run/netns"
    ip -n "$net" link set lo up
    ip -n "$net" link add br0 type bridge
    ip -n "$net" addr add "$(address 254)/24" dev br0
    ip -n "$net" link set br0 up
    for i in $(seq "$nodes"); do
        ip netns add "$tag-$i"
        echo "$tag-$i" >>"$dir/run/netns"
        ip -n "$net" link add "v$i" type veth peer name eth0 netns "$tag-$i"
        ip -n "$net" link set "v$i" master br0 up
        ip -n "$tag-$i" addr add "$(address "$i")/24" dev eth0
        ip -n "$tag-$i" link set lo up
        ip -n "$tag-$i" link set eth0 up
    done
}

# host NAMESPACE NAME COMMAND...: as a host of its own.  Not by `ip netns exec`:
# that mounts a fresh /sys, without the cgroups that slurmd looks for.
host() {
    local net=()
    [ "$mode" = lo ] || net=(nsenter "--net=/run/netns/$tag-$1")
    # shellcheck disable=SC2016
    "${net[@]}" unshare --uts --mount sh -c '
        hostname "$1" && mount --bind "$2/hosts" /etc/hosts &&
        mount -t tmpfs -o mode=1777,size=2g tmpfs /dev/shm &&
        shift 2 && exec "$@"' sh "$2" "$dir" "${@:3}"
}

up() {
    local i
    nodes=${1:-2} cpus=${2:-4} mode=${3:-ns}
    trap 'is_up || { tail -n 20 "$dir"/log/*.log >&2; down; exit 1; }' EXIT
    mkdir -p "$dir"/{state,spool,log,run}
    chmod 755 "$dir"
    for i in $(seq "$nodes"); do mkdir -p "$dir/spool/node$i" "$dir/tmp/node$i"; done
    write_hosts >"$dir/hosts"
    write_config >"$SLURM_CONF"
    (umask 077 && head -c 1024 /dev/urandom >"$dir/munge.key")
    [ "$mode" = lo ] || make_network
    munged --force --key-file="$dir/munge.key" --socket="$dir/run/munge.socket" \
        --pid-file="$dir/run/munged.pid" --log-file="$dir/log/munged.log" \
        --seed-file="$dir/run/munged.seed"
    host ctl ctl slurmctld -f "$SLURM_CONF"
    for i in $(seq "$nodes"); do
        host "$i" "node$i" slurmd -f "$SLURM_CONF" -N "node$i"
    done
    for _ in $(seq 120); do
        ! is_up || return 0
        sleep 0.25
    done
    echo 'cluster.sh: the nodes did not come up' >&2
    return 1
}

is_up() {
    [ "$(inside "$dir/run/slurmctld.pid" sinfo -h -N -t idle -o %N 2>/dev/null |
        wc -l)" = "$nodes" ]
}

wait_for() { # JOB [SECONDS]
    local end=$((SECONDS + ${2:-60})) state=''
    while [ $SECONDS -lt $end ]; do
        state=$(inside "$dir/run/slurmctld.pid" scontrol show job -o "$1" |
            grep -o 'JobState=[A-Z_]*' | sort -u | tr '\n' ' ')
        case $state in
        *PENDING* | *RUNNING* | *COMPLETING* | *CONFIGURING* | *REQUEUE*) sleep 0.3 ;;
        *)
            echo "$state"
            [ "$state" = 'JobState=COMPLETED ' ]
            return
            ;;
        esac
    done
    echo "still $state" >&2
    return 124
}

# Only our own: processes named by the pid files, and what lives on their hosts.
down() {
    local file pid namespace p d i left
    declare -A hosts=()
    local pids=()
    if [ -s "$dir/run/slurmctld.pid" ]; then
        timeout 5 "$0" run "$dir" scancel -u root 2>/dev/null || true
        sleep 0.5
    fi
    for file in "$dir"/run/{slurmd.*,slurmctld,munged}.pid; do
        [ -s "$file" ] || continue
        pid=$(cat "$file")
        case $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") in
        *slurm*) hosts[$(readlink "/proc/$pid/ns/uts")]=1 ;;
        *munged*) ;;
        *) continue ;;
        esac
        kill "$pid"
        pids+=("$pid")
    done
    for i in $(seq 50); do
        left=0
        for p in "${pids[@]}"; do [ ! -d "/proc/$p" ] || left=$i; done
        [ "$left" != 0 ] || break
        sleep 0.2
    done
    unset "hosts[$(readlink /proc/self/ns/uts)]"
    for d in /proc/[0-9]*; do # steps that have lost their daemon
        namespace=$(readlink "$d/ns/uts" 2>/dev/null) || continue
        [ -z "${hosts[$namespace]:-}" ] || kill -9 "${d#/proc/}" 2>/dev/null || true
    done
    for p in "${pids[@]}"; do [ ! -d "/proc/$p" ] || kill -9 "$p" || true; done
    if [ -f "$dir/run/netns" ]; then
        while read -r namespace; do ip netns del "$namespace"; done <"$dir/run/netns"
        rm "$dir/run/netns"
    fi
    rm -f "$dir"/run/*.pid
}

case $verb in
up) up "$@" ;;
run) inside "$dir/run/slurmctld.pid" "$@" ;;
on)
    node=$1
    shift
    inside "$dir/run/slurmd.$node.pid" "$@"
    ;;
wait) wait_for "$@" ;;
down) down ;;
*) usage ;;
esac
