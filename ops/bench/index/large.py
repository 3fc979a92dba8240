#!/usr/bin/env python3
"""An index larger than what one would hold in memory as fp32: what it takes, and whether it is exact.

    large.py BENCH_INDEX_BINARY [--count N] [--dimension D] [--element E] [--queries Q] [--json]

Vectors are made, appended and thrown away in parts; then the index is opened by a process of its own
and asked one query after the other. Brute force over the same parts, made again, checks every answer at
k = 10 and k = 100, and the recall of approximate ones. Beside it: what FAISS's flat index takes for a part, times
the parts, as a flat scan's cost is proportional to its rows. Times are CPU milliseconds a query, medians.

10,000,000 x 256 needs some 20 GB of disk under TMPDIR and half an hour.
"""
import argparse
import json
import os
import statistics
import sys
import tempfile

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
import faiss  # noqa: E402
import numpy as np  # noqa: E402

import bench  # noqa: E402
import mixtures  # noqa: E402

RECALLS = {10: (0.95, 0.99), 100: (0.95,)}


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=10_000_000)
    parser.add_argument("--dimension", type=int, default=256)
    parser.add_argument("--element", choices=("f32", "f16", "i8"), default="f16")
    parser.add_argument("--queries", type=int, default=64)
    parser.add_argument("--json", action="store_true", help="one object instead of lines")
    return parser.parse_args()


def peak(process):
    """The most bytes that a process had in memory, mapped files included."""
    with open(f"/proc/{process.pid}/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def gathered(parts, most):
    """Parts joined to blocks of about `most` rows."""
    block = []
    for part in parts:
        block.append(part)
        if sum(map(len, block)) >= most:
            yield np.concatenate(block)
            block = []
    if block:
        yield np.concatenate(block)


def best(found, fresh, k):
    """The first k of two lists of keys and scores, by score and then by key."""
    keys, scores = (np.concatenate(pair) for pair in zip(found, fresh))
    order = np.lexsort((keys, -scores))[:k]
    return keys[order], scores[order]


def main():
    options = parsed()
    faiss.omp_set_num_threads(1)

    def rows():
        """All but the queries, which are the mixture's first rows."""
        parts = mixtures.parts(options.count + options.queries, options.dimension)
        return gathered((part[options.queries * (n == 0):] for n, part in enumerate(parts)), 200_000)

    def note(text):
        if sys.stderr.isatty():
            print(f"\r{text:60}", end="", file=sys.stderr, flush=True)

    queries = next(mixtures.parts(options.count + options.queries, options.dimension))
    queries = queries[:options.queries]
    report = {"vectors": options.count, "dimension": options.dimension, "element": options.element}
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        vitrine = bench.Vitrine(options.binary, folder, options.dimension, options.element)
        cpu = done = 0
        for block in rows():
            cpu += vitrine.give("load", block)["cpu"]
            done += len(block)
            note(f"{done:,} appended")
        note("making codes and cells")
        tended = vitrine.ask("tend")
        report |= {
            "append_cpu_ms_per_1000": cpu / options.count * 1e6,
            "tend_cpu_minutes": tended["cpu"] / 60, "tend_wall_minutes": tended["wall"] / 60,
            "build_peak_gib": peak(vitrine.process) / 2 ** 30,
            "disk_bytes_per_vector": sum(
                entry.stat().st_size for entry in os.scandir(folder + "/index")) / options.count}
        vitrine.close()
        vitrine = bench.Vitrine(options.binary, folder, options.dimension, options.element)
        vitrine.give("queries", queries)
        report["open_to_first_answer_ms"] = vitrine.ask("open")["wall"] * 1e3
        asked = [(k, recall) for k in bench.KS for recall in (1, *RECALLS[k])]
        answers, times = {}, {}
        vitrine.ask("search", 100, 0, options.queries)
        vitrine.answers(100)
        for k, recall in asked:
            note(f"k = {k}, recall {recall}")
            took = vitrine.ask("search", k, 0, options.queries, recall)
            answers[k, recall] = vitrine.answers(k)
            times[k, recall] = {clock: statistics.median(took[clock]) * 1e3 for clock in ("cpu", "wall")}
        batch = vitrine.ask("batch", 10, 0, options.queries)["cpu"] / options.queries * 1e3
        last = vitrine.ask("search", 10, 0, 1)
        report |= {"anon_mib": last["anon_bytes"] / 2 ** 20, "rss_gib": last["rss_bytes"] / 2 ** 30,
                   "search_peak_gib": peak(vitrine.process) / 2 ** 30}
        vitrine.close()
    flat, exact, done = [], {k: [((), ())] * options.queries for k in bench.KS}, 0
    for block in rows():
        block = mixtures.stored(block, options.element)
        for k in bench.KS:
            fresh = bench.brute_force(block, queries, k)
            exact[k] = [best(a, (keys + done, scores), k) for a, (keys, scores) in zip(exact[k], fresh)]
        index = faiss.IndexFlatIP(options.dimension)
        index.add(block)
        flat.append(statistics.median(
            bench.timed(lambda row: index.search(row, 10), queries[:8])["cpu"]) * 1e3)
        done += len(block)
        note(f"{done:,} compared")
    note("")
    report["flat_cpu_ms"] = sum(flat)
    report["exact_batch_cpu_ms"] = batch
    for k, recall in asked:
        pairs = list(zip(answers[k, recall], exact[k]))
        title = f"k = {k}, " + ("exact" if recall == 1 else f"recall {recall}")
        report[title] = {clock + "_ms": times[k, recall][clock] for clock in ("cpu", "wall")}
        report[title] |= {"times_flat": sum(flat) / times[k, recall]["cpu"]}
        report[title] |= {"differ": sum(
            not (np.array_equal(mine["row"], keys) and np.array_equal(mine["score"], scores))
            for mine, (keys, scores) in pairs)} if recall == 1 else {"reached": float(np.mean(
                [len(np.intersect1d(mine["row"], keys)) / k for mine, (keys, _) in pairs]))}
    if options.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name}: {bench.rounded(value)}")


if __name__ == "__main__":
    main()
