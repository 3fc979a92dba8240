"""What shops and feeds do to a photograph, and what they do to make it another product's.

`python duplicates_edits.py PHOTOS OUT [--stride N --offset M] [--detail NAME]` writes every edit of every
N-th photo under OUT/KIND/ and OUT/edits.json, which names for each file its kind and its photo. Seeded:
the same photos give the same files. With `--detail` a part of each photo takes its place: details of
garments on one floor have more in common than the photos.
"""
import argparse
import json
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
WORDS = ["NEW IN", "SALE -30%", "SUMMER EDIT", "SHOP THE LOOK", "STUDIO NORD"]


def crop(share):
    def edit(image, _):
        w, h = image.size
        dx, dy = round(w * share), round(h * share)
        return image.crop((dx, dy, w - dx, h - dy))
    return edit


def crop_uneven(image, rng):
    """2 to 10 % off two neighbouring sides, nothing off the others."""
    w, h = image.size
    dx, dy = round(w * rng.uniform(.02, .1)), round(h * rng.uniform(.02, .1))
    left, top = rng.choice([0, dx]), rng.choice([0, dy])
    return image.crop((left, top, w - dx + left, h - dy + top))


def resize(share):
    return lambda image, _: image.resize(
        (max(1, round(image.width * share)), max(1, round(image.height * share))), Image.LANCZOS)


def pad(image, _):
    side = max(image.size)
    if image.width == image.height:
        side = round(side * 1.25)
    square = Image.new("RGB", (side, side), "white")
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def border(image, rng):
    colour = rng.choice(["black", "white", (190, 30, 60), (230, 225, 215)])
    return ImageOps.expand(image, round(max(image.size) * .05), colour)


def overlay(image, draw_on):
    layer = Image.new("RGBA", image.size)
    draw_on(ImageDraw.Draw(layer))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def watermark(image, rng):
    """A shop's name across the middle, half transparent."""
    w, h = image.size
    text = rng.choice(WORDS)
    font = ImageFont.truetype(FONT, round(w * .9 / len(text) * 1.2))
    return overlay(image, lambda d: d.text(
        (w / 2, h * rng.uniform(.35, .65)), text, anchor="mm", font=font, fill=(255, 255, 255, 110)))


def logo(image, rng):
    """A small opaque name in a corner."""
    w, h = image.size
    font = ImageFont.truetype(FONT, round(w * .05))
    return overlay(image, lambda d: d.text(
        (w * .96, h * .96), rng.choice(WORDS), anchor="rs", font=font, fill=(20, 20, 20, 255)))


def text(image, rng):
    """Opaque capitals over a twelfth of the height."""
    w, h = image.size
    words = rng.choice(WORDS)
    font = ImageFont.truetype(FONT, round(min(h / 12, w * .9 / len(words) * 1.3)))
    return overlay(image, lambda d: d.text(
        (w / 2, h * rng.choice([.12, .88])), words, anchor="mm", font=font, fill=(255, 255, 255, 255),
        stroke_width=2, stroke_fill=(0, 0, 0, 255)))


