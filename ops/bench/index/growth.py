#!/usr/bin/env python3
"""What becomes of recall, cost and cells as an index grows to three times its size with other vectors.

    growth.py BENCH_INDEX_BINARY [--count N] [--dimension D]

N vectors of one mixture, then 2 N of another, appended and tended a twentieth at a time, never
compacted. Beside it the same vectors in an index compacted at the end. Queries are of both mixtures,
one to two.
"""
import argparse
import json
import os
import statistics
import tempfile

import numpy as np

from bench import Vitrine
from mixtures import mixture

QUERIES = 300


def measure(binary, folder, queries):
    vitrine = Vitrine(binary, folder, queries.shape[1])
    vitrine.give("queries", queries)
    vitrine.ask("open")
    vitrine.ask("search", 10, 0, QUERIES)
    exact = vitrine.answers(10)["row"]
    report = {}
    for recall in (0.9, 0.95, 0.99):
        took = vitrine.ask("search", 10, 0, QUERIES, recall)
        found = vitrine.answers(10)["row"]
        reached = np.mean([len(np.intersect1d(a, b)) for a, b in zip(found, exact)]) / 10
        report[recall] = {"reached": round(float(reached), 4), "scanned": round(took["scanned"]),
                          "cpu_ms": round(statistics.median(took["cpu"]) * 1e3, 3)}
    vitrine.close()
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--dimension", type=int, default=256)
    options = parser.parse_args()
    count, third = options.count, QUERIES // 3
    first = mixture(count + third, options.dimension, seed=1)
    second = mixture(2 * count + 2 * third, options.dimension, seed=2)
    queries = np.concatenate([first[count:], second[2 * count:]])
    parts = [first[:count], *np.array_split(second[:2 * count], 40)]
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        vitrine = Vitrine(options.binary, folder, options.dimension)
        cpu = merged = 0
        for part in parts:
            vitrine.give("load", part)
            grown = vitrine.ask("grow")
            cpu += grown["cpu"]
            merged += grown["merged"]
        vitrine.close()
        report = {"vectors": 3 * count, "segments": grown["segments"],
                  "imbalance": round(grown["imbalance"], 3),
                  "written_anew_per_vector": round(merged / (3 * count), 2),
                  "grow_cpu_us_per_vector": round(cpu / (3 * count) * 1e6, 1),
                  "grown": measure(options.binary, folder, queries)}
        vitrine = Vitrine(options.binary, folder, options.dimension)
        vitrine.ask("tend")
        vitrine.close()
        report["compacted"] = measure(options.binary, folder, queries)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
