#!/usr/bin/env python3
"""Features of photos and of cuts of them, as the embedder makes them, for `bench.py --features`.

    features.py BENCH_EMBEDDING MODEL_FOLDER PHOTOS FEATURES.fvecs [--cuts 74]

Of each photo itself and as many cuts: a fifth to nine tenths of its area, sides in a ratio of up to 4:3
to its own, half of them mirrored, 320 pixels at most, by a fixed seed. Does nothing where the file is
there. Needs pillow.
"""
import argparse
import pathlib
import random
import subprocess
import tempfile

from PIL import Image, ImageOps

SIDE = 320


def cuts(photo, count, chance):
    """The photo, then cuts of it."""
    yield photo
    for _ in range(count):
        area, ratio = chance.uniform(0.2, 0.9), chance.uniform(3 / 4, 4 / 3)
        width = min(1, (area * ratio) ** 0.5)
        height = min(1, area / width)
        left, top = chance.uniform(0, 1 - width), chance.uniform(0, 1 - height)
        box = (left, top, left + width, top + height)
        cut = photo.crop([round(edge * photo.size[i % 2]) for i, edge in enumerate(box)])
        yield ImageOps.mirror(cut) if chance.random() < 0.5 else cut


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("features", type=pathlib.Path)
    parser.add_argument("--cuts", type=int, default=74)
    options = parser.parse_args()
    if options.features.exists():
        return
    photos = sorted(options.photos.rglob("*.jpg"))
    if not photos:
        parser.error(f"no .jpg in {options.photos}")
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(dir=options.features.parent) as folder:
        for number, file in enumerate(photos):
            with Image.open(file) as image:
                photo = image.convert("RGB")
            for i, cut in enumerate(cuts(photo, options.cuts, chance)):
                cut.thumbnail((SIDE, SIDE))
                cut.save(f"{folder}/{number:06}-{i:03}.jpg", quality=90)
        part = f"{folder}/features"
        subprocess.run([options.program.resolve(), options.model, folder, "1", part],
                       input=b"go\n", check=True)
        pathlib.Path(part).rename(options.features)


if __name__ == "__main__":
    main()