def hue(degrees):
    def edit(image, _):
        hsv = np.asarray(image.convert("HSV")).copy()
        hsv[..., 0] = (hsv[..., 0].astype(int) + degrees * 256 // 360) % 256
        return Image.fromarray(hsv, "HSV").convert("RGB")
    return edit


def lab(image):
    """CIELAB, L in 0...100."""
    values = np.asarray(image.convert("LAB"))
    return np.concatenate([values[..., :1] * (100 / 255), values[..., 1:].view(np.int8).astype(float)],
                          axis=2)


def garment_mask(image):
    """Soft mask of what differs from the colour of the frame's outer twelfth."""
    values = lab(image)
    m = max(2, min(image.size) // 12)
    edge = np.concatenate([values[:m].reshape(-1, 3), values[-m:].reshape(-1, 3),
                           values[:, :m].reshape(-1, 3), values[:, -m:].reshape(-1, 3)])
    distance = np.abs(values - np.median(edge, axis=0)).sum(axis=2)
    return np.clip((distance - 20) / 20, 0, 1)


def recolour(image, rng):
    """The garment dyed, its shading kept: another colourway of the same photograph."""
    mask = garment_mask(image)[..., None]
    rgb = np.asarray(image).astype(float)
    luma = rgb @ [.299, .587, .114]
    dye = np.array(rng.choice([(190, 40, 50), (40, 80, 170), (40, 130, 70), (220, 170, 40),
                               (140, 60, 150)]), float)
    dyed = np.clip(luma[..., None] * dye / (dye @ [.299, .587, .114]), 0, 255)
    return Image.fromarray((rgb * (1 - mask) + dyed * mask).round().astype(np.uint8))


def printed(image, rng):
    """Another print on the same shirt: a patch of three tenths of each side, flat with a figure."""
    w, h = image.size
    box = (round(w * .35), round(h * .35), round(w * .65), round(h * .65))
    colour = tuple(rng.randrange(256) for _ in range(3))
    other = tuple(rng.randrange(256) for _ in range(3))
    image = image.copy()
    draw = ImageDraw.Draw(image)
    draw.rectangle(box, fill=colour)
    draw.ellipse((box[0] + w * .05, box[1] + h * .05, box[2] - w * .05, box[3] - h * .05), fill=other)
    return image


def keep(image, _):
    return image


def enhance(kind, factor):
    return lambda image, _: kind(image).enhance(factor)


def rotate(degrees):
    return lambda image, _: image.rotate(degrees, Image.BICUBIC, fillcolor="white")


def rotate_inside(image, _):
    """Turned by two degrees and cut so that no corner is empty."""
    turned = image.rotate(2, Image.BICUBIC)
    dx, dy = round(image.height * .0175 + 1), round(image.width * .0175 + 1)
    return turned.crop((dx, dy, image.width - dx, image.height - dy))


# kind: (class, edit, format, quality). Class: what imagededup and pHash claim, the rest of the same
# pictures, and pictures of other products.
KINDS = {
    "q90": ("claimed", keep, "jpg", 90), "q65": ("claimed", keep, "jpg", 65),
    "q40": ("claimed", keep, "jpg", 40), "webp": ("claimed", keep, "webp", 75),
    "half": ("claimed", resize(.5), "jpg", 88), "light+10": ("claimed", enhance(ImageEnhance.Brightness, 1.1), "jpg", 88),
    "light-10": ("claimed", enhance(ImageEnhance.Brightness, .9), "jpg", 88),
    "crop3": ("rest", crop(.03), "jpg", 88), "crop5": ("rest", crop(.05), "jpg", 88),
    "crop10": ("rest", crop(.1), "jpg", 88), "crop-uneven": ("rest", crop_uneven, "jpg", 88),
    "pad": ("rest", pad, "jpg", 88), "border": ("rest", border, "jpg", 88),
    "watermark": ("rest", watermark, "jpg", 88), "logo": ("rest", logo, "jpg", 88),
    "text": ("rest", text, "jpg", 88), "mirror": ("rest", lambda i, _: ImageOps.mirror(i), "jpg", 88),
    "light+25": ("rest", enhance(ImageEnhance.Brightness, 1.25), "jpg", 88),
    "light-25": ("rest", enhance(ImageEnhance.Brightness, .75), "jpg", 88),
    "contrast+25": ("rest", enhance(ImageEnhance.Contrast, 1.25), "jpg", 88),
    "contrast-25": ("rest", enhance(ImageEnhance.Contrast, .75), "jpg", 88),
    "rotate2": ("rest", rotate(2), "jpg", 88), "rotate-cut": ("rest", rotate_inside, "jpg", 88),
    "hue40": ("other", hue(40), "jpg", 88), "hue90": ("other", hue(90), "jpg", 88),
    "hue180": ("other", hue(180), "jpg", 88), "recolour": ("other", recolour, "jpg", 88),
    "print": ("other", printed, "jpg", 88),
}


def shift(original, edited):
    """Mean colour difference (CIE76) over the tenth of the picture that changed most."""
    size = (32, 32)
    a, b = (lab(i.resize(size, Image.BOX)) for i in (original, edited))
    d = np.sqrt(((a - b) ** 2).sum(axis=2)).ravel()
    return float(np.sort(d)[-len(d) // 10:].mean())


# Parts of a photo: left, top, right and bottom as shares of its sides.
DETAILS = {
    "upper-left": (0, 0, .62, .62), "lower-right": (.38, .38, 1, 1), "upper": (.2, .1, .8, .7),
    "lower": (.05, .4, .7, 1), "upper-right": (.3, 0, 1, .7), "lower-left": (0, .25, .75, 1),
    "middle": (.25, .25, .75, .75), "wide": (.1, .1, .9, .55),
}


def detail(path, box, out):
    """Writes a part of a photo and returns where."""
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    w, h = image.size
    image.crop([round(share * side) for share, side in zip(box, (w, h, w, h))]).save(out, quality=88)
    return out


# One photograph that is twice in the collection, once cropped: found by eye.
SAME = [(99, 138)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--detail", choices=DETAILS)
    options = parser.parse_args()
    photos = sorted(options.photos.rglob("*.jpg"))
    if options.detail:
        folder = options.out / options.detail
        folder.mkdir(parents=True, exist_ok=True)
        photos = [detail(path, DETAILS[options.detail], folder / f"{place:05d}.jpg")
                  for place, path in enumerate(photos)]
    rows = []
    for kind in options.kinds:
        (options.out / kind).mkdir(parents=True, exist_ok=True)
    for place in range(options.offset, len(photos), options.stride):
        original = Image.open(photos[place]).convert("RGB")
        for kind in options.kinds:
            group, edit, suffix, quality = KINDS[kind]
            path = options.out / kind / f"{place:05d}.{suffix}"
            edited = edit(original, random.Random(f"{kind} {place}"))
            row = {"file": str(path), "kind": kind, "class": group, "photo": place}
            if group == "other":
                row["shift"] = round(shift(original, edited), 2)
            edited.save(path, quality=quality)
            rows.append(row)
    (options.out / "edits.json").write_text(json.dumps(
        {"photos": [str(p) for p in photos], "same": SAME, "edits": rows}))


if __name__ == "__main__":
    main()
