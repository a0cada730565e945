#!/bin/bash
# lint.sh "CPPFLAGS" -- everything that can be checked without running: layout,
# include rules, scripts, cppcheck, clang-tidy, gcc's -fanalyzer.  Tools that are
# not installed are installed where that is possible, and otherwise named and
# left out only outside CI.
set -u
cd "$(dirname "$0")/.." || exit 1
read -ra flags <<<"${1//-I\//-isystem \/}" # what is not ours is not looked at
flags=("${flags[@]/#-DEXG_BUILD=*/-DEXG_BUILD=\"lint\"}") # quotes that last
status=0

step() { # step NAME COMMAND...
    local name=$1
    shift
    if "$@"; then
        echo "ok    $name"
    else
        echo "FAIL  $name"
        status=1
    fi
}

missing=()
for tool in clang-format clang-tidy cppcheck shellcheck; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
if [ ${#missing[@]} != 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing ${missing[*]}"
    { apt-get update -q &&
        DEBIAN_FRONTEND=noninteractive apt-get install -qy \
            --no-install-recommends "${missing[@]}"; } >/dev/null
fi
for tool in ${missing[@]+"${missing[@]}"}; do
    command -v "$tool" >/dev/null && continue
    echo "lint.sh: $tool is not installed" >&2
    [ -z "${CI:-}" ] || exit 1
done

mapfile -t c < <(git ls-files 'src/*.c' 'analysis/*.c' 'tests/*.c')
mapfile -t all < <(git ls-files '*.c' '*.h')
mapfile -t scripts < <(git ls-files '*.sh' '*.sbatch' .ci/run)

tidy() { # two at a time; ISA code once, as the compiler here sees it
    # shellcheck disable=SC2016,SC2317
    printf '%s\n' "${c[@]}" |
        xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 4 sh -c '
            flags=$1; shift
            clang-tidy --quiet "$@" -- -std=gnu11 -Itests -DEXG_ISA=base -DEXG_LINT $flags 2>/dev/null' \
            sh "${flags[*]}"
}

# gcc follows allocations, files and NULL through each file, but for kernels:
# gcc 12 takes shifts of vectors for shifts of a number and warns of each, and
# kernels neither allocate nor open anything.
analyze() {
    # shellcheck disable=SC2016,SC2317
    printf '%s\n' "${c[@]}" | grep '^src/' | grep -v '^src/kern/' |
        xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 4 sh -c '
            flags=$1; shift
            for file; do
                gcc -std=gnu11 -O1 -fanalyzer -Werror -c -o /dev/null \
                    -DEXG_ISA=base $flags "$file" || exit 1
            done' \
            sh "${flags[*]}"
}

step layers tests/layers.sh
step clang-format clang-format --dry-run -Werror "${all[@]}"
step shellcheck shellcheck -x "${scripts[@]}"
step cppcheck cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
    --enable=warning,portability --suppress=missingIncludeSystem \
    --suppress=normalCheckLevelMaxBranches --suppress=invalidFunctionArg \
    --suppress=internalAstError --suppress=invalidPointerCast \
    --suppress=readdirCalled --suppress=objectIndex \
    --suppress=arrayIndexThenCheck --library=posix \
    -D_GNU_SOURCE -DEXG_ISA=base '-DEXG_BUILD="lint"' -Iinclude -Itests \
    -j "$(getconf _NPROCESSORS_ONLN)" "${c[@]}"
step clang-tidy tidy
step 'gcc -fanalyzer' analyze
exit $status
