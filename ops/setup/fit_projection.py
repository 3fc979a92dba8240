#!/usr/bin/env python3
"""Fit the projection that the shipped model ends in, on a folder of photographs.

    fit_projection.py WEIGHTS.pth PHOTO_FOLDER TARGET_FILE [--rows 256]

Only needed to make the shipped file anew: `pip install openvino numpy pillow` first. The pooled
features of every photo are brought to unit length and centred; the rows of the matrix are their
first principal axes, without whitening, which raises retrieval of like garments and makes vectors
five times shorter. Layout of the file: see read_projection in convert_model.py. The photographs are
in no way part of the file.
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


def features(weights, photos):
    """Pooled features of all photos, [count x length]."""
    with tempfile.TemporaryDirectory() as folder:
        converter = pathlib.Path(__file__).with_name("convert_model.py")
        subprocess.run([sys.executable, converter, weights, folder], check=True)
        card = json.loads(pathlib.Path(folder, "model.json").read_text())
        model = openvino.Core().compile_model(pathlib.Path(folder, "model.xml"), "CPU")
        side, share, rows = card["side"], card["share"], []
        for path in photos:
            with Image.open(path) as photo:
                photo.draft("RGB", (2 * side, 2 * side))
                photo = ImageOps.exif_transpose(photo).convert("RGB")
            width, height = photo.size
            half = min(width, height) * share / 2
            photo = photo.resize((side, side), Image.Resampling.BILINEAR, box=(
                width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half))
            rows.append(model(numpy.asarray(photo)[None])[0][0].copy())
    return numpy.array(rows, dtype=numpy.float64)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=pathlib.Path)
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=256)
    options = parser.parse_args()
    photos = sorted(options.photos.rglob("*.jpg"))
    if len(photos) <= options.rows:
        sys.exit(f"{len(photos)} photos cannot give {options.rows} axes")
    unit = features(options.weights, photos)
    unit /= numpy.linalg.norm(unit, axis=1, keepdims=True)
    mean = unit.mean(axis=0)
    axes = numpy.linalg.svd(unit - mean, full_matrices=False)[2][:options.rows]
    # The sign of an axis is arbitrary; its largest entry is made positive.
    axes *= numpy.sign(axes[numpy.arange(len(axes)), abs(axes).argmax(axis=1)])[:, None]
    header = struct.pack("<8sII", b"VITPROJ1", *axes.shape)
    options.target.write_bytes(
        header + mean.astype("<f4").tobytes() + axes.astype("<f2").tobytes())


if __name__ == "__main__":
    main()
