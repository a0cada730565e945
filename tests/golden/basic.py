"""The network "basic" in PyTorch, as the original exigo has it, with the
samples, the normalisation and the results files of exigo-mpi.  Nothing of
exigo-mpi's own code is used: this is what it is compared with."""

import copy
import gzip
import os
import struct

import h5py
import numpy as np
import torch
from torch import nn

LAYERS = ["conv1", "conv2", "conv3", "conv4", "linear1"]


def read_idx(folder, name):
    """An IDX file, plain or gzip, as uint8 of its shape."""
    path = os.path.join(folder, name)
    if os.path.exists(path):
        data = open(path, "rb").read()
    else:
        data = gzip.open(path + ".gz", "rb").read()
    rank = data[3]
    shape = struct.unpack(">%di" % rank, data[4 : 4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def normalise(pixels, dtype):
    """ToTensor and Normalize(0.5, 0.5), in float32, then as `dtype`."""
    x = torch.from_numpy(pixels.copy()).to(torch.float32).div(255)
    return x.sub(0.5).div(0.5).unsqueeze(1).to(dtype)


def network(group, dtype):
    """The network with the parameters of /model/init or /model/best."""
    net = nn.Sequential(
        nn.Conv2d(1, 10, 3), nn.ReLU(),
        nn.Conv2d(10, 7, 3), nn.ReLU(),
        nn.Conv2d(7, 5, 3), nn.ReLU(),
        nn.Conv2d(5, 1, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(400, 10),
    ).to(dtype)
    with torch.no_grad():
        for name, layer in zip(LAYERS, parametric(net)):
            for kind in ("weight", "bias"):
                value = torch.from_numpy(np.array(group[name][kind]))
                assert getattr(layer, kind).shape == value.shape, name
                getattr(layer, kind).copy_(value)
    return net


def parametric(net):
    return [layer for layer in net if hasattr(layer, "weight")]


def flat(net):
    """All parameters in exigo-mpi's order: layer by layer, weight, bias."""
    return np.concatenate(
        [p.detach().numpy().ravel() for layer in parametric(net)
         for p in (layer.weight, layer.bias)])


def train(net, x, y, batch, steps, lr):
    """Adam on mean cross-entropy, samples in file order, again and again; a
    pass ends with a short batch.  Returns the loss of each step."""
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    losses = []
    while len(losses) < steps:
        for at in range(0, len(x), batch):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(
                net(x[at : at + batch]), y[at : at + batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            if len(losses) == steps:
                break
    return np.array(losses)


def disturbed(start, x, y, batch, steps, lr, times=3):
    """The losses of trainings whose first parameters are 1e-7 of themselves
    away, about a float's rounding: how far any two programs may differ."""
    losses = []
    for seed in range(times):
        torch.manual_seed(seed)
        net = copy.deepcopy(start)
        with torch.no_grad():
            for p in net.parameters():
                p.mul_(1 + 1e-7 * torch.randn_like(p))
        losses.append(train(net, x, y, batch, steps, lr))
    return np.array(losses)


def maps(net, x, target):
    """d logit[target] / d x per sample; target None: of the sum of logits."""
    x = x.clone().requires_grad_()
    logits = net(x)
    chosen = logits if target is None else logits.gather(1, target[:, None])
    chosen.sum().backward()
    return x.grad.numpy()[:, 0]
