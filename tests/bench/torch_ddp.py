"""PyTorch DistributedDataParallel: gloo, processes of one thread each.

torch_ddp.py DATA PROCESSES N VARIANT BATCH...

Prints "BATCH IMAGES_PER_SECOND" for each global batch: one pass over N images,
dealt out evenly, between two barriers.
"""
import sys
import tempfile
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.nn.parallel import DistributedDataParallel

import torch_net


def measure(rank, size, x, y, variant, batch):
    """Images/s of all processes."""
    share = batch // size
    x, y = x[rank::size], y[rank::size]
    net, x = torch_net.prepare(variant, x, share)
    net = DistributedDataParallel(net, gradient_as_bucket_view=True,
                                  broadcast_buffers=False)
    optimizer = torch_net.adam(net, 1e-3)
    torch_net.train(net, optimizer, x[:10 * share], y, share)
    steps = len(x) // share
    dist.barrier()
    start = time.perf_counter()
    torch_net.train(net, optimizer, x[:steps * share], y, share)
    dist.barrier()
    return steps * batch / (time.perf_counter() - start)


def process(rank, meeting, size, data, count, variant, batches):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=meeting, rank=rank,
                            world_size=size)
    x, y = torch_net.load(data, "train", count)
    for batch in batches:
        rate = measure(rank, size, x, y, variant, batch)
        if rank == 0:
            print(batch, f"{rate:.0f}", flush=True)
    dist.destroy_process_group()


def main():
    data, size, count, variant, *batches = sys.argv[1:]
    # A traced module cannot be wrapped in all versions: eager then.
    variant = "eager" if variant == "jit" else variant
    with tempfile.TemporaryDirectory() as directory:
        mp.spawn(process, nprocs=int(size),
                 args=(f"file://{directory}/meeting", int(size), data,
                       int(count), variant, [int(b) for b in batches]))


if __name__ == "__main__":
    main()
