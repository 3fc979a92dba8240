"""The vectors of the benchmark: generated, or features from a file.

What `mixture` makes resembles features of pictures in what decides the cost of a search. Points of a
mixture of 100 normal distributions in 16 dimensions pass through a random layer of tanh, so that they
lie on a bent surface rather than in separate heaps; the coordinates of its image get variances that
fall as i^-1.1, noise of 0.7 of that spread is added, and rows become unit length. Held against 10,540
features of crops of clothes photos by the default model (256 dimensions), 10,340 searched by 200:

                                             photos              mixture
    variance on the first 32/64/128 axes     .65/.79/.91         .72/.82/.92
    cosine of the 1st neighbour, median      .94                 .70
    of the 10th, of the 100th                .70, .46            .62, .47
    share of 128 k-means lists to probe      .03/.06/.13         .06/.06/.19
      for a recall@10 of .90/.95/.99

(Crops of one photo are nearer to each other than anything in the mixture.) Queries are drawn from the
same mixture and are not among the vectors.
"""
import numpy as np

LATENT, HEAPS, BEND, NOISE = 16, 100, 2.5, 0.7


def unit(rows):
    """Divided by their length in double and rounded once, which the index then leaves as it is."""
    rows = rows.astype("f8")
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("f4")


def parts(count, dimension, seed=1):
    """The rows of a mixture, up to 20,000 at a time."""
    generator = np.random.default_rng(seed)

    def normal(*shape):
        return generator.standard_normal(shape, dtype="f4")

    scale = (np.arange(1, LATENT + 1) ** -0.3).astype("f4")
    heaps = normal(HEAPS, LATENT)
    layer = normal(LATENT, 4 * dimension) * BEND / LATENT ** 0.5
    bias = normal(4 * dimension) / 2
    spread = (np.arange(1, dimension + 1) ** -0.55).astype("f4")

    def bent(size):
        points = normal(size, LATENT) * scale + heaps[generator.integers(HEAPS, size=size)]
        return np.tanh(points @ layer + bias)

    sample = bent(5000)
    middle = sample.mean(0)
    lengths, axes = np.linalg.svd(sample - middle, full_matrices=False)[1:]
    axes = (axes[:dimension].T / lengths[:dimension] * 5000 ** 0.5 * spread).astype("f4")
    for start in range(0, count, 20_000):
        size = min(20_000, count - start)
        yield unit((bent(size) - middle) @ axes + normal(size, dimension) * spread * NOISE)


def mixture(count, dimension, seed=1):
    out = np.empty((count, dimension), "f4")
    start = 0
    for part in parts(count, dimension, seed):
        out[start:start + len(part)] = part
        start += len(part)
    return out


def stored(rows, element):
    """What an index of such components keeps of unit rows; see docs/index-format.md."""
    if element == "f32":
        return rows
    if element == "f16":
        rounded = rows.astype("f2").astype("f4")
    else:
        largest = np.abs(rows).max(1, keepdims=True).astype("f8")
        rounded = np.rint(127 * rows.astype("f8") / largest).astype("f4")
    squares = (rounded.astype("f8") ** 2).sum(1, keepdims=True)
    return (1 / np.sqrt(squares)).astype("f4") * rounded


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
