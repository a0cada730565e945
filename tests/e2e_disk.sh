#!/bin/bash
# e2e_disk.sh -- a disk that is full or over quota, read-only or gone, and things
# in the way of files: one line and exit status 1 on all ranks, what was there
# stays, and a run that finds the place mended goes on to the right bits.
# shellcheck source=tests/disk.sh
. "$(dirname "$0")/disk.sh"
run
mv "$out" "$scratch/whole"
[ "$status" = 0 ] || fail "the whole run: $(cat "$scratch/err")"
kib() { du -k --apparent-size "$1" | cut -f 1; }
results=$(kib "$scratch/whole/results.h5")

# Directories in the way are found before the first epoch.
for name in results.h5 results.h5.part run.jsonl; do
    mkdir -p "$out/$name"
    run
    one_line "a directory $name" "$name: "
    grep -q '^Epoch' "$scratch/log" && fail "a directory $name: trained first"
    rm -r "$out"
done
mkdir "$out"
echo >"$out/plots"
run
one_line 'a file plots' 'plots: '
same 'a file plots' "$scratch/whole/results.h5" "$out/results.h5"
rm -r "$out"

# The directory goes while the run is at work.
for phase in train 't-SNE 2-D'; do
    on 2 "${basis[@]}" --epochs 8 --tsne-iterations 1500 --tsne-quality no \
        >"$scratch/log" 2>"$scratch/err" &
    until_event "\"name\": \"$phase\""
    until rm -rf "$out" 2>/dev/null; do # a checkpoint may come in between
        sleep 0.01
    done
    status=0
    wait "$!" || status=$?
    one_line "removed in $phase" 'No such file or directory'
    rm -rf "$out"
done

# Over quota: no file system here has quotas that bind root, so the answer of
# write() is made up, past as many bytes as the earlier files leave.
cat >"$scratch/quota.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long written;

/* Whether so many bytes more for this file are too many. */
static int over(int fd, size_t n)
{
    char link[64], path[PATH_MAX] = "";
    const char *name = getenv("QUOTA_FILE");

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (name == NULL || readlink(link, path, sizeof path - 1) < 0 ||
        strstr(path, name) == NULL) {
        return 0;
    }
    written += (long)n;
    if (written <= atol(getenv("QUOTA_BYTES"))) {
        return 0;
    }
    errno = EDQUOT;
    return 1;
}
static size_t sum(const struct iovec *v, int n)
{
    size_t all = 0;

    for (int i = 0; i < n; i++) {
        all += v[i].iov_len;
    }
    return all;
}
#define WRAP(type, name, params, args, bytes)            \
    type name params                                     \
    {                                                    \
        type (*real) params = dlsym(RTLD_NEXT, #name);   \
                                                         \
        return over(fd, bytes) ? -1 : real args;         \
    }
WRAP(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n), n)
WRAP(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at),
     (fd, p, n, at), n)
WRAP(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t at),
     (fd, p, n, at), n)
WRAP(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n),
     sum(v, n))
WRAP(ssize_t, pwritev, (int fd, const struct iovec *v, int n, off_t at),
     (fd, v, n, at), sum(v, n))
WRAP(ssize_t, pwritev64, (int fd, const struct iovec *v, int n, off64_t at),
     (fd, v, n, at), sum(v, n))
END
if ${CC:-cc} -shared -fPIC -o "$scratch/quota.so" "$scratch/quota.c" -ldl &&
    [[ $build != *sanitize* ]]; then
    for share in 0 5; do
        cp -r "$scratch/earlier" "$out"
        QUOTA_FILE=out/results.h5.part LD_PRELOAD=$scratch/quota.so \
            QUOTA_BYTES=$((results * 1024 * share / 16)) run
        one_line "over quota after $share/16" 'results.h5.part\|exigo: waited'
        old_stays "over quota after $share/16"
        run
        grep -q '^going on' "$scratch/log" || fail 'over quota: begins anew'
        same 'over quota, then not' "$scratch/whole/results.h5" "$out/results.h5"
        rm -r "$out"
    done
    cp -r "$scratch/earlier" "$out"
    QUOTA_FILE=out/checkpoint.h5 QUOTA_BYTES=9000 \
        LD_PRELOAD=$scratch/quota.so run
    [ "$status" = 0 ] || fail "no checkpoints for quota: status $status"
    grep -q '^exigo: .*checkpoint.h5: cannot write: Disk quota exceeded.*the run goes on' \
        "$scratch/err" || fail "no checkpoints for quota: want a warning"
    rm -r "$out"
