# shellcheck shell=bash disable=SC2154 # what bench.sh sets
# engine.sh -- the choice of an engine, and a model of more ranks.
# Sourced by tests/bench.sh.

# `auto` decides by a model of costs; here both engines are measured.
part_engine() {
    local last
    echo 'engines: one call of each, and what auto takes; 2 ranks'
    ranks 2 "$build/tests/bench_engines" "$engine_points" >"$tmp/engines"
    sed '$d; s/^/    /' "$tmp/engines"
    read -ra last <<<"$(tail -n 1 "$tmp/engines")"
    row 'auto chose the faster engine' "${last[0]} of ${last[1]}" - - '' ''
    row '  at worst, its time to the faster' "${last[2]}" - - '<= 1.25' \
        "${last[2]} <= 1.25"
}

# model_of POINTS REACH: an iteration on a map so wide, at 1, 2 and 4 ranks; a
# network of 100 Gbit/s a node and 2 us, unless NET_... say otherwise.
model_of() {
    local points=$1 reach=$2 number said
    echo "t-SNE of $points points on a map of +-$reach: an iteration; above 2" \
        "ranks by a model"
    for number in 1 2 4; do
        OMPI_MCA_mpi_yield_when_idle=$((number > 2)) ranks "$number" \
            "$build/tests/bench_model" "$points" 2 "$reach" "$model_steps"
    done >"$tmp/model.figures"
    awk -v latency="${NET_LATENCY:-2e-6}" -v bandwidth="${NET_BANDWIDTH:-12.5e9}" \
        -v node="${NET_RANKS:-16}" -f tests/bench/model.awk \
        "$tmp/model.figures" >"$tmp/model.said"
    grep -v '^CHECK' "$tmp/model.said"
    for number in 16 64 256; do
        said=$(awk -v r="$number" '$1 == r {sub(/.*iteration */, ""); print $1}' \
            "$tmp/model.said")
        row "model, $points points, $number ranks, ms" "$said" - - '' ''
    done
    read -ra said <<<"$(grep '^CHECK' "$tmp/model.said")"
    row '  model / measured, 2 ranks: CPU' "${said[1]}" - - '' ''
    row '  and by the clock' "${said[2]}" - - '' ''
}

part_model() {
    echo "network of the model: ${NET_LATENCY:-2e-6} s a message," \
        "${NET_BANDWIDTH:-12.5e9} bytes/s a node of ${NET_RANKS:-16} ranks"
    model_of "$many" 120
    model_of "$model_points" 200
}
