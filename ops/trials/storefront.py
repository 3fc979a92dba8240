#!/usr/bin/env python3
"""Crawl a generated storefront on two days and print what its own checks say.

TOOL is a checkout of the storefront tool (make.py, serve.sh, check_export.py, check_access.py); it needs
Pillow and nginx. The driver builds the first day, serves it, crawls it, checks the export and the
access log, builds the second day, crawls again and checks again, among that the share of 304 answers
and the change events.
"""
import argparse
import collections
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

FIELDS = ("name", "price", "brand", "availability", "images")  # a price holds its currency


def export_bounds(truth, has_events):
    """What check_export.py is to ask: every field in every dialect, merging, and the change events."""
    bounds = {f"dialect.{d}.{f}.f1": 0.98 for d, stated in truth["fields"].items() for f in FIELDS if f in stated}
    bounds |= {"dedupe.precision": 0.99, "dedupe.recall": 0.95}
    if has_events:  # without any in the export it has no numbers for them
        bounds |= {f"event.{kind}.f1": 1 for kind in {e["event"] for e in truth["events"]}}
    return [x for name, bound in sorted(bounds.items()) for x in ("--min", f"{name}={bound}")]


def colourway_pairs(truth):
    """Pairs of image addresses that show one thing in two colours, and must stay apart."""
    urls = collections.Counter(i["group"] for i in truth["images"].values() if i["expect"] == "ok")
    return sum(urls[a] * urls[b] for groups in truth["colourways"] for a, b in itertools.combinations(groups, 2))


