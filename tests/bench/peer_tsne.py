"""t-SNE of the embeddings in a results file of ours by another program.

peer_tsne.py find PEER                       says nothing where it can be used,
                                             else why not, and fails
peer_tsne.py map PEER RESULTS THREADS ITERATIONS DIMS OUT
                                             prints the seconds of the map

PEER is sklearn, opentsne (Python modules), fitsne (the program fast_tsne on
PATH) or rtsne (R with its package Rtsne).  OUT gets the positions as float32,
shape (N, DIMS).  Perplexity 30, positions from PCA, each program's defaults in
everything else.  The seconds are those of the map alone: reading the features,
and for programs of their own the files between us, are not counted.
"""
import importlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

PERPLEXITY = 30.0
RTSNE = r"""
a <- commandArgs(trailingOnly = TRUE)
n <- as.integer(a[2]); d <- as.integer(a[3]); dims <- as.integer(a[4])
x <- matrix(readBin(a[1], "numeric", n * d, size = 4), n, d, byrow = TRUE)
s <- matrix(readBin(a[5], "numeric", n * dims, size = 4), n, dims, byrow = TRUE)
t <- system.time(m <- Rtsne::Rtsne(x, dims = dims, perplexity = 30,
    pca = FALSE, normalize = FALSE, check_duplicates = FALSE, Y_init = s,
    stop_lying_iter = 250L, mom_switch_iter = 250L, eta = max(200, n / 12),
    max_iter = as.integer(a[6]), num_threads = as.integer(a[7])))
writeBin(as.vector(t(m$Y)), a[8], size = 4)
cat(t[["elapsed"]], "\n")
"""


def start(x, dims):
    """First principal components, the first with deviation 1e-4."""
    import numpy
    from sklearn.decomposition import PCA

    y = PCA(n_components=dims, svd_solver="randomized",
            random_state=1).fit_transform(x)
    return (y / numpy.std(y[:, 0]) * 1e-4).astype("float64")


def sklearn(x, threads, iterations, dims):
    from sklearn.manifold import TSNE

    tsne = TSNE(n_components=dims, n_iter=iterations, perplexity=PERPLEXITY,
                init="pca", learning_rate="auto", n_jobs=threads,
                random_state=1)
    since = time.perf_counter()
    y = tsne.fit_transform(x)
    return time.perf_counter() - since, y


def opentsne(x, threads, iterations, dims):
    from openTSNE import TSNE

    method = "fft" if dims < 3 else "bh"
    tsne = TSNE(n_components=dims, n_iter=iterations - 250,
                early_exaggeration_iter=250, perplexity=PERPLEXITY,
                n_jobs=threads, negative_gradient_method=method,
                random_state=1)
    since = time.perf_counter()
    y = tsne.fit(x)
    return time.perf_counter() - since, y


def fitsne_file(path, x, y, iterations):
    """What fast_tsne 1.2.1 reads: sizes and settings, the rows, a seed."""
    n, d = x.shape
    auto = max(200.0, n / 12.0)
    trees = 50
    near = int(3 * PERPLEXITY * trees)
    with open(path, "wb") as f:
        f.write(struct.pack("=2i2d", n, d, 0.5, PERPLEXITY))
        f.write(struct.pack("=4i", y.shape[1], iterations, 250, 250))
        f.write(struct.pack("=4d", 0.5, 0.8, auto, 5.0))
        f.write(struct.pack("=id2i", -1, -1.0, 2, 1))  # FFT, Annoy
        f.write(struct.pack("=d4i", 12.0, 0, trees, near, -1))
        f.write(struct.pack("=didi", -1.0, 3, 1.0, 50))
        f.write(x.astype("float64").tobytes())
        f.write(struct.pack("=idi", 1, 1.0, 0))
        f.write(y.tobytes())


def fitsne(x, threads, iterations, dims):
    import numpy

    if dims != 2:
        sys.exit("FIt-SNE's Fourier transforms are for maps in the plane")
    with tempfile.TemporaryDirectory() as folder:
        source, target = folder + "/data.dat", folder + "/result.dat"
        since = time.perf_counter()
        y = start(x, dims)
        seconds = time.perf_counter() - since
        fitsne_file(source, x, y, iterations)
        since = time.perf_counter()
        subprocess.run(["fast_tsne", "1.2.1", source, target, str(threads)],
                       check=True, cwd=folder, stdout=subprocess.DEVNULL)
        seconds += time.perf_counter() - since
        with open(target, "rb") as f:
            n, width = struct.unpack("=2i", f.read(8))
            y = numpy.fromfile(f, "float64", n * width).reshape(n, width)
    return seconds, y


def rtsne(x, threads, iterations, dims):
    import numpy

    n, d = x.shape
    with tempfile.TemporaryDirectory() as folder:
        x.astype("float32").tofile(folder + "/x")
        start(x, dims).astype("float32").tofile(folder + "/y")
        said = subprocess.run(
            ["Rscript", "-e", RTSNE, folder + "/x", str(n), str(d), str(dims),
             folder + "/y", str(iterations), str(threads), folder + "/map"],
            check=True, capture_output=True, text=True).stdout
        y = numpy.fromfile(folder + "/map", "float32").reshape(n, dims)
    return float(said.split()[-1]), y


PEERS = {"sklearn": sklearn, "opentsne": opentsne, "fitsne": fitsne,
         "rtsne": rtsne}


def missing(peer):
    """What this peer lacks here, or None."""
    modules = ["numpy", "h5py", "sklearn"]
    modules += ["openTSNE"] if peer == "opentsne" else []
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            return f"{sys.executable} has no module {name}"
    if peer == "fitsne" and not shutil.which("fast_tsne"):
        return "no program fast_tsne on PATH"
    if peer == "rtsne":
        if not shutil.which("Rscript"):
            return "no program Rscript on PATH"
        if subprocess.run(["Rscript", "-e", "library(Rtsne)"],
                          capture_output=True, check=False).returncode:
            return "R has no package Rtsne"
    return None


def main():
    verb, peer, *rest = sys.argv[1:]
    if verb == "find":
        lacks = missing(peer)
        if lacks:
            sys.exit(f"peer left out: {peer}: {lacks}")
        return
    results, threads, iterations, dims, out = rest
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = threads
    import h5py

    with h5py.File(results) as f:
        x = f["/embedding/features"][:]
    seconds, y = PEERS[peer](x, int(threads), int(iterations), int(dims))
    y.astype("float32").tofile(out)
    print(f"{seconds:.3f}")


if __name__ == "__main__":
    main()
