#!/usr/bin/env python3
"""Embedding from files on disk beside OpenVINO's own loop over one tensor, in turns.

    embedding.py BENCH_EMBEDDING MODEL_FOLDER PICTURES [--rounds 3] [--peer 200]

The peer is what benchmark_app does in its throughput mode: the same model, compiled with the same two
streams, asynchronous requests on an input that stays in memory; no file is read and nothing decoded.
Prints JSON: pictures per CPU second and per second of both, medians over the rounds, and their ratio.
`pip install openvino numpy` first, of the release that .deps holds.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import time

import numpy
import openvino


def peer(model, count):
    """A round of the loop: (pictures per second, per CPU second)."""
    shape = list(model.inputs[0].shape)
    tensor = numpy.random.default_rng(1).integers(0, 256, shape, dtype=numpy.uint8)
    queue = openvino.AsyncInferQueue(model, 2)
    wall, cpu = time.monotonic(), time.process_time()
    for _ in range(count):
        queue.start_async({0: tensor})
    queue.wait_all()
    return count / (time.monotonic() - wall), count / (time.process_time() - cpu)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("pictures", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", type=int, default=200, help="inferences of the peer a round")
    options = parser.parse_args()
    model = openvino.Core().compile_model(
        options.model / "model.xml", "CPU",
        {"NUM_STREAMS": "2", "INFERENCE_NUM_THREADS": "2", "INFERENCE_PRECISION_HINT": "f32"})
    peer(model, 20)
    ours = subprocess.Popen(
        [options.program, options.model, options.pictures, str(options.rounds)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    rounds = []
    for _ in range(options.rounds):
        ours.stdin.write("go\n")
        ours.stdin.flush()
        line = json.loads(ours.stdout.readline())
        rounds.append((line["pictures"] / line["wall"], line["pictures"] / line["cpu"],
                       *peer(model, options.peer)))
    ours.stdin.close()
    ours.wait()
    wall, cpu, peer_wall, peer_cpu = (statistics.median(column) for column in zip(*rounds))
    print(json.dumps({
        "vitrine": {"per_second": round(wall, 1), "per_cpu_second": round(cpu, 1)},
        "openvino_loop": {"per_second": round(peer_wall, 1), "per_cpu_second": round(peer_cpu, 1)},
        "ratio_cpu": round(statistics.median(r[1] / r[3] for r in rounds), 3),
        "ratio_wall": round(statistics.median(r[0] / r[2] for r in rounds), 3),
        "minutes_for_30000": round(30000 / wall / 60, 1)}, indent=2))


if __name__ == "__main__":
    main()
