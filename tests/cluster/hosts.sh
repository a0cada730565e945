#!/bin/bash
# hosts.sh -- several network hosts on this one machine, for tests of mpirun.
#
#   hosts.sh up DIR [HOSTS]          host1, host2 ...: a network namespace each,
#                                    at 10.88.0.K, behind one bridge
#   hosts.sh on DIR hostK COMMAND... a command there, with a host name, /etc/hosts
#                                    and /dev/shm of its own
#   hosts.sh cut DIR hostK           pull its cable
#   hosts.sh mend DIR hostK          put it back
#   hosts.sh left DIR                process ids on any host
#   hosts.sh down DIR                end what is left there, and the hosts
#
# DIR/rsh stands in for ssh:
#   hosts.sh on DIR host1 mpirun --mca plm_rsh_agent DIR/rsh -H host1:2,host2:2 ...
# Needs root and iproute2.  Nothing outside DIR is written, but for the named
# namespaces.
set -eu

usage() {
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0" >&2
    exit 2
}
[ $# -ge 2 ] || usage
verb=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
self=$(realpath "$0")
shift 2
tag=h$(printf %s "$dir" | cksum | cut -d' ' -f1) # of namespaces

up() {
    local i name
    trap 'down' ERR
    cat >"$dir/rsh" <<END
#!/bin/sh
# rsh HOST COMMAND...
host=\$1
shift
exec "$self" on "$dir" "\$host" sh -c "\$*"
END
    chmod +x "$dir/rsh"
    echo '127.0.0.1 localhost' >"$dir/hosts"
    ip netns add "$tag-switch"
    ip -n "$tag-switch" link set lo up
    ip -n "$tag-switch" link add br0 up type bridge
    for i in $(seq "${1:-3}"); do
        name=host$i
        echo "10.88.0.$i $name" >>"$dir/hosts"
        ip netns add "$tag-$name"
        ip -n "$tag-switch" link add "v$name" type veth peer name eth0 \
            netns "$tag-$name"
        ip -n "$tag-switch" link set "v$name" master br0 up
        ip -n "$tag-$name" addr add "10.88.0.$i/24" dev eth0
        ip -n "$tag-$name" link set lo up
        ip -n "$tag-$name" link set eth0 up
    done
}

namespaces() {
    ip netns | awk -v tag="$tag-" 'index($1, tag) == 1 {print $1}'
}

left() {
    local namespace
    for namespace in $(namespaces); do ip netns pids "$namespace"; done
}

down() {
    local namespace pid
    for pid in $(left); do kill -9 "$pid" 2>/dev/null || true; done
    for namespace in $(namespaces); do ip netns del "$namespace"; done
}

case $verb in
up) up "$@" ;;
on)
    host=$1
    shift
    # shellcheck disable=SC2016
    exec nsenter "--net=/run/netns/$tag-$host" unshare --uts --mount sh -c '
        hostname "$1" && mount --bind "$2" /etc/hosts &&
        mount -t tmpfs -o mode=1777,size=2g tmpfs /dev/shm &&
        shift 2 && exec "$@"' sh "$host" "$dir/hosts" "$@"
    ;;
cut) ip -n "$tag-switch" link set "v$1" down ;;
mend) ip -n "$tag-switch" link set "v$1" up ;;
left) left ;;
down) down ;;
*) usage ;;
esac
