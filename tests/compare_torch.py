#!/usr/bin/env python3
"""compare_torch.py [PROGRAM [DATA [SEED]]] -- a run on real images against PyTorch
and scikit-learn.

Trains on the first 3,200 images of DATA (save/data/mnist) for 100 steps of 32,
in file order, and compares with PyTorch from the same first parameters: the
epoch's loss, the parameters, the test logits, the saliency maps of the true
class, the predicted class and the sum of logits, and precision, recall, F1 and
the confusion matrix of the same predictions.  Maps are compared at the run's
own parameters.  Prints the largest differences; exits with 1 where one is over
its bound.  Says so and exits with 0 where torch or the data is missing."""

import os
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "golden"))
program = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../exigo-mpi")
data = sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, "../save/data/mnist")
seed = sys.argv[3] if len(sys.argv) > 3 else "3"

try:
    import basic
    import h5py
    import numpy as np
    import torch
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
except ImportError as e:
    print("skipped: compare_torch:", e)
    sys.exit(0)
if not os.path.isdir(data):
    print("skipped: compare_torch: no", data)
    sys.exit(0)

TRAIN, TEST, BATCH, LR, MAPS = 3200, 1000, 32, 1e-3, 10
failed = 0


def check(what, difference, bound):
    global failed
    bad = not difference <= bound
    failed += bad
    print("%-44s %9.2e  (bound %g)%s" % (
        what, difference, bound, "  FAIL" if bad else ""))


def run(out, *more):
    subprocess.run(
        [program, "--data", data, "--limit-train", str(TRAIN), "--limit-test",
         str(TEST), "--batch", str(BATCH), "--lr", str(LR), "--shuffle", "no",
         "--seed", seed,
         "--saliency-samples", str(MAPS), "--quiet", "--out", out, *more],
        check=True)
    return h5py.File(os.path.join(out, "results.h5"), "r")


def largest(a, b):
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).max())


def compare_training(f, x, y):
    """Where the training itself magnifies a rounding, as at the kinks of ReLU
    and where Adam meets gradients near zero, the bound is what PyTorch differs
    from itself by."""
    steps = TRAIN // BATCH
    start = basic.network(f["/model/init"], torch.float64)
    moved = basic.disturbed(start, x, y, BATCH, steps, LR).mean(1)
    loss = basic.train(start, x, y, BATCH, steps, LR).mean()
    own = abs(moved - loss).max()
    print("%-44s %9.2e" % ("PyTorch's own, its start moved by 1e-7", own))
    check("training loss of the epoch",
          abs(loss - f["/history/train_loss"][0]), max(1e-4, 2 * own))
    print("%-44s %9.2e" % ("parameters after %d steps" % steps, largest(
        basic.flat(start),
        basic.flat(basic.network(f["/model/best"], torch.float64)))))
    return basic.network(f["/model/best"], torch.float64)


def compare_test(f, best, x, labels):
    with torch.no_grad():
        logits = best(x).numpy()
    scale = np.abs(logits).max()
    check("test logits, of the largest", largest(logits, f["/test/logits"]) / scale,
          1e-5)
    guess = f["/test/prediction"][:]
    check("predictions that differ", float((logits.argmax(1) != guess).sum()), 0)
    check("labels that differ", float((labels != f["/test/label"][:]).sum()), 0)
    last = len(f["/history/epoch"]) - 1
    classes = np.arange(10)
    check("confusion matrix", largest(
        confusion_matrix(labels, guess, labels=classes),
        f["/metrics/confusion"][last]), 0)
    scores = precision_recall_fscore_support(
        labels, guess, labels=classes, zero_division=0)
    for name, value in zip(("precision", "recall", "f1", "support"), scores):
        check(name, largest(value, f["/metrics/" + name][last]), 4e-16)


def compare_maps(f, best, x, labels, mode):
    y = torch.from_numpy(labels[:MAPS].astype(np.int64))
    with torch.no_grad():
        guess = best(x[:MAPS]).argmax(1)
    target = {"true": y, "predicted": guess, "sum": None}[mode]
    black = torch.full_like(x[:MAPS], -1)
    saliency = basic.maps(best, x[:MAPS], target)
    baseline = basic.maps(best, black, target)
    brightness = (x[:MAPS, 0].numpy() + 1) / 2
    want = {"saliency": saliency, "baseline": baseline,
            "delta": saliency - baseline,
            "overlay": (saliency - baseline) * brightness}
    for name, value in want.items():
        scale = np.abs(value).max() or 1  # a blank may leave no slope at all
        check("%s maps (%s), of the largest" % (name, mode),
              largest(value, f["/saliency/" + name][-1]) / scale, 1e-5)


with tempfile.TemporaryDirectory() as scratch:
    f = run(scratch + "/train", "--epochs", "1", "--stages", "train")
    x = basic.normalise(basic.read_idx(data, "train-images-idx3-ubyte")[:TRAIN],
                        torch.float64)
    y = torch.from_numpy(basic.read_idx(
        data, "train-labels-idx1-ubyte")[:TRAIN].astype(np.int64))
    best = compare_training(f, x, y)
    x = basic.normalise(basic.read_idx(data, "t10k-images-idx3-ubyte")[:TEST],
                        torch.float64)
    labels = basic.read_idx(data, "t10k-labels-idx1-ubyte")[:TEST]
    compare_test(f, best, x, labels)
    f.close()
    for mode in ("true", "predicted", "sum"):
        f = run(scratch + "/" + mode, "--init", scratch + "/train/results.h5",
                "--epochs", "0", "--stages", "explain", "--target", mode)
        compare_maps(f, best, x, labels, mode)
        f.close()
print("compare_torch: %s" % ("ok" if failed == 0 else "%d over bound" % failed))
sys.exit(failed > 0)
