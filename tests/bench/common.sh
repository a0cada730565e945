# shellcheck shell=bash disable=SC2154 # what bench.sh sets
# common.sh -- running, measuring and the table, for the parts of the benchmark.
# Sourced by tests/bench.sh, which sets build, data, tmp, python and mpiflags.

# exigo RANKS OUT OPTION...: a quiet run; a failure ends the benchmark.
exigo() {
    local ranks=$1 out=$2
    shift 2
    ranks "$ranks" "$build/exigo-mpi" --data "$data" --out "$tmp/$out" --quiet "$@"
}

# ranks NUMBER PROGRAM...
ranks() {
    "${MPIRUN:-mpirun}" ${mpiflags[@]+"${mpiflags[@]}"} -np "$@"
}

# seconds FILE PATTERN: of the phases of that run whose names match, summed.
seconds() {
    "$build/tests/bench_phases" "$1" |
        awk -v want="^($2)\$" '
            {s = $1; sub(/^[^ ]* /, ""); if ($0 ~ want) {t += s; n++}}
            END {if (!n) exit 1; printf "%.4f\n", t}'
}

# note NAME OURS PEER: a round of a measurement; "-" where there is no peer.
note() {
    echo "$2 $3" >>"$tmp/$1.rounds"
    printf '    %-34s %12s %12s\n' "$1" "$2" "$3"
}

calc() { awk "BEGIN {printf \"%.6g\n\", $1}"; }

median() { # of the numbers on standard input
    sort -g | awk '{v[NR] = $1} END {
        printf "%.5g\n", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

# median_of COLUMN NAME: of the rounds of a measurement; 1: ours, 2: the peer's.
median_of() { cut -d' ' -f"$1" "$tmp/$2.rounds" | median; }

# --- the table ---------------------------------------------------------------

# row NAME OURS PEER RATIO TARGET HOLDS: HOLDS is an awk condition, or "".
row() {
    local verdict=''
    if [ -n "$6" ]; then
        verdict=$(awk "BEGIN {print ($6) ? \"reached\" : \"missed\"}")
    fi
    printf '%-36s %10s %10s %8s  %-12s %s\n' "$1" "$2" "$3" "$4" "$5" "$verdict" \
        >>"$tmp/table"
}

# compare NAME more|less AT_LEAST: medians of its rounds, as "ours is so many
# times faster".  more: figures are rates; less: they are seconds.  AT_LEAST may
# be empty: a row without a target.
compare() {
    local name=$1 least=$3 ours peer='-' ratio='-' holds=''
    ours=$(median_of 1 "$name")
    if ! grep -q -e '-$' "$tmp/$name.rounds"; then
        peer=$(median_of 2 "$name")
        ratio=$(awk -v more="$2" '{print more == "more" ? $1 / $2 : $2 / $1}' \
            "$tmp/$name.rounds" | median)
        holds=${least:+$ratio >= $least}
        ratio=$(printf '%.2f' "$ratio")
    fi
    row "$name" "$ours" "$peer" "$ratio" "${least:+>= $least x}" "$holds"
}

# --- peers --------------------------------------------------------------------

# has MODULE...: whether that Python can import them.
has() {
    local module
    for module in "$@"; do
        "$python" -c "import $module" >/dev/null 2>&1 && continue
        echo "peer left out: $python has no module $module"
        return 1
    done
}
run_peer() { "$python" "tests/bench/$1.py" "${@:2}"; }
