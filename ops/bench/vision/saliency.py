#!/usr/bin/env python3
"""Cut photographs to what stands out, to see whether a saliency box helps retrieval.

    saliency.py PHOTOS OUT      (pip install numpy pillow)
    bench-retrieval MODEL PHOTOS; bench-retrieval MODEL OUT/background; bench-retrieval MODEL OUT/spectral

PHOTOS is a folder a class. Two boxes that need no training: what differs in CIELAB from the colours of
the picture's border (four clusters, Otsu's threshold), and the spectral residual (Hou & Zhang, "Saliency
detection: a spectral residual approach", 2007) with nine tenths of its mass along either axis. Each is
widened by a twentieth; a picture in which nothing stands out stays whole.
"""
import argparse
import pathlib

import numpy
from PIL import Image

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def background(picture):
    """The box of what has not the border's colours, in fractions; None where that is next to nothing."""
    small = picture.copy()
    small.thumbnail((96, 96))
    pixels = numpy.asarray(small.convert("LAB"), numpy.float32)
    height, width, _ = pixels.shape
    rim = max(2, min(height, width) // 16)
    border = numpy.concatenate([part.reshape(-1, 3) for part in (
        pixels[:rim], pixels[-rim:], pixels[:, :rim], pixels[:, -rim:])])
    centres = border[numpy.random.default_rng(0).choice(len(border), 4, replace=False)]
    for _ in range(8):
        nearest = ((border[:, None] - centres) ** 2).sum(-1).argmin(1)
        centres = numpy.array([border[nearest == k].mean(0) if (nearest == k).any() else centres[k]
                               for k in range(4)])
    distance = numpy.sqrt(((pixels[:, :, None] - centres) ** 2).sum(-1).min(-1))
    rows, columns = numpy.nonzero(distance > otsu(distance))
    if len(rows) < 50:
        return None
    (left, right), (top, bottom) = (numpy.percentile(places, [2, 98]) for places in (columns, rows))
    return left / width, top / height, (right + 1) / width, (bottom + 1) / height


def otsu(values):
    """The threshold that parts the values into two with the most variance between them."""
    counts, edges = numpy.histogram(values, 64)
    share = counts / counts.sum()
    below = numpy.cumsum(share)
    mass = numpy.cumsum(share * (edges[:-1] + edges[1:]) / 2)
    with numpy.errstate(all="ignore"):
        between = (mass[-1] * below - mass) ** 2 / (below * (1 - below))
    return edges[1 + numpy.nanargmax(between[:-1])]


def spectral(picture, side=64, sigma=2.5):
    """The box of nine tenths of the spectral residual, in fractions."""
    grey = numpy.asarray(picture.convert("L").resize((side, side)), numpy.float32)
    spectrum = numpy.fft.fft2(grey)
    amplitude = numpy.log(numpy.abs(spectrum) + 1e-6)
    padded = numpy.pad(amplitude, 1, mode="wrap")
    mean = sum(padded[i:i + side, j:j + side] for i in range(3) for j in range(3)) / 9
    residual = numpy.exp(amplitude - mean + 1j * numpy.angle(spectrum))
    saliency = numpy.abs(numpy.fft.ifft2(residual)) ** 2
    kernel = numpy.exp(-numpy.arange(-8, 9) ** 2 / (2 * sigma ** 2))
    for axis in (0, 1):
        saliency = numpy.apply_along_axis(numpy.convolve, axis, saliency, kernel, "same")
    box = []
    for axis in (0, 1):
        mass = numpy.cumsum(saliency.sum(axis)) / saliency.sum()
        box.append([numpy.searchsorted(mass, 0.05) / side,
                    (numpy.searchsorted(mass, 0.95) + 1) / side])
    return box[0][0], box[1][0], box[0][1], box[1][1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    options = parser.parse_args()
    for find in (background, spectral):
        areas = []
        for path in sorted(options.photos.glob("*/*")):
            if path.suffix.lower() not in SUFFIXES:
                continue
            picture = Image.open(path).convert("RGB")
            left, top, right, bottom = find(picture) or (0, 0, 1, 1)
            margin = max(right - left, bottom - top) / 20
            left, top = max(0, left - margin), max(0, top - margin)
            right, bottom = min(1, right + margin), min(1, bottom + margin)
            areas.append((right - left) * (bottom - top))
            target = options.out / find.__name__ / path.parent.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            width, height = picture.size
            picture.crop((int(left * width), int(top * height), int(right * width),
                          int(bottom * height))).save(target, quality=92)
        print(f"{find.__name__}: {len(areas)} pictures, {numpy.mean(areas):.2f} of their area")


if __name__ == "__main__":
    main()
