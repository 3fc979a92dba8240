#!/usr/bin/env python3
"""Runs the index and FAISS on the same vectors, one after the other in one run, one thread each.

    pip install numpy faiss-cpu
    peers.py BENCH_INDEX_BINARY [COUNT [DIMENSION [QUERIES]]]

The vectors are a mixture of clusters whose variances fall as i^-1.1, rotated at random, as features of
pictures do. Prints one JSON object a line; times are thread CPU in milliseconds.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = "1"
import faiss  # noqa: E402
import numpy as np  # noqa: E402


def mixture(count, dimension, clusters, generator):
    spread = np.arange(1, dimension + 1) ** -0.55
    rotation = np.linalg.qr(generator.standard_normal((dimension, dimension)))[0].astype("f4")
    centres = generator.standard_normal((clusters, dimension)) * spread
    offset = generator.standard_normal(dimension) * 0.15
    out = np.empty((count, dimension), "f4")
    for start in range(0, count, 50_000):
        n = min(50_000, count - start)
        rows = centres[generator.integers(clusters, size=n)] * 0.8
        rows += generator.standard_normal((n, dimension)) * spread * 0.6 + offset
        out[start:start + n] = rows.astype("f4") @ rotation
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    return out


def main():
    binary = sys.argv[1]
    count, dimension, queries = (int(a) for a in (sys.argv[2:] + ["200000", "512", "100"][len(sys.argv) - 2:]))
    faiss.omp_set_num_threads(1)
    generator = np.random.default_rng(1)
    rows = mixture(count + queries, dimension, max(10, count // 500), generator)
    rows, sought = rows[:count], rows[count:]
    peer = faiss.IndexFlatIP(dimension)
    peer.add(rows)
    with tempfile.TemporaryDirectory() as folder:
        rows.tofile(folder + "/vectors")
        sought.tofile(folder + "/queries")
        subprocess.run(
            [binary, folder + "/vectors", folder + "/queries", str(dimension), folder + "/index"],
            check=True)
    for k in (10, 100):
        times = []
        for row in sought:
            start = time.thread_time()
            peer.search(row[None], k)
            times.append((time.thread_time() - start) * 1e3)
        print(json.dumps({"faiss_flat_ip_k": k, "ms_median": statistics.median(times)}))


if __name__ == "__main__":
    main()
