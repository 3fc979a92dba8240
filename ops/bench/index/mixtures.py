"""The vectors of the benchmark: a generated mixture, or features from a file.

`mixture` resembles features of pictures in the three ways that decide what a search costs:

- variances along the principal axes fall as i^-1.1 (256 features of clothes photos by the default
  model fall as i^-1.18, with 80 % of the variance on the first 64 axes);
- vectors come in clusters of about 500, whose centres have that spectrum too and hold 64 % of the
  variance, so that a vector's neighbours are far nearer than a vector drawn at random;
- the mean is not zero, and the axes are rotated at random, so that no coordinate is special.

Queries are drawn from the same mixture and are not among the vectors.
"""
import numpy as np


def unit(rows):
    """Divided by their length in double and rounded once, which the index then leaves as it is."""
    rows = rows.astype("f8")
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("f4")


def mixture(count, dimension, seed=1, rows_per_cluster=500):
    generator = np.random.default_rng(seed)
    clusters = max(10, count // rows_per_cluster)
    spread = (np.arange(1, dimension + 1) ** -0.55).astype("f4")
    rotation = np.linalg.qr(generator.standard_normal((dimension, dimension)))[0].astype("f4")
    centres = generator.standard_normal((clusters, dimension), dtype="f4") * spread * 0.8
    offset = generator.standard_normal(dimension, dtype="f4") * 0.15
    out = np.empty((count, dimension), "f4")
    for start in range(0, count, 50_000):
        part = out[start:start + 50_000]
        rows = generator.standard_normal(part.shape, dtype="f4") * spread * 0.6
        rows += centres[generator.integers(clusters, size=len(part))]
        part[:] = unit((rows + offset) @ rotation)
    return out


def features(path):
    """The unit rows of a .npy file, or of .fvecs (each row: its dimension as i32, then fp32)."""
    if path.endswith(".npy"):
        rows = np.load(path).astype("f4")
    else:
        words = np.fromfile(path, "i4")
        rows = words.reshape(-1, words[0] + 1)[:, 1:].copy().view("f4")
    return unit(rows)


def split(rows, queries, seed=1):
    """Vectors and queries, drawn at random; equal rows are kept once."""
    rows = np.unique(rows, axis=0)
    order = np.random.default_rng(seed).permutation(len(rows))
    return rows[order[queries:]], rows[order[:queries]]
