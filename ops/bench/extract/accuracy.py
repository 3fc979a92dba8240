#!/usr/bin/env python3
"""How much of what real pages and price texts say is read right.

    accuracy.py --program bench-extract [--pages FOLDER] [--prices CASES.jsonl] [--wrong] [--json]

FOLDER is laid out as the open product-extraction-benchmark: `ground-truth.json` (id → url and, by field, the
values that count as right; no values: the page does not say) and `html/ID.html` or `.html.gz`. Score:
F1 by field over all pages; a value where the truth has none counts as wrong; prices are compared as
decimals, texts without regard to case and spaces; of availability the share that is out of stock.
No recipes are read.

CASES holds one case a line, `{"group": …, "args": [currency hint, text, currency, amount text, amount, …]}`, as
the tests of price-parser have them. Score: the share of cases whose amount and currency are read as they
mean, a symbol in either case; groups named XFAIL, beyond that parser, are told apart.
"""
import argparse
import collections
import decimal
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

FIELDS = ("price", "sku", "brand", "gtin", "out of stock")


def lines_of(*command):
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def normal(field, value):
    if field == "price":
        try:
            return decimal.Decimal(str(value).replace(",", ""))
        except decimal.InvalidOperation:
            return str(value)
    return " ".join(str(value).split()).casefold()


def read_pages(program, folder):
    """By page: what was read and what is right."""
    truth = json.loads((folder / "ground-truth.json").read_text())
    with tempfile.TemporaryDirectory() as work:
        listing = []
        for number, (name, page) in enumerate(truth.items()):
            packed = folder / "html" / f"{name}.html.gz"
            body = (gzip.decompress(packed.read_bytes()) if packed.exists()
                    else (folder / "html" / f"{name}.html").read_bytes())
            (pathlib.Path(work) / str(number)).write_bytes(body)
            listing.append(f"{work}/{number}\t{page['url']}\ttext/html\n")
        path = pathlib.Path(work) / "list"
        path.write_text("".join(listing))
        read = lines_of(program, "--items", str(path))
    for page, item in zip(truth.values(), read, strict=True):
        item["out of stock"] = "OutOfStock" if item.get("availability") == "sold_out" else None
        right = dict(page)
        right["out of stock"] = [x for x in page.get("availability") or () if x == "OutOfStock"]
        yield page["url"], item, right


def score_pages(pages, tell):
    report = {}
    for field in FIELDS:
        right = said = true = 0
        for url, item, truth in pages:
            value = item.get(field)
            wanted = {normal(field, x) for x in truth.get(field) or ()}
            value = None if value is None else normal(field, value)
            right += value in wanted
            said += value is not None
            true += bool(wanted)
            if tell and value not in wanted and (value is not None or wanted):
                print(f"{field}: {value} where {sorted(map(str, wanted))} is right: {url}", file=sys.stderr)
        report[field] = {"f1": round(2 * right / (said + true), 3) if said + true else 1.0,
                         "right": right, "read": said, "true": true}
    return report


def score_prices(program, path, tell):
    cases = [json.loads(line) for line in path.read_text().splitlines() if line]
    counts = collections.defaultdict(lambda: [0, 0])
    for case, read in zip(cases, lines_of(program, "--prices", str(path)), strict=True):
        _, text, currency, _, amount = case["args"][:5]
        known = read.get("amount")
        same = (known is None) == (amount is None) and (
            known is None or decimal.Decimal(known) == decimal.Decimal(str(amount)))
        ok = same and (read.get("symbol") or "").casefold() == (currency or "").casefold()
        is_beyond = "XFAIL" in case["group"]
        group = counts["beyond" if is_beyond else "cases"]
        group[0] += ok
        group[1] += 1
        if tell and not ok and not is_beyond:
            print(f"{text!r}: {read} where {amount} {currency} is right", file=sys.stderr)
    return {name: {"right": a, "of": b, "share": round(a / b, 4)} for name, (a, b) in counts.items()}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--program", required=True, help="bench-extract")
    ap.add_argument("--pages", type=pathlib.Path)
    ap.add_argument("--prices", type=pathlib.Path)
    ap.add_argument("--wrong", action="store_true", help="tell every one that is not right")
    ap.add_argument("--json", action="store_true")
    options = ap.parse_args()
    report = {}
    if options.pages:
        report["pages"] = score_pages(list(read_pages(options.program, options.pages)), options.wrong)
    if options.prices:
        report["prices"] = score_prices(options.program, options.prices, options.wrong)
    if options.json:
        return print(json.dumps(report, indent=2))
    for field, score in report.get("pages", {}).items():
        print(f"{field:14} F1 {score['f1']:.3f}  {score['right']} right of {score['read']} read, {score['true']} true")
    for name, score in report.get("prices", {}).items():
        print(f"prices, {name:7} {score['share']:.4f}  {score['right']} of {score['of']}")


if __name__ == "__main__":
    main()
