#!/usr/bin/env python3
"""While a crawl runs, ask the endpoint for every picture it has just kept, and for a 60 % resize of it.

A picture finds itself when the first hit, or one of those that share the first score, has its bytes
(`sha256`); a resize when the first hit is the same picture, by bytes or by duplicate group. Starts
`vitrine serve` and `vitrine crawl` on one configuration, whose site is served already. Needs Pillow.
"""
import argparse
import io
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from PIL import Image, ImageOps


def ask(address, path, body=None, kind="application/octet-stream"):
    request = urllib.request.Request(address + path, data=body, headers={"Content-Type": kind} if body else {})
    for _ in range(50):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 429:
                raise
            time.sleep(float(error.headers.get("Retry-After", 1)))
    sys.exit("the endpoint kept asking for patience")


def smaller(data):
    """The picture at 60 % of its sides, as a JPEG of quality 85."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    image = image.convert("RGB").resize([max(1, round(n * .6)) for n in image.size], Image.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("config", help="a configuration whose data folder is new")
    ap.add_argument("--vitrine", default=".build/release/vitrine")
    ap.add_argument("--data", required=True, help="the data folder, which must not exist")
    ap.add_argument("--port", type=int, default=8397)
    a = ap.parse_args()
    if Path(a.data).exists():
        ap.error(f"{a.data} is there already")
    common = ["-c", a.config, "--data", a.data, "--quiet"]
    crawl = subprocess.Popen([a.vitrine, "crawl", *common])
    while not list(Path(a.data).glob("index/*/*")):
        time.sleep(.1)
    serve = subprocess.Popen([a.vitrine, "serve", *common, "--port", str(a.port)])
    address, asked = f"http://127.0.0.1:{a.port}", set()
    count = {"pictures": 0, "during_crawl": 0, "itself_first": 0, "resize_first": 0}
    wrong = []
    try:
        for _ in range(100):
            try:
                ask(address, "/readyz")
                break
            except (urllib.error.URLError, OSError):
                time.sleep(.2)
        while True:
            running = crawl.poll() is None
            blobs = [f for f in Path(a.data, "blobs").glob("??/*") if len(f.name) == 64 and f.name not in asked]
            if not blobs and not running:
                break
            for blob in blobs:
                if running and time.time() - blob.stat().st_mtime < 5:
                    continue  # what is younger may still be on its way into the index
                asked.add(blob.name)
                data = blob.read_bytes()
                answer = ask(address, "/v1/search?k=3&fold=false", data)
                hits = answer["levels"][0]["hits"]
                best = [h["image"] for h in hits if h["score"] >= hits[0]["score"] - 1e-6]
                itself = blob.name in [i["sha256"] for i in best]
                own = [h["image"]["group"] for h in hits if h["image"]["sha256"] == blob.name]
                first = ask(address, "/v1/search?k=1&fold=false", smaller(data))["levels"][0]["hits"][0]["image"]
                again = first["sha256"] == blob.name or first["group"] in own
                count["pictures"] += 1
                count["during_crawl"] += crawl.poll() is None
                count["itself_first"] += itself
                count["resize_first"] += again
                if not itself or not again:
                    wrong.append({"sha256": blob.name, "itself": itself, "resize": again, "first": first["url"]})
            time.sleep(.2)
    finally:
        for process in (serve, crawl):
            if process.poll() is None:
                process.terminate()
                process.wait(30)
    status = json.loads(subprocess.run([a.vitrine, "status", *common, "--json"], capture_output=True, check=True).stdout)
    count["fetch_to_searchable_p95_ms"] = status["fetchToSearchableP95Ms"]
    print(json.dumps(count | {"wrong": wrong[:20]}, indent=1))
    sys.exit(bool(wrong) or status["fetchToSearchableP95Ms"] > 5000)


if __name__ == "__main__":
    main()
