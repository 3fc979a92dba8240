#!/usr/bin/env python3
"""What becomes of recall, cost and cells as an index grows to three times its size with other vectors.

    growth.py BENCH_INDEX_BINARY [--count N] [--dimension D] [--runs R]

N vectors of one mixture, then 2 N of another, appended and tended a twentieth of N at a time, never
compacted. At some moments, most of them shortly before a merge of all segments is due, a copy is compacted:
one segment, as if built at once. Both are asked for several recalls by queries of both mixtures, in the
proportion of their vectors. `drop` is what the grown index finds less than the compacted one would with
as many rows scanned, in points; between measured recalls that is interpolated over the logarithm of the
rows. `cpu` is the median time of a search of the grown index in units of that of the compacted one for
the same recall. Each run has mixtures of its own; of `drop` the mean and the worst are shown.
"""
import argparse
import json
import os
import shutil
import statistics
import tempfile

import numpy as np

from bench import Vitrine
from mixtures import mixture

QUERIES = 3000
TURN = 250
PARTS = 40
MOMENTS = (6, 16, 24, 30, 40)
RECALLS = (0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995)
SHOWN = (0.9, 0.95, 0.98)


class Searched:
    """An index under the same queries for each recall: what it reached, rows scanned, CPU times."""

    def __init__(self, binary, folder, queries):
        self.vitrine = Vitrine(binary, folder, queries.shape[1])
        self.vitrine.give("queries", queries)
        self.vitrine.ask("open")
        self.vitrine.ask("search", 10, 0, len(queries))
        self.exact = self.vitrine.answers(10)["row"]
        self.rows = {recall: [] for recall in RECALLS}
        self.cpu = {recall: [] for recall in RECALLS}
        self.found = {recall: [] for recall in RECALLS}

    def search(self, recall, first, count):
        took = self.vitrine.ask("search", 10, first, count, recall)
        self.rows[recall].append(took["scanned"])
        self.cpu[recall] += took["cpu"]
        for mine, exact in zip(self.vitrine.answers(10)["row"], self.exact[first:first + count]):
            self.found[recall].append(len(np.intersect1d(mine, exact)) / 10)

    def curve(self):
        self.vitrine.close()
        return np.array([(np.mean(self.found[recall]), np.mean(self.rows[recall]),
                          statistics.median(self.cpu[recall]) * 1e3) for recall in RECALLS])


def moment(binary, folder, queries):
    """The index as it stands and a compacted copy, taking turns."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(folder)) as copy:
        shutil.copytree(folder + "/index", copy + "/index")
        vitrine = Vitrine(binary, copy, queries.shape[1])
        vitrine.ask("tend")
        vitrine.close()
        both = [Searched(binary, place, queries) for place in (folder, copy)]
        for recall in RECALLS:
            for first in range(0, len(queries), TURN):
                for searched in both:
                    searched.search(recall, first, min(TURN, len(queries) - first))
        grown, compacted = (searched.curve() for searched in both)
    # Rows by recall, then recall by rows: the drop where the compacted index finds so much.
    rows = np.interp(SHOWN, compacted[:, 0], np.log(compacted[:, 1]))
    drop = np.array(SHOWN) - np.interp(rows, np.log(grown[:, 1]), grown[:, 0])
    cpu = [np.exp(np.interp(SHOWN, curve[:, 0], np.log(curve[:, 2])))
           for curve in (grown, compacted)]
    return {
        "drop": dict(zip(SHOWN, np.round(100 * drop, 2))),
        "cpu": dict(zip(SHOWN, np.round(cpu[0] / cpu[1], 2))),
        "grown": table(grown), "compacted": table(compacted)}


def table(curve):
    return {recall: {"reached": round(reached, 4), "scanned": round(scanned),
                     "cpu_ms": round(cpu, 4)}
            for recall, (reached, scanned, cpu) in zip(RECALLS, curve)}


def growth(binary, count, dimension, run):
    first = mixture(count + QUERIES, dimension, seed=2 * run + 1)
    second = mixture(2 * count + QUERIES, dimension, seed=2 * run + 2)
    rows = np.concatenate([first[:count], second[:2 * count]])
    asked = [first[count:], second[2 * count:]]
    moments = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as top:
        folder = top + "/grown"
        os.mkdir(folder)
        cpu = merged = start = 0
        for part in range(PARTS + 1):
            end = count + 2 * count * part // PARTS
            vitrine = Vitrine(binary, folder, dimension)
            vitrine.give("load", rows[start:end])
            grown = vitrine.ask("grow")
            vitrine.close()
            start = end
            cpu += grown["cpu"]
            merged += grown["merged"]
            if part in MOMENTS:
                old = QUERIES * count // end
                queries = np.concatenate([asked[0][:old], asked[1][:QUERIES - old]])
                moments.append(
                    {"vectors": end, "segments": grown["segments"],
                     "imbalance": round(grown["imbalance"], 3)}
                    | moment(binary, folder, queries))
    return {"moments": moments, "written_anew_per_vector": round(merged / (3 * count), 2),
            "grow_cpu_us_per_vector": round(cpu / (3 * count) * 1e6, 1)}


def summary(runs):
    """By moment, over all runs."""
    for steps in zip(*(run["moments"] for run in runs)):
        yield {
            "vectors": steps[0]["vectors"],
            "imbalance": max(step["imbalance"] for step in steps)
        } | {
            name: {recall: round(float(merge([step[kind][recall] for step in steps])), 2)
                   for recall in SHOWN}
            for name, kind, merge in (("drop", "drop", np.mean), ("worst_drop", "drop", max),
                                      ("cpu", "cpu", np.mean))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--dimension", type=int, default=256)
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    runs = [growth(options.binary, options.count, options.dimension, run)
            for run in range(options.runs)]
    print(json.dumps({"vectors": 3 * options.count, "dimension": options.dimension,
                      "summary": list(summary(runs)), "runs": runs}, indent=1, default=float))


if __name__ == "__main__":
    main()
