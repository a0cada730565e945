"""Network `basic` and MNIST for the PyTorch side of bench.sh.

The loop is PyTorch at its best: all images are float tensors in memory,
already shuffled, so that a batch is a view; gradients are set to None; no
value is fetched from a tensor inside the loop.
"""
import os
import time

import numpy
import torch
from torch import nn

VARIANTS = ("eager", "channels_last", "jit")


def load(directory, part, count):
    """Images (count, 1, 28, 28) in -1..1 and labels of "train" or "t10k"."""
    def idx(kind, skip):
        path = os.path.join(directory, f"{part}-{kind}-ubyte")
        return numpy.fromfile(path, numpy.uint8)[skip:]

    x = idx("images-idx3", 16).reshape(-1, 1, 28, 28)[:count]
    y = idx("labels-idx1", 8)[:count]
    x = torch.from_numpy((x.astype(numpy.float32) / 255 - 0.5) / 0.5)
    return x, torch.from_numpy(y.astype(numpy.int64))


def network():
    """Conv 3x3: 1, 10, 7, 5, 1 channels, ReLU after each; linear 400 -> 10."""
    layers = []
    for before, after in ((1, 10), (10, 7), (7, 5), (5, 1)):
        layers += [nn.Conv2d(before, after, 3), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(400, 10))


def prepare(variant, x, batch):
    """A network of that variant, and images in the layout it wants."""
    torch.manual_seed(1)
    net = network()
    if variant == "channels_last":
        net = net.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    elif variant == "jit":
        net = torch.jit.trace(net, x[:batch])
    return net, x


def adam(net, rate):
    """Adam over all parameters at once where that exists: the faster way."""
    try:
        return torch.optim.Adam(net.parameters(), lr=rate, foreach=True)
    except TypeError:
        return torch.optim.Adam(net.parameters(), lr=rate)


def train(net, optimizer, x, y, batch):
    """One pass; seconds."""
    loss_of = nn.CrossEntropyLoss()
    start = time.perf_counter()
    for i in range(0, len(x), batch):
        optimizer.zero_grad(set_to_none=True)
        loss_of(net(x[i:i + batch]), y[i:i + batch]).backward()
        optimizer.step()
    return time.perf_counter() - start


def fastest(x, y, batch):
    """The variant that is fastest here, and the images/s of each."""
    rate = {}
    for variant in VARIANTS:
        net, images = prepare(variant, x, batch)
        optimizer = adam(net, 1e-3)
        train(net, optimizer, images[:20 * batch], y, batch)
        best = min(train(net, optimizer, images[:60 * batch], y, batch)
                   for _ in range(3))
        rate[variant] = 60 * batch / best
    return max(rate, key=rate.get), rate
