#!/usr/bin/env python3
"""make_training.py RESULTS SLOW DATA OUT -- write training.bin.

RESULTS and SLOW are results files, of which only /model/init is read; DATA a
directory of IDX files.  Everything else is computed here, by PyTorch in double
precision.  Made once with

    build/release/tests/tool_synth DIR 128 16
    ./exigo-mpi --data DIR --seed 7 --epochs 0 --stages train --out RUN
    ./exigo-mpi --data DIR --seed 6 --epochs 0 --stages train --out SLOW
    tests/golden/make_training.py RUN/results.h5 SLOW/results.h5 DIR \
        tests/golden/training.bin

It prints how far the losses move when the first parameters are changed by
1e-7 of themselves, about a float's rounding.  Where a sample crosses the kink
of a ReLU that can be a thousandfold, and then no two programs agree; seed 7
is one of those where it is not.  SLOW trains at the original's learning rate,
where no seed has to be chosen: it is of the program's default."""

import copy
import sys

import h5py
import numpy as np
import torch

import basic
import dump

SAMPLES = 128
MAPS = 4
LR = 1e-3
# Batch size and steps: whole passes; 50 leaves a last batch of 28.
RUNS = [(32, 100), (50, 102)]
SLOW_LR, SLOW_RUN = 1e-5, (32, 100)


def compute(results, slow, data):
    pixels = basic.read_idx(data, "train-images-idx3-ubyte")[:SAMPLES]
    labels = basic.read_idx(data, "train-labels-idx1-ubyte")[:SAMPLES]
    x = basic.normalise(pixels, torch.float64)
    y = torch.from_numpy(labels.astype(np.int64))
    out = {"pixels": pixels, "labels": labels}

    with h5py.File(results, "r") as f:
        start = basic.network(f["/model/init"], torch.float64)
    out["init"] = basic.flat(start)
    look(out, "init", start, x, y)
    for batch, steps in RUNS:
        net = copy.deepcopy(start)
        train(out, str(batch), net, x, y, batch, steps, LR)
    look(out, "param50", net, x, y)
    with h5py.File(slow, "r") as f:
        net = basic.network(f["/model/init"], torch.float64)
    train(out, "_slow", net, x, y, *SLOW_RUN, SLOW_LR)
    return out


def train(out, name, net, x, y, batch, steps, lr):
    """Losses of the steps, then parameters; changes the network."""
    start = copy.deepcopy(net)
    losses = basic.train(net, x, y, batch, steps, lr)
    moved = basic.disturbed(start, x, y, batch, steps, lr)
    print("%s, lr %g: loss %g to %g, sensitivity %.1e" % (
        name, lr, losses[0], losses[-1], abs(moved - losses).max()))
    out["loss" + name] = losses
    out["param" + name] = basic.flat(net)


def look(out, name, net, x, y):
    """Logits of all samples, maps of the first."""
    with torch.no_grad():
        logits = net(x)
    out["logits_" + name] = logits.numpy()
    guess = logits.argmax(1)
    for word, target in (("true", y), ("predicted", guess), ("sum", None)):
        out[word + "_" + name] = basic.maps(
            net, x[:MAPS], None if target is None else target[:MAPS])


if __name__ == "__main__":
    arrays = compute(*sys.argv[1:4])
    dump.write(sys.argv[4], [
        (name, "u8" if a.dtype == np.uint8 else "f32", a)
        for name, a in arrays.items()])
