# model.awk -- the time of an iteration of t-SNE at more ranks than there are.
#
# Reads the lines of bench_model for 1, 2 and 4 ranks; variables: latency (s),
# bandwidth (bytes/s of a node), node (ranks on one).  Seconds of CPU outside
# MPI are a / R + b, from those at 1 and 4 ranks.  Positions go round a ring of
# R - 1 messages, and each rank sends (R - 1) / R of their bytes; a ring through
# several nodes runs at the slower of the network and of shared memory, as
# measured with 2 ranks.  Where each rank has something for each other one,
# R - 1 messages are sent as well, but the ranks of a node share its network.
# Small sums take 2 log2 R messages.  Planes of the grid that points of two
# ranks touch go from one to the other: each rank sends as much of that as the
# one that sends most of 4.
#
# Prints a line for each number of ranks, then "CHECK c w": the model's CPU time
# over the measured one, and its whole time over the clock's, at 2 ranks.

{
    r = $2
    for (i = 1; i < NF; i++) {
        if ($i ~ /^(cpu|wall|latency|bandwidth)$/) {
            figure[r, $i] = $(i + 1)
        }
        if ($i ~ /^(gather|scatter|turn|sum|near|other)$/) {
            calls[$i] = $(i + 1)
            bytes[$i] = $(i + 2)
        }
    }
}

function steps(r,   s) {
    for (s = 0; 2 ^ s < r; s++) {
    }
    return s
}

function messages(r) {
    return (calls["gather"] + calls["scatter"] + calls["turn"]) * (r - 1) + \
        (calls["sum"] + calls["other"]) * 2 * steps(r) + calls["near"]
}

function ring_bytes(r) {
    return (bytes["gather"] + bytes["scatter"] + \
        2 * (bytes["sum"] + bytes["other"])) * (1 - 1 / r) + bytes["near"]
}

function turn_bytes(r) {
    return bytes["turn"] * (1 - 1 / r) / r
}

function compute(r) {
    return a / r + b
}

# l, band: of one connection; sharing: ranks that share it.
function network(r, l, band, sharing) {
    return messages(r) * l + ring_bytes(r) / band + \
        turn_bytes(r) * sharing / band
}

function show(r, net, said) {
    printf "    %5d ranks: compute %8.3f ms, %5d messages, %8.3f MB sent, " \
        "network %7.3f ms, iteration %8.3f ms, %6.1f x%s\n", r,
        1e3 * compute(r), messages(r),
        1e-6 * (ring_bytes(r) + turn_bytes(r)), 1e3 * net,
        1e3 * (compute(r) + net), compute(1) / (compute(r) + net), said
}

END {
    a = (figure[1, "cpu"] - figure[4, "cpu"]) * 4 / 3
    b = figure[1, "cpu"] - a
    inside = figure[2, "bandwidth"]
    slower = inside < bandwidth ? inside : bandwidth
    show(1, 0, sprintf("; measured %.3f", 1e3 * figure[1, "wall"]))
    net = network(2, figure[2, "latency"], inside, 1)
    show(2, net, sprintf("; measured %.3f", 1e3 * figure[2, "wall"]))
    cpu = compute(2) / figure[2, "cpu"]
    wall = (compute(2) + net) / figure[2, "wall"]
    for (r = 16; r <= 256; r *= 4) {
        net = messages(r) * latency + ring_bytes(r) / slower + \
            turn_bytes(r) * node / bandwidth
        show(r, net, "")
    }
    printf "CHECK %.2f %.2f\n", cpu, wall
}
