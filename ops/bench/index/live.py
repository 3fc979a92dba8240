#!/usr/bin/env python3
"""How soon an appended vector is durable here and found by another process that searches meanwhile.

    live.py BENCH_INDEX_BINARY [--count N] [--dimension D] [--appends A] [--rate R]

One process appends single vectors, R a second, each its own durable append; another looks for news and
searches (recall 0.95) every millisecond or so. Milliseconds of wall time. `reader alone` are the same
searches with no writer.
"""
import argparse
import json
import os
import tempfile
import threading

import numpy as np

from bench import Vitrine
from mixtures import mixture


def spread(seconds):
    return {f"p{q}_ms": round(float(np.percentile(seconds, q)) * 1e3, 2) for q in (50, 99)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=100_000, help="vectors before the first append")
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--appends", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=200)
    options = parser.parse_args()
    rows = mixture(options.count + 200, options.dimension)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        writer = Vitrine(options.binary, folder, options.dimension)
        writer.give("load", rows[:options.count])
        writer.ask("tend")
        writer.give("queries", rows[options.count:])
        reader = Vitrine(options.binary, folder, options.dimension)
        reader.give("queries", rows[options.count:])
        reader.ask("open")
        reader.ask("search", 10, 0, 200, 0.95)
        alone = np.concatenate([reader.ask("search", 10, 0, 200, 0.95)["wall"] for _ in range(5)])
        answer = {}
        follower = threading.Thread(target=lambda: answer.update(
            reader.ask(
                "follow", options.count, options.count + options.appends, folder + "/came")))
        follower.start()
        wrote = writer.ask("append", options.appends, options.rate, folder + "/appended")
        follower.join()
        began, durable = np.fromfile(folder + "/appended").reshape(-1, 2).T
        came = np.fromfile(folder + "/came")
        print(json.dumps({
            "durable": spread(durable - began),
            "found elsewhere": spread(came - began),
            "append cpu ms": round(wrote["cpu"] / options.appends * 1e3, 3),
            "reader alone": spread(alone),
            "reader beside": {"p50_ms": round(answer["p50"] * 1e3, 2),
                              "p99_ms": round(answer["p99"] * 1e3, 2)},
        }, indent=1))
        writer.close()
        reader.close()


if __name__ == "__main__":
    main()
