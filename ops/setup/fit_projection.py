#!/usr/bin/env python3
"""Fit the projection that the shipped model ends in, on a folder of photographs.

    fit_projection.py WEIGHTS.pth PHOTO_FOLDER TARGET_FILE [--rows 256] [--ranges FILE]

Only needed to make the shipped file anew: `pip install openvino numpy pillow` first. The features
of every photo are centred and brought to their principal axes. There the differences between a photo
and its nearest neighbours are what should not count (how the thing lies, what is behind it), and the
differences between any two photos what should: the former are whitened, half-heartedly, and the axes
that then remain are weighted by a root of their variance. That is a linear discriminant analysis
whose classes are neighbourhoods, so that it needs no labels (compare local discriminant embedding,
Chen et al. 2005). Layout of the file: see read_projection in convert_model.py. The photographs are in
no way part of it.
"""
import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy
import openvino
from PIL import Image, ImageOps

NEIGHBOURS = 5
POWER = 0.25  # of a direction's variance, its weight


def prepared(path, side, share):
    """The middle square of a photo as the model takes it, [1 x side x side x 3]."""
    with Image.open(path) as photo:
        photo.draft("RGB", (side, side))
        photo = ImageOps.exif_transpose(photo).convert("RGB")
    width, height = photo.size
    half = min(width, height) * share / 2
    photo = photo.resize((side, side), Image.Resampling.BILINEAR, box=(
        width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half))
    return numpy.asarray(photo)[None]


def features(weights, photos, options):
    """Pooled features of all photos, [count x length]."""
    with tempfile.TemporaryDirectory() as folder:
        converter = pathlib.Path(__file__).with_name("convert_model.py")
        subprocess.run([sys.executable, converter, weights, folder, *options], check=True)
        card = json.loads(pathlib.Path(folder, "model.json").read_text())
        model = openvino.Core().compile_model(pathlib.Path(folder, "model.xml"), "CPU")
        rows = [model(prepared(path, card["side"], card["share"]))[0][0].copy() for path in photos]
    return numpy.array(rows, dtype=numpy.float64)


def fit(rows, count):
    """The mean of `rows` and `count` directions, the most telling first, [count x length]."""
    mean = rows.mean(axis=0)
    rows = rows - mean
    axes = numpy.linalg.svd(rows, full_matrices=False)[2][:count]
    rows = rows @ axes.T
    unit = rows / numpy.linalg.norm(rows, axis=1, keepdims=True)
    scores = unit @ unit.T
    numpy.fill_diagonal(scores, -numpy.inf)
    nearest = numpy.argsort(-scores, axis=1)[:, :NEIGHBOURS]
    apart = (rows[:, None] - rows[nearest]).reshape(-1, count)
    variances, directions = numpy.linalg.eigh(apart.T @ apart / len(apart))
    whitening = directions / numpy.sqrt(variances + variances.mean())
    variances, directions = numpy.linalg.eigh(
        whitening.T @ (rows.T @ rows / len(rows)) @ whitening)
    weighted = (directions * variances ** POWER)[:, ::-1]
    matrix = (whitening @ weighted).T @ axes
    # The sign of a direction is arbitrary; its largest entry is made positive.
    matrix *= numpy.sign(matrix[numpy.arange(count), abs(matrix).argmax(axis=1)])[:, None]
    return mean, matrix


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=pathlib.Path)
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--ranges", type=pathlib.Path, help="of fit_ranges.py: the 8-bit form's features")
    options = parser.parse_args()
    photos = sorted(options.photos.rglob("*.jpg"))
    if len(photos) <= options.rows:
        sys.exit(f"{len(photos)} photos cannot give {options.rows} axes")
    ranges = ["--ranges", options.ranges] if options.ranges else []
    mean, matrix = fit(features(options.weights, photos, ranges), options.rows)
    scales = abs(matrix).max(axis=1) / 127
    codes = numpy.rint(matrix / scales[:, None])
    header = struct.pack("<8sII", b"VITPROJ2", *matrix.shape)
    options.target.write_bytes(header + mean.astype("<f4").tobytes() + scales.astype("<f4").tobytes()
                               + codes.astype("i1").tobytes())


if __name__ == "__main__":
    main()
