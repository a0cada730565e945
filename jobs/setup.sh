#!/bin/sh
# setup.sh [--cluster] [--coverage] [--install] -- are the system packages there?
#
# Looks with pkg-config and the shell; with --cluster and --coverage, for what
# `make cluster` and `make coverage` want beside.  With --install, and as root or
# with passwordless sudo on a machine that has apt, installs what is missing and
# says so; otherwise lists the missing packages for apt and dnf and stops with
# exit status 1.
set -eu

cluster='' coverage='' install=''
for word in "$@"; do
    case $word in
    --cluster) cluster=yes ;;
    --coverage) coverage=yes ;;
    --install) install=yes ;;
    *) echo "setup.sh: $word: want --cluster, --coverage or --install" >&2 && exit 2 ;;
    esac
done

missing_apt='' missing_dnf=''
need() { # need APT-PACKAGE DNF-PACKAGE TEST...
    apt=$1 dnf=$2
    shift 2
    "$@" >/dev/null 2>&1 && return
    missing_apt="$missing_apt $apt"
    missing_dnf="$missing_dnf $dnf"
}
has() { command -v "$1"; }
# shellcheck disable=SC2317
pc() { # any of the names
    for name in "$@"; do pkg-config --exists "$name" && return; done
    return 1
}

look() {
    missing_apt='' missing_dnf=''
    need gcc gcc has gcc
    need libc6-dev glibc-devel test -e /usr/include/stdlib.h
    need make make has make
    need pkg-config pkgconf-pkg-config has pkg-config
    need openmpi-bin openmpi has mpirun
    need libopenmpi-dev openmpi-devel has mpicc
    need libhdf5-openmpi-dev hdf5-openmpi-devel pc hdf5-openmpi
    need libopenblas-serial-dev openblas-devel pc openblas
    need libpng-dev libpng-devel pc libpng
    need zlib1g-dev zlib-devel pc zlib
    need libcairo2-dev cairo-devel pc cairo
    need check check-devel pc check
    need hdf5-tools hdf5 has h5diff
    need curl curl has curl
    need ca-certificates ca-certificates test -d /etc/ssl/certs
    [ -z "$cluster" ] || look_for_cluster
    [ -z "$coverage" ] || need gcovr gcovr has gcovr
}

look_for_cluster() {
    PATH=$PATH:/usr/sbin:/sbin
    need slurmctld slurm-slurmctld has slurmctld
    need slurmd slurm-slurmd has slurmd
    need slurm-client slurm has sbatch
    need slurm-wlm-basic-plugins slurm plugin select_cons_tres
    need munge munge has munged
    need iproute2 iproute has ip
    need util-linux util-linux has nsenter
    need procps procps-ng has ps
}
# shellcheck disable=SC2317
plugin() { # of SLURM
    for dir in /usr/lib/*/slurm-wlm /usr/lib/slurm-wlm /usr/lib64/slurm; do
        [ ! -e "$dir/$1.so" ] || return 0
    done
    return 1
}

look
[ -n "$missing_apt" ] || exit 0

as_root=''
[ "$(id -u)" = 0 ] || as_root='sudo -n'
if [ -n "$install" ] && has apt-get >/dev/null &&
    { [ -z "$as_root" ] || sudo -n true 2>/dev/null; }; then
    echo "installing system packages:$missing_apt"
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    # shellcheck disable=SC2086
    if ! { $as_root apt-get update -q &&
        $as_root apt-get install -qy --no-install-recommends $missing_apt; } \
        >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        echo "setup.sh: apt-get could not install:$missing_apt" >&2
        exit 1
    fi
    rm -f "$log"
    look
    [ -n "$missing_apt" ] || exit 0
fi
cat >&2 <<EOF
exigo: these packages are missing; install them and run make again
  Debian, Ubuntu:  apt install$missing_apt
  Fedora, RHEL:    dnf install$missing_dnf
EOF
exit 1
