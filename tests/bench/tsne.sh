# shellcheck shell=bash disable=SC2154 # what bench.sh sets
# tsne.sh -- t-SNE of embeddings beside other programs: seconds, divergence,
# neighbours kept; maps in space; a million points.
# Sourced by tests/bench.sh.

TSNE_PHASES='tsne (prepare|neighbours|affinities|start|descent)'

# The embeddings are those of one network, trained once: five epochs, defaults.
tsne_model() {
    [ -f "$tmp/model/results.h5" ] ||
        exigo 2 model --stages train --epochs 5 --limit-train "$train"
}

# map RANKS OUT POINTS DIMS: our map, and the features for the peers.  More
# points than there are test images are those of both sets.
map() {
    local set=test
    [ "$3" -le 10000 ] || set=all
    exigo "$1" "$2" --stages embed --init "$tmp/model/results.h5" \
        --tsne-data "$set" --tsne-samples "$3" --tsne-dims "$4" \
        --tsne-iterations "$steps" --tsne-quality no
}

# tsne_peers DIMS PEER...: into found, those that can be used.
tsne_peers() {
    local peer
    found=()
    for peer in "$@"; do
        ! "$python" tests/bench/peer_tsne.py find "$peer" || found+=("$peer")
    done
}

# tsne_rounds POINTS DIMS ROUNDS NAME: maps of ours and of each found peer in
# turns; each peer's last map stays in $tmp/PEER.map.
tsne_rounds() {
    local points=$1 dims=$2 count=$3 name=$4 ours time peer
    tsne_model
    for _ in $(seq "$count"); do
        map 2 ours "$points" "$dims"
        ours=$(seconds "$tmp/ours/results.h5" "$TSNE_PHASES")
        note "$name, s" "$ours" -
        for peer in ${found[@]+"${found[@]}"}; do
            time=$(run_peer peer_tsne map "$peer" "$tmp/ours/results.h5" 2 \
                "$steps" "$dims" "$tmp/$peer.map")
            note "  $name, $peer, s" "$ours" "$time"
        done
    done
}

# tsne_rows NAME DIMS SECONDS KL RECALL: the table's rows; limits may be empty.
# Divergence and recall are measured on the last round's maps, all by bench_kl.
tsne_rows() {
    local name=$1 dims=$2 most=$3 kl=$4 recall=$5 time got peer theirs
    time=$(median_of 1 "$name, s")
    row "$name, s" "$time" - - "${most:+<= $most s}" "${most:+$time <= $most}"
    for peer in ${found[@]+"${found[@]}"}; do
        compare "  $name, $peer, s" less ''
    done
    got=$(ranks 2 "$build/tests/bench_kl" "$tmp/ours/results.h5" "$dims")
    row '  its KL divergence, nat' "${got% *}" - - "${kl:+<= $kl}" \
        "${kl:+${got% *} <= $kl}"
    row '  its recall of 10 neighbours' "${got#* }" - - "${recall:+>= $recall}" \
        "${recall:+${got#* } >= $recall}"
    for peer in ${found[@]+"${found[@]}"}; do
        theirs=$(ranks 2 "$build/tests/bench_kl" "$tmp/ours/results.h5" "$dims" \
            "$tmp/$peer.map")
        echo "    $name, KL and recall: ours $got, $peer $theirs"
        row "  KL, ours and $peer" "${got% *}" "${theirs% *}" \
            "$(printf '%.3f' "$(calc "${got% *} / ${theirs% *}")")" \
            '<= theirs' "${got% *} <= ${theirs% *}"
        row "  recall, ours and $peer" "${got#* }" "${theirs#* }" \
            "$(printf '%.3f' "$(calc "${got#* } / ${theirs#* }")")" '' ''
    done
}

part_tsne() {
    local found
    echo "t-SNE of $points embeddings, 2 ranks and 2 threads, $steps iterations, s"
    tsne_peers sklearn opentsne fitsne rtsne
    tsne_rounds "$points" 2 "$long_rounds" "t-SNE, $points points"
    tsne_rows "t-SNE, $points points" 2 6 1.69 ''
    echo "t-SNE of $many embeddings; sklearn and rtsne are too slow for it"
    tsne_peers opentsne fitsne
    tsne_rounds "$many" 2 "$few_rounds" "t-SNE, $many points"
    tsne_rows "t-SNE, $many points" 2 25 2.70 0.385
}

part_tsne3d() {
    local found
    echo "t-SNE in 3-D of $points and of $many embeddings, s"
    tsne_peers sklearn rtsne
    tsne_rounds "$points" 3 1 "t-SNE 3-D, $points points"
    tsne_rows "t-SNE 3-D, $points points" 3 '' '' ''
    found=()
    tsne_rounds "$many" 3 1 "t-SNE 3-D, $many points"
    tsne_rows "t-SNE 3-D, $many points" 3 '' '' ''
}

# What a phase of each rank takes, and the memory of all ranks at its highest.
part_big() {
    local rows=$big_rows name
    name="t-SNE of $rows x 50, 2 ranks, s"
    echo "$name"
    "$build/tests/tool_clusters" "$tmp/big.h5" "$rows" 50 40
    ranks 2 tests/bench/peak.sh "$tmp/peak" "$build/exigo-tsne" "$tmp/big.h5:/x" \
        "$tmp/big-map.h5" --labels "$tmp/big.h5:/label" --tsne-dims 2 \
        --tsne-iterations "$steps" --quiet
    "$build/tests/bench_phases" "$tmp/big-map.h5" | sed 's/^/    /'
    row "$name" "$(seconds "$tmp/big-map.h5" "$TSNE_PHASES")" - - finishes ''
    row '  memory of both ranks, GB' \
        "$(awk '{s += $1} END {printf "%.2f", s / 1e6}' "$tmp/peak".*)" - - '' ''
}
