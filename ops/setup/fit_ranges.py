#!/usr/bin/env python3
"""Measure what goes into each convolution of the shipped model, for its 8-bit form.

    fit_ranges.py WEIGHTS.pth PHOTO_FOLDER TARGET_FILE [--photos 100] [--spared 0]

Only needed to make the shipped file anew: `pip install openvino numpy pillow` first. Writes JSON, a pair
of least and largest value for each convolution in the order of the network, means over the photos
(Jacob et al. 2018): a value beyond them is cut, all others get finer steps. The
first `--spared` convolutions get null, which leaves them in 32 bits.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import openvino

from fit_projection import prepared

def ranges(weights, photos, spared):
    with tempfile.TemporaryDirectory() as folder:
        converter = pathlib.Path(__file__).with_name("convert_model.py")
        subprocess.run([sys.executable, converter, weights, folder], check=True)
        card = json.loads(pathlib.Path(folder, "model.json").read_text())
        model = openvino.Core().read_model(pathlib.Path(folder, "model.xml"))
        convolutions = [op for op in model.get_ordered_ops() if "Convolution" in op.get_type_name()]
        convolutions.sort(key=lambda op: int(op.get_friendly_name().split("_")[1]))
        model.add_outputs([op.input_value(0) for op in convolutions])
        compiled = openvino.Core().compile_model(model, "CPU")
        sums = numpy.zeros((len(convolutions), 2))
        for path in photos:
            # The network's own output stands first.
            inputs = list(compiled(prepared(path, card["side"], card["share"])).values())[1:]
            sums += [(values.min(), values.max()) for values in inputs]
        return [None] * spared + (sums[spared:] / len(photos)).round(4).tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=pathlib.Path)
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--spared", type=int, default=0)
    parser.add_argument("--photos", dest="count", type=int, default=100)
    options = parser.parse_args()
    photos = sorted(options.photos.rglob("*.jpg"))
    pairs = ranges(options.weights, photos[::max(1, len(photos) // options.count)], options.spared)
    options.target.write_text("[\n" + ",\n".join(map(json.dumps, pairs)) + "\n]\n")


if __name__ == "__main__":
    main()
