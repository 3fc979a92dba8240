#!/usr/bin/env python3
"""Pages a CPU second of Vitrine's reader beside extruct, and megabytes beside libxml2's bare parse.

All read the same bodies in alternating runs, in one process each and on one thread. Vitrine does all
that a crawl does with a body: charset, markup, JSON-LD, microdata, RDFa, OpenGraph, state, the visible
page, fusion, links; and in a step of its own no more than extruct is asked for: JSON-LD, microdata and
OpenGraph. libxml2 builds its tree and nothing else. By default the pages are those of `make bench-crawl`, 32 KB each in four dialects; --pages
takes a folder of saved pages (*.html, *.html.gz) instead.
"""
import argparse
import gzip
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "crawl"))
import pages  # noqa: E402


def write_pages(arguments, folder):
    """A list of files with their addresses, as both programs read it."""
    lines = []
    if arguments.pages:
        for number, source in enumerate(sorted(pathlib.Path(arguments.pages).rglob("*.html*"))):
            body = source.read_bytes()
            if source.suffix == ".gz":
                body = gzip.decompress(body)
            (folder / f"{number}.html").write_bytes(body)
            lines.append(f"{folder}/{number}.html\thttps://shop.example/p/{number}\ttext/html")
    else:
        origin = "https://shop.example"
        files, truth = pages.build(arguments.count, origin, size=32_000)
        for number, (path, (_, text)) in enumerate(files.items()):
            if origin + path in truth:
                (folder / f"{number}.html").write_text(text)
                lines.append(f"{folder}/{number}.html\t{origin}{path}\ttext/html; charset=utf-8")
    if not lines:
        sys.exit("no pages")
    (folder / "list").write_text("".join(line + "\n" for line in lines))
    return folder / "list"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--program", required=True, help="bench-extract")
    ap.add_argument("--python", required=True, help="a Python that has extruct")
    ap.add_argument("--pages", help="a folder of saved pages")
    ap.add_argument("--count", type=int, default=240, help="generated pages (default 240)")
    ap.add_argument("--runs", type=int, default=3, help="alternating runs (default 3)")
    ap.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = ap.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as work:
        listing = write_pages(arguments, pathlib.Path(work))
        programs = [[arguments.program, str(listing), "3"],
                    [arguments.python, str(HERE / "peer.py"), str(listing), "1"]]
        for number in range(arguments.runs):
            for program in programs if number % 2 == 0 else reversed(programs):
                lines = subprocess.run(program, check=True, capture_output=True, text=True).stdout
                for line in map(json.loads, lines.splitlines()):
                    found.setdefault(line["step"], []).append(line)
    figures = {step: {key: statistics.median(x[key] for x in runs) for key in ("pages", "cpu_s", "pages_per_s", "mb_per_s")}
               for step, runs in found.items()}
    ratios = {"pages_beside_extruct": figures["read"]["pages_per_s"] / figures["extruct"]["pages_per_s"],
              "structured_beside_extruct": figures["structured"]["pages_per_s"] / figures["extruct"]["pages_per_s"],
              "bytes_beside_libxml2": figures["read"]["mb_per_s"] / figures["libxml2"]["mb_per_s"]}
    if arguments.json:
        return print(json.dumps({"steps": figures, "ratios": ratios}, indent=2))
    print(f"{'':14}{'pages':>8}{'pages/CPU-s':>14}{'MB/CPU-s':>12}")
    for step, name in (("read", "vitrine"), ("structured", "same syntaxes"), ("extruct", "extruct"), ("libxml2", "libxml2 tree")):
        figure = figures[step]
        print(f"{name:14}{figure['pages']:8.0f}{figure['pages_per_s']:14.0f}{figure['mb_per_s']:12.1f}")
    print(f"pages: {ratios['pages_beside_extruct']:.2f} of extruct's, {ratios['structured_beside_extruct']:.2f} "
          f"reading the same syntaxes; "
          f"bytes: {ratios['bytes_beside_libxml2']:.2f} of libxml2's bare parse")


if __name__ == "__main__":
    main()
