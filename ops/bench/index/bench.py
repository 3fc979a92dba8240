#!/usr/bin/env python3
"""The index beside its peers: same vectors, same queries, same run, taking turns, one thread each.

    bench.py BENCH_INDEX_BINARY [--count N] [--dimension D] [--features FILE] [--queries Q]
             [--check C] [--element E] [--memory BYTES] [--avx2] [--recall] [--graphs] [--peers NAME ...]
             [--json]

Needs numpy and faiss-cpu, and hnswlib and usearch for `--graphs`, which take long to build. `--features` takes
.npy or .fvecs instead of the generated mixture (see mixtures.py; `vitrine index dump --vectors` writes
such a file). Every contestant answers a share of
the queries, then the next has its turn, so that noise of the machine meets all of them. Batches are of 64
queries, four a turn. Times are milliseconds a query: CPU time of the searching thread and wall time, medians.

`--recall` measures approximate search. Each peer is tuned on the very queries: of the settings that
reach the recall it gets the fastest. The index chooses for itself; when it misses the recall by more
than 0.005 it is asked for more.

`--check C` compares the answers of C queries with brute force: all scores by a matrix product, those
within 10^-4 of the last place again in double precision, sorted by score as fp32 and then by key.
Half of them are asked one by one, half in batches.

`--memory` is the index's budget, 1 GiB as the server's: where it holds the vectors too they stay in memory,
where not they are read from the file. The resident bytes a vector are what the process has grown by since before it opened the index.

`--avx2` lets nobody use wider instructions than those.

`--element f16` or `i8` has the index round what it stores; the peers and brute force get the same rounded
vectors.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
if "--avx2" in sys.argv:
    os.environ |= {"FAISS_OPT_LEVEL": "avx2", "OPENBLAS_CORETYPE": "Haswell"}
import faiss  # noqa: E402
import numpy as np  # noqa: E402

import mixtures  # noqa: E402
import peers  # noqa: E402

KS = (10, 100)
RECALLS = {10: (0.95, 0.99), 100: (0.95,)}
TURNS = 5
BATCH, BATCHES = 64, 4


class Vitrine:
    """The program that holds our index, on the other end of a pipe."""

    def __init__(self, binary, folder, dimension, element="f32"):
        self.folder = folder
        self.process = subprocess.Popen(
            [binary, folder + "/index", str(dimension), element], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("bench-index ended")
        return json.loads(line)

    def give(self, command, rows):
        path = self.folder + "/rows"
        rows.tofile(path)
        answer = self.ask(command, path)
        os.remove(path)
        return answer

    def answers(self, k):
        path = self.folder + "/answers"
        self.ask("answers", path)
        hits = np.fromfile(path, [("row", "u4"), ("score", "f4")]).reshape(-1, k)
        os.remove(path)
        return hits

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def timed(search, rows):
    """CPU and wall seconds of one search after the other."""
    cpu, wall = [], []
    for row in rows:
        start = time.thread_time(), time.perf_counter()
        search(row[None])
        cpu.append(time.thread_time() - start[0])
        wall.append(time.perf_counter() - start[1])
    return {"cpu": cpu, "wall": wall}


def take_turns(contestants, queries):
    """Each contestant is a function from a range of queries to its times; their merged times."""
    times = {name: {"cpu": [], "wall": []} for name in contestants}
    edges = np.linspace(0, queries, TURNS + 1).astype(int)
    for first, last in zip(edges, edges[1:]):
        for name, run in contestants.items():
            answer = run(int(first), int(last - first))
            for clock in ("cpu", "wall"):
                times[name][clock] += answer[clock]
    return times


def exact_peers(rows):
    flat = faiss.IndexFlatIP(rows.shape[1])
    flat.add(rows)
    peers = {"faiss FlatIP": flat}
    if hasattr(faiss, "IndexFlatIPPanorama"):
        for levels in (8, 16):
            peers[f"faiss Panorama {levels}"] = faiss.IndexFlatIPPanorama(rows.shape[1], levels)
            peers[f"faiss Panorama {levels}"].add(rows)
    return peers


def whole_batches(search, queries):
    """Some calls for 64 queries each, from about where it is the turn of one-by-one searches."""
    def run(first, _):
        start = max(0, min(first, queries - BATCH))
        size = min(BATCH, queries)
        took = [search(start, size) for _ in range(BATCHES)]
        return {clock: [t[clock] / size for t in took] for clock in ("cpu", "wall")}
    return run


def blas(index, queries, k):
    """One call, which FAISS answers through BLAS above a threshold only."""
    def search(start, size):
        begin = time.thread_time(), time.perf_counter()
        index.search(queries[start:start + size], k)
        return {"cpu": time.thread_time() - begin[0], "wall": time.perf_counter() - begin[1]}
    return search


def exact_times(vitrine, rows, queries, count, results):
    """Adds the times of exact search by k to the results; what the last searches told."""
    rivals = exact_peers(rows)
    for k in KS:
        contestants = {"vitrine": lambda first, count: vitrine.ask("search", k, first, count)}
        for name, index in rivals.items():
            contestants[name] = lambda first, count, index=index: timed(
                lambda row: index.search(row, k), queries[first:first + count])
        contestants["vitrine, 64 at once"] = whole_batches(
            lambda start, size: vitrine.ask("batch", k, start, size), len(queries))
        contestants["faiss FlatIP, 64 at once"] = whole_batches(
            blas(rivals["faiss FlatIP"], queries, k), len(queries))
        results[f"k = {k}"] = summary(take_turns(contestants, count))
        last = vitrine.ask("search", k, 0, min(50, count))
        results[f"k = {k}"]["vitrine"] |= {"scored_share": round(last["scored"] / len(rows), 5)}
        vitrine.answers(k)
    return last


def ranks(vitrine, count):
    """The first 40,960 of many scores in order, which five varieties of ten hits need."""
    scores = np.random.default_rng(3).standard_normal(count).astype("f4") / 20
    limit = 10 * 4096
    times = {"vitrine": [], "numpy argsort": []}
    out = vitrine.folder + "/order"
    scores.tofile(vitrine.folder + "/rows")
    for _ in range(TURNS):
        times["vitrine"].append(vitrine.ask("ranks", vitrine.folder + "/rows", limit, out)["cpu"])
        start = time.thread_time()
        np.argsort(-scores)
        times["numpy argsort"].append(time.thread_time() - start)
    order = np.lexsort((np.arange(count), -scores))[:limit]
    same = bool(np.array_equal(order, np.fromfile(out, "u4")))
    report = {name + " ms": round(statistics.median(t) * 1e3, 2) for name, t in times.items()}
    return report | {"scores": count, "identical": same}


def brute_force(rows, queries, k):
    """The exact order as its definition says, by other means than the index has."""
    for start in range(0, len(queries), 64):
        block = queries[start:start + 64]
        scores = block @ rows.T
        last = np.partition(scores, -k, axis=1)[:, -k]
        for query, line, bound in zip(block, scores, last):
            near = np.flatnonzero(line >= bound - 1e-4)
            fine = (rows[near].astype("f8") @ query.astype("f8")).astype("f4")
            order = np.lexsort((near, -fine))[:k]
            yield near[order], fine[order]


def differences(vitrine, rows, queries, k):
    half = len(queries) // 2
    vitrine.ask("search", k, 0, half)
    for start in range(half, len(queries), BATCH):
        vitrine.ask("batch", k, start, min(BATCH, len(queries) - start))
    wrong = 0
    for mine, (near, fine) in zip(vitrine.answers(k), brute_force(rows, queries, k)):
        wrong += not (np.array_equal(mine["row"], near) and np.array_equal(mine["score"], fine))
    return wrong


def approximate(vitrine, rows, queries, names):
    """By k and recall: each contestant's times, ours with the recall it reached.

    Each peer takes turns with us alone, and is gone before the next one is built: together they
    would push out of memory what we map.
    """
    exact = {}
    for k in KS:
        vitrine.ask("search", k, 0, len(queries))
        exact[k] = vitrine.answers(k)["row"]

    def reached(k, recall):
        vitrine.ask("search", k, 0, len(queries), recall)
        pairs = zip(vitrine.answers(k)["row"], exact[k])
        return float(np.mean([len(np.intersect1d(a, b)) for a, b in pairs])) / k

    ours = {}
    report = {}
    for k in KS:
        for recall in RECALLS[k]:
            asked = next(r for r in (recall, (1 + recall) / 2, 0.999, 1)
                         if reached(k, r) >= recall - 0.005)
            ours[k, recall] = (
                lambda first, count, k=k, asked=asked: vitrine.ask("search", k, first, count, asked))
            report[k, recall] = {
                "vitrine": {"asked": asked, "recall": round(reached(k, asked), 4), "runs": []}}
    for name, peer in peers.make(rows, names):
        print(f"{time.strftime('%H:%M:%S')} {name} is built, to be tuned", file=sys.stderr)
        for k in KS:
            for recall, setting in peers.tune(peer, queries, exact[k], k, RECALLS[k]).items():
                def run(first, count, peer=peer, setting=setting, k=k):
                    peer.use(setting, k)
                    return timed(lambda row: peer.search(row, k), queries[first:first + count])
                # What we map may have been pushed out of memory by what was built.
                ours[k, recall](0, len(queries))
                times = take_turns({"vitrine": ours[k, recall], name: run}, len(queries))
                vitrine.answers(k)
                took = summary(times)
                report[k, recall][name] = took[name] | {
                    "setting": setting,
                    "ratio": round(took[name]["cpu_ms"] / took["vitrine"]["cpu_ms"], 2)}
                report[k, recall]["vitrine"]["runs"].append(took["vitrine"])
        peer = None
    for results in report.values():
        runs = results["vitrine"].pop("runs")
        results["vitrine"] |= {clock: statistics.median(run[clock] for run in runs)
                               for clock in ("cpu_ms", "wall_ms")} | {"ratio": 1}
    return {f"k = {k}, recall {recall}": results for (k, recall), results in report.items()}


def summary(times):
    return {name: {clock + "_ms": round(statistics.median(values) * 1e3, 4)
                   for clock, values in clocks.items()} for name, clocks in times.items()}


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--features", help=".npy or .fvecs instead of the mixture")
    parser.add_argument("--queries", type=int, default=100, help="timed, of each contestant")
    parser.add_argument("--check", type=int, default=0, help="compared with brute force")
    parser.add_argument("--element", choices=("f32", "f16", "i8"), default="f32",
                        help="what the index stores of a component")
    parser.add_argument("--memory", type=int, default=1 << 30, metavar="BYTES",
                        help="the index's budget (%(default)s)")
    parser.add_argument("--avx2", action="store_true", help="for all of them")
    parser.add_argument("--recall", action="store_true", help="measure approximate search too")
    parser.add_argument("--graphs", action="store_true", help="hnswlib and usearch among the peers of that")
    parser.add_argument("--peers", nargs="+", choices=peers.NAMES, help="those of that instead")
    parser.add_argument("--json", action="store_true", help="one object instead of a table")
    return parser.parse_args()


def main():
    options = parsed()
    faiss.omp_set_num_threads(1)
    faiss.cvar.distance_compute_blas_threshold = 16
    sought = max(options.queries, options.check, BATCH)
    if options.features:
        rows, queries = mixtures.split(mixtures.features(options.features), sought)
    else:
        rows = mixtures.mixture(options.count + sought, options.dimension)
        rows, queries = rows[:options.count], rows[options.count:]
    report = {"vectors": len(rows), "dimension": rows.shape[1], "element": options.element,
              "queries": options.queries,
              "faiss": faiss.__version__, "results": {}}
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        vitrine = Vitrine(options.binary, folder, rows.shape[1], options.element)
        loaded = vitrine.give("load", rows)
        rows = mixtures.stored(rows, options.element)
        tended = vitrine.ask("tend")
        vitrine.give("queries", queries)
        vitrine.close()
        vitrine = Vitrine(options.binary, folder, rows.shape[1])
        vitrine.give("queries", queries)
        if options.avx2:
            vitrine.ask("avx2")
        opened = vitrine.ask("open", options.memory)
        report |= {
            "append_cpu_ms_per_1000": loaded["cpu"] / len(rows) * 1e6,
            "tend_cpu_us_per_vector": tended["cpu"] / len(rows) * 1e6,
            "open_to_first_answer_ms": opened["wall"] * 1e3,
            "disk_bytes_per_vector": round(sum(
                entry.stat().st_size for entry in os.scandir(folder + "/index")) / len(rows)),
        }
        last = exact_times(vitrine, rows, queries, options.queries, report["results"])
        report["ranks"] = ranks(vitrine, 3 * options.count)
        report["resident_bytes_per_vector"] = round(
            (last["rss_bytes"] - opened["rss_bytes_before"]) / len(rows))
        report["anon_bytes_per_vector"] = round(last["anon_bytes"] / len(rows))
        if options.recall:
            report["results"] |= approximate(
                vitrine, rows, queries[:options.queries],
                options.peers or peers.NAMES[:None if options.graphs else -2])
        if options.check:
            report["checked"] = options.check
            report["differences"] = {
                k: differences(vitrine, rows, queries[:options.check], k) for k in KS}
        vitrine.close()
    show(report, options.json)


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def show(report, as_json):
    if as_json:
        print(json.dumps(report))
        return
    for title, results in report.pop("results").items():
        exact = "recall" not in title
        base = results["faiss FlatIP"]["cpu_ms"] if exact else 0
        print(f"{title:32} CPU ms   wall ms   {'× FlatIP' if exact else '/ ours'}")
        for name, times in results.items():
            ratio = base / times["cpu_ms"] if exact else times.pop("ratio")
            notes = {key: value for key, value in times.items() if not key.endswith("_ms")}
            print(f"  {name:28} {times['cpu_ms']:8.3f} {times['wall_ms']:9.3f} {ratio:10.1f}"
                  f"  {notes or ''}")
    for name, value in report.items():
        print(f"{name}: {rounded(value)}")


if __name__ == "__main__":
    main()
