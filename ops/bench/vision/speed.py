"""Decode and fingerprint beside imagehash.phash with draft decoding, in turns: CPU seconds of one thread.

`python speed.py BENCH EDITS.json [--turns 3]` runs `BENCH --speed` and the peer on the photos of EDITS.json,
whose files both have in memory. The peer decodes grey pixels at the smallest scale of 64 a side and makes
64 bits of them; ours decodes colours and makes the whole fingerprint. Prints JSON: pictures a CPU
second, each the best of five rounds, medians over the turns, and the ratio of each turn.
`pip install imagehash pillow` first.
"""
import argparse
import io
import json
import os
import statistics
import subprocess
import time

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"  # read when NumPy is imported

import imagehash
from PIL import Image

ROUNDS = 5  # as BENCH --speed has them


def peer(files):
    """Pictures a CPU second, the best of the rounds."""
    best = 0
    for _ in range(ROUNDS):
        start = time.process_time()
        for file in files:
            image = Image.open(io.BytesIO(file))
            image.draft("L", (64, 64))
            imagehash.phash(image)
        best = max(best, len(files) / (time.process_time() - start))
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("bench")
    parser.add_argument("edits")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    with open(options.edits) as told:
        paths = json.load(told)["photos"]
    files = []
    for path in paths:
        with open(path, "rb") as file:
            files.append(file.read())
    turns = []
    for _ in range(options.turns):
        out = subprocess.run([options.bench, "--speed", options.edits], capture_output=True, text=True, check=True)
        turns.append((json.loads(out.stdout)["pictures_per_cpu_second"], peer(files)))
    ours, theirs = (statistics.median(column) for column in zip(*turns))
    print(json.dumps({
        "photos": len(files),
        "vitrine_per_cpu_second": round(ours),
        "imagehash_draft_per_cpu_second": round(theirs),
        "ratio": round(statistics.median(a / b for a, b in turns), 2),
        "ratios": [round(a / b, 2) for a, b in turns],
    }))


if __name__ == "__main__":
    main()
