#!/usr/bin/env python3
"""How soon an appended vector is durable here and found by another process that searches meanwhile.

    live.py BENCH_INDEX_BINARY [--count N] [--dimension D] [--appends A] [--rate R] [--rounds N]

One process appends single vectors, R a second, each its own durable append; another looks for news and
searches (recall 0.95) every millisecond or so. Milliseconds of wall time. `reader alone` does the same
with no writer, in turns with `reader beside`.
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
    return {f"p{q}_ms": round(float(np.percentile(seconds, q)) * 1e3, 3) for q in (50, 99)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=100_000, help="vectors before the first append")
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--appends", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5, help="of searching alone, then beside the writer")
    options = parser.parse_args()
    rows = mixture(options.count + 200, options.dimension)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        writer = Vitrine(options.binary, folder, options.dimension)
        writer.give("load", rows[:options.count])
        writer.give("queries", rows[options.count:])
        reader = Vitrine(options.binary, folder, options.dimension)
        reader.give("queries", rows[options.count:])
        reader.ask("follow", 200)
        durable, found, alone, beside = [], [], [], []
        appending = 0
        for turn in range(options.rounds):
            writer.ask("tend")
            alone += reader.ask("follow", 3 * options.appends)["wall"]
            first = options.count + turn * options.appends
            answer = {}
            follower = threading.Thread(target=lambda: answer.update(
                reader.ask("follow", first, first + options.appends, folder + "/came")))
            follower.start()
            appending += writer.ask("append", options.appends, options.rate, folder + "/appended")["cpu"]
            follower.join()
            beside += answer["wall"]
            began, ended = np.fromfile(folder + "/appended").reshape(-1, 2).T
            durable.append(ended - began)
            found.append(np.fromfile(folder + "/came") - began)
        alone, beside = spread(alone), spread(beside)
        print(json.dumps({
            "durable": spread(np.concatenate(durable)),
            "found elsewhere": spread(np.concatenate(found)),
            "append cpu ms": round(appending / options.rounds / options.appends * 1e3, 3),
            "reader alone": alone,
            "reader beside": beside,
            "times": {q: round(beside[q] / alone[q], 2) for q in beside},
        }, indent=1))
        writer.close()
        reader.close()


if __name__ == "__main__":
    main()
