"""scikit-learn's t-SNE of the embeddings in a results file of ours.

sklearn_tsne.py map RESULTS THREADS OUT.npy   seconds of the whole map
sklearn_tsne.py kl RESULTS OUT.npy            KL(P || Q) of ours and of theirs

For both maps P is the same: scikit-learn's own, from each point's 3 x 30
nearest neighbours; Q is normalised over all pairs, in double precision.
"""
import sys
import time

import h5py
import numpy
from sklearn.manifold import TSNE, _t_sne
from sklearn.neighbors import NearestNeighbors

PERPLEXITY = 30.0


def iterations(results):
    """As many as ours made."""
    with h5py.File(results) as f:
        return int(f["/tsne/iteration"][-1])


def make_map(results, threads, out):
    with h5py.File(results) as f:
        x = f["/embedding/features"][:]
    tsne = TSNE(n_iter=iterations(results), perplexity=PERPLEXITY, init="pca",
                learning_rate="auto", n_jobs=threads, random_state=1)
    start = time.perf_counter()
    y = tsne.fit_transform(x)
    print(f"{time.perf_counter() - start:.3f}")
    numpy.save(out, y)


def affinities(x):
    """P over ordered pairs i != j, sparse, sum 1."""
    near = NearestNeighbors(n_neighbors=int(3 * PERPLEXITY + 1)).fit(x)
    d = near.kneighbors_graph(mode="distance")
    d.data **= 2
    return _t_sne._joint_probabilities_nn(d, PERPLEXITY, 0).tocoo()


def kl(p, y):
    """Sum of p log(p / q), q = w / z, w = 1 / (1 + |yi - yj|^2)."""
    y = y.astype(numpy.float64)
    z = -float(len(y))  # the pairs i = i
    for i in range(0, len(y), 500):
        d = ((y[i:i + 500, None, :] - y[None, :, :]) ** 2).sum(axis=2)
        z += (1 / (1 + d)).sum()
    w = 1 / (1 + ((y[p.row] - y[p.col]) ** 2).sum(axis=1))
    keep = p.data > 0
    data = p.data[keep].astype(numpy.float64)
    data /= data.sum()
    return float((data * numpy.log(data * z / w[keep])).sum())


def main():
    verb, results, *rest = sys.argv[1:]
    if verb == "map":
        make_map(results, int(rest[0]), rest[1])
        return
    with h5py.File(results) as f:
        x = f["/embedding/features"][:]
        ours = f["/tsne/coordinates"][:]
    p = affinities(x)
    print(f"{kl(p, ours):.4f} {kl(p, numpy.load(rest[0])):.4f}")


if __name__ == "__main__":
    main()
