"""PyTorch on one thread.

torch_train.py choose DATA BATCH            the fastest variant, its rivals
torch_train.py rate DATA BATCH VARIANT N    images/s of training on N images
torch_train.py original DATA VARIANT N M    seconds of the original's two
                                            epochs: train on N, evaluate M
"""
import sys
import time

import torch

import torch_net


def choose(data, batch):
    x, y = torch_net.load(data, "train", 60 * batch)
    name, rate = torch_net.fastest(x, y, batch)
    print(name, *(f"{v}={r:.0f}" for v, r in rate.items()))


def rate_of(data, batch, variant, count):
    x, y = torch_net.load(data, "train", count)
    net, x = torch_net.prepare(variant, x, batch)
    optimizer = torch_net.adam(net, 1e-3)
    torch_net.train(net, optimizer, x[:20 * batch], y, batch)
    print(f"{count / torch_net.train(net, optimizer, x, y, batch):.0f}")


def original(data, variant, count, tests):
    x, y = torch_net.load(data, "train", count)
    test, truth = torch_net.load(data, "t10k", tests)
    net, x = torch_net.prepare(variant, x, 32)
    if variant == "channels_last":
        test = test.contiguous(memory_format=torch.channels_last)
    optimizer = torch_net.adam(net, 1e-5)
    loss_of = torch.nn.CrossEntropyLoss()
    start = time.perf_counter()
    for _ in range(2):
        torch_net.train(net, optimizer, x, y, 32)
        with torch.no_grad():
            for i in range(0, tests, 32):
                loss_of(net(test[i:i + 32]), truth[i:i + 32])
    print(f"{time.perf_counter() - start:.3f}")


def main():
    torch.set_num_threads(1)
    verb, data, *rest = sys.argv[1:]
    if verb == "choose":
        choose(data, int(rest[0]))
    elif verb == "rate":
        rate_of(data, int(rest[0]), rest[1], int(rest[2]))
    else:
        original(data, rest[0], int(rest[1]), int(rest[2]))


if __name__ == "__main__":
    main()