else
    echo "skipped: over quota: no preloading under sanitizers"
fi

# Real disks from here on.
if ! disk 65536 2>/dev/null; then
    echo "skipped: full and read-only disks: mount is not permitted here"
    finish
fi

mount -o remount,ro "$scratch/disk"
run
one_line 'read-only' 'Read-only file system'
old_stays 'read-only'

# mends WHAT: with room again the run goes on, to the right bits.
mends() {
    mount -o remount,size=64m "$scratch/disk"
    run
    [ "$status" = 0 ] || fail "$1, then room: $(cat "$scratch/err")"
    same "$1, then room" "$scratch/whole/results.h5" "$out/results.h5"
    ls "$out"/*.part "$out"/checkpoint* >/dev/null 2>&1 &&
        fail "$1, then room: files remain"
}

# Full, at twelfths of what the run writes.  A rank that fails inside HDF5 waits
# for the others no longer than ten seconds; where the library lets no rank out,
# the watch of --hang-minutes ends the job.  Neither tidies up.
base=$(du -sk "$scratch/disk" | cut -f 1)
plots=$(du -sk "$scratch/whole/plots" | cut -f 1)
need=$((3 * $(kib "$scratch/whole/run.jsonl") + results + plots + 1200))
seen=' '
for part in 0 1 2 4 6 9; do
    disk $((base + need * part / 12)) || fail "no disk of part $part"
    run
    [ "$status" != 0 ] || continue
    what="full after $part/12"
    one_line "$what"
    if grep -q '^exigo: .*results.h5' "$scratch/err"; then
        seen+='results '
        old_stays "$what"
    fi
    grep -q '^exigo: .*run.jsonl is not' "$scratch/err" && seen+='journal '
    if grep -q '^exigo: .*plots/' "$scratch/err"; then
        seen+='plots '
        same "$what" "$scratch/whole/results.h5" "$out/results.h5"
    fi
    mends "$what"
done
# A run so short may end before it hears of a checkpoint; see below for these.
for stage in journal results plots; do
    case $seen in *" $stage "*) ;; *) fail "never full at the $stage:$seen" ;; esac
done

# The doctor says so beforehand.
disk $((base + 512)) || fail 'no disk'
status=0
on 2 --doctor --out "$scratch/disk" >"$scratch/log" 2>&1 || status=$?
[ "$status" = 1 ] || fail "--doctor: status $status, want 1"
grep -q '^warning: out: .* 0.00 GB free; mend: free some' "$scratch/log" ||
    fail '--doctor: want the room there is'
grep -q '^bad: writing: no room for ' "$scratch/log" || fail '--doctor: want why not'

# The fetch script.
mkdir "$scratch/mirror"
for name in {train-images-idx3,train-labels-idx1,t10k-images-idx3,t10k-labels-idx1}-ubyte; do
    head -c 300000 /dev/urandom >"$scratch/mirror/$name"
done
disk $((base + 64))
mkdir "$scratch/bin"
printf '#!/bin/sh\nexit 6\n' | tee "$scratch/bin/curl" >"$scratch/bin/npm"
chmod +x "$scratch"/bin/*
PATH=$scratch/bin:$PATH jobs/fetch-data.sh --mirror "$scratch/mirror" \
    "$scratch/disk/data" >"$scratch/log" 2>&1
[ $? = 1 ] || fail "fetch: want exit status 1"
grep -q 'No space left' "$scratch/log" || fail "fetch: want the reason"
tail -n 1 "$scratch/log" | grep -q '^fetch-data.sh: ' || fail 'fetch: want a line'
[ -z "$(ls -A "$scratch/disk/data")" ] || fail 'fetch: files remain'
finish