class Storefront:
    def __init__(self, arguments, work):
        self.arguments, self.tool = arguments, pathlib.Path(arguments.tool).resolve()
        self.work, self.out = work, work / "site"
        self.config, self.vitrine = work / "vitrine.yaml", str(pathlib.Path(arguments.vitrine).resolve())
        self.figures, self.failed = {}, []

    def tool_run(self, *command, check=True):
        result = subprocess.run([self.arguments.python, *map(str, command)], cwd=self.tool, capture_output=True, text=True)
        if check and result.returncode != 0:
            raise SystemExit(f"{command[0]} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
        return result

    def build(self, day):
        photos = [x for p in self.arguments.photos for x in ("--photos", pathlib.Path(p).resolve())]
        start = time.monotonic()
        self.tool_run("make.py", self.out, *photos, "--products", self.arguments.products, "--port",
                      self.arguments.port, "--seed", self.arguments.seed, "--day", day)
        print(f"day {day} built in {time.monotonic() - start:.0f} s", file=sys.stderr)

    def serve(self, verb, check=True):
        subprocess.run(["sh", str(self.tool / "serve.sh"), verb, str(self.out)], check=check)

    def truth(self, day):
        return self.out / "truth" / f"day{day}.json"

    def configure(self):
        truth = json.loads(self.truth(1).read_text())
        self.config.write_text(
            f"contact: trial@example.com\ndata: data\ncrawl:\n  delay: {self.arguments.delay_ms}ms\n"
            f"  patience: 10s\n  timeout: {self.arguments.timeout}\nsites:\n  - name: storefront\n"
            f"    seeds: {json.dumps(truth['seeds'])}\n    hosts: {json.dumps(truth['scope'])}\n"
            "    allow_private: true\n")

    def day(self, number, extra_access, refresh):
        """Crawl and check one day."""
        truth = json.loads(self.truth(number).read_text())
        start = time.monotonic()
        command = [self.vitrine, "crawl", "--config", str(self.config), "--json"] + ["--refresh"] * refresh
        with open(self.work / f"crawl{number}.log", "w") as log:
            crawl = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
            output = crawl.stdout.read()
            _, status, usage = os.wait4(crawl.pid, 0)
        code = crawl.returncode = os.waitstatus_to_exitcode(status)
        if code not in (0, 1):
            raise SystemExit(f"vitrine crawl ended with {code}:\n{(self.work / f'crawl{number}.log').read_text()[-3000:]}")
        took, export = time.monotonic() - start, self.work / f"export{number}.jsonl"
        with open(export, "w") as out:
            subprocess.run([self.vitrine, "export", "--config", str(self.config)], stdout=out, check=True)
        with open(export) as lines:
            has_events = any(json.loads(line)["kind"] == "event" for line in lines)
        if truth["events"] and not has_events:
            self.failed.append(f"day {number}: no change event, {len(truth['events'])} are true")
        exported = self.tool_run("check_export.py", self.truth(number), export, "--json", "--wrong",
                                 self.work / f"wrong{number}.json", *export_bounds(truth, has_events), check=False)
        access = self.tool_run("check_access.py", self.truth(number), self.out / "access.log", "--json", "--agent",
                               "vitrinebot", "--delay", self.arguments.delay_ms / 1000, *extra_access, check=False)
        figures = {"exit": code, "seconds": round(took, 1), "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
                   "rss_mib": round(usage.ru_maxrss / 1024), "crawl": json.loads(output) if output.strip() else None}
        for name, result in (("export", exported), ("access", access)):
            try:
                figures[name] = json.loads(result.stdout)
            except json.JSONDecodeError:
                raise SystemExit(f"check_{name}.py said:\n{result.stdout}{result.stderr}") from None
            self.failed += [f"day {number}: {f}" for f in figures[name]["failed"]]
        merged, pairs = figures["export"]["dedupe"]["colourway_merges"], colourway_pairs(truth)
        figures["colourways_merged"] = round(merged / max(1, pairs), 4)
        if merged > 0.02 * pairs:
            self.failed.append(f"day {number}: {merged} of {pairs} pairs of colourways merged")
        self.figures[f"day{number}"] = figures
        self.tell(number, figures)

    def tell(self, number, figures):
        export, access = figures["export"], figures["access"]
        print(f"\nday {number}: {figures['seconds']} s, {figures['cpu_s']} s CPU, {figures['rss_mib']} MiB, "
              f"exit {figures['exit']}")
        print("  products", export["products"])
        for name, scores in export["field"].items():
            print(f"  {name:14} F1 {scores['f1']:.4f}  precision {scores['precision']:.4f}  recall {scores['recall']:.4f}")
        for name, scores in export["dialect"].items():
            weak = {f: s["f1"] for f, s in scores.items() if s["f1"] < 0.98}
            print(f"  dialect {name:14} F1 {scores['all']['f1']:.4f} {weak or ''}")
        for kind in ("post", "creator"):
            weak = {f: s["f1"] for f, s in export[kind].items() if isinstance(s, dict) and s["f1"] < 1}
            print(f"  {kind}: {export[kind]['missing']} missing, {export[kind]['extra']} extra {weak or ''}")
        print("  events", {k: s["f1"] for k, s in export.get("event", {}).items()})
        print("  duplicates", export["dedupe"], f"colourways merged {figures['colourways_merged']:.2%}")
        lists = {k: len(access[k]) for k in ("forbidden", "out_of_scope", "robots_not_first", "too_close",
                                             "retry_after_broken")}
        print("  access", lists, {k: access[k] for k in ("trap", "repeats", "coverage", "conditional", "requests",
                                                         "max_concurrent", "status")})

    def run(self):
        self.build(1)
        self.configure()
        self.serve("start")
        try:
            self.day(1, ["--min-coverage", "0.99", "--min-image-coverage", "0.99"], refresh=False)
            self.build(2)
            self.serve("reload")
            self.day(2, ["--min-304", "0.95", "--robots-cached"], refresh=True)
        finally:
            self.serve("stop", check=False)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("tool", help="the folder of the storefront tool")
    ap.add_argument("--photos", action="append", required=True, help="folder of <class>/*.jpg (repeatable)")
    ap.add_argument("--vitrine", default=".build/release/vitrine", help="the program (default .build/release/vitrine)")
    ap.add_argument("--python", default=sys.executable, help="a Python with Pillow, for the tool")
    ap.add_argument("--products", type=int, default=600)
    ap.add_argument("--port", type=int, default=8470)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--delay-ms", type=int, default=50, help="between two requests to a host (default 50)")
    ap.add_argument("--timeout", default="20s", help="of a request (default 20s)")
    ap.add_argument("--work", help="a folder to work in and keep; a temporary one otherwise")
    ap.add_argument("--json", metavar="FILE", help="write all figures")
    arguments = ap.parse_args()
    work = pathlib.Path(arguments.work or tempfile.mkdtemp(prefix="storefront-")).resolve()
    work.mkdir(parents=True, exist_ok=True)
    trial = Storefront(arguments, work)
    try:
        trial.run()
    finally:
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps(trial.figures | {"failed": trial.failed}, indent=1))
        if not arguments.work:
            shutil.rmtree(work, ignore_errors=True)
    print("\nFAIL: " + "; ".join(trial.failed) if trial.failed else "\nPASS")
    sys.exit(bool(trial.failed))


if __name__ == "__main__":
    main()
