#!/usr/bin/python3
"""Write tests/golden/tsne.bin: scikit-learn's exact t-SNE of 300 made-up points.

The perplexity is (N - 1) / 3, so that both sides use all neighbours.

    /usr/bin/python3 tests/golden/make_tsne.py tests/golden/tsne.bin

Little-endian: int32 N, D, d; float32 features (N, D), start (N, d), end (N, d);
int32 labels (N); float64 KL of the end, trustworthiness of the end for 5 and
12 neighbours, leave-one-out accuracy of a vote of 10 by features and on the
map.  Made with scikit-learn 1.2.1, numpy 1.24.2.
"""

import sys

import numpy as np
from sklearn.manifold import TSNE, trustworthiness
from sklearn.neighbors import KNeighborsClassifier

N, D = 300, 12


def features():
    """A bent, noisy sheet, three times as long as wide, in six stripes: two
    descents of such data end in the same place."""
    rng = np.random.RandomState(7)
    long, wide = 3 * rng.uniform(size=N), rng.uniform(size=N)
    wave = np.arange(1, D + 1)
    x = np.cos(0.1 * wave * long[:, None] + wave) + 0.3 * wide[:, None] * (wave % 2)
    label = (2 * long).astype(np.int32)
    return (x + 0.02 * rng.normal(size=(N, D))).astype("<f4"), label


def accuracy(x, label):
    """Leave-one-out accuracy of ten neighbours' vote."""
    right = 0
    for i in range(N):
        rest = np.arange(N) != i
        model = KNeighborsClassifier(10, algorithm="brute")
        model.fit(x[rest].astype(float), label[rest])
        right += model.predict(x[i : i + 1].astype(float))[0] == label[i]
    return right / N


def main(path):
    x, label = features()
    u, size, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    start = (u[:, :2] * size[:2] / (u[:, 0] * size[0]).std() * 1e-4).astype("<f4")
    model = TSNE(2, perplexity=(N - 1) / 3, method="exact", init=start, n_iter=1000,
                 learning_rate="auto", min_grad_norm=0,
                 n_iter_without_progress=1000)
    end = model.fit_transform(x).astype("<f4")
    scores = [model.kl_divergence_,
              trustworthiness(x.astype(float), end.astype(float), n_neighbors=5),
              trustworthiness(x.astype(float), end.astype(float), n_neighbors=12),
              accuracy(x, label), accuracy(end, label)]
    with open(path, "wb") as out:
        np.array([N, D, 2], "<i4").tofile(out)
        for part in (x, start, end, label.astype("<i4"), np.array(scores, "<f8")):
            part.tofile(out)
    print(scores)


main(sys.argv[1])
