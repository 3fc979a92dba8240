#!/usr/bin/env python3
"""CPU time a page and peak memory of `vitrine crawl` beside Scrapy with extruct.

Both crawl the same pages from the same server in alternating runs, with the same concurrency, no
delay, robots.txt obeyed, and a fresh folder each time. Vitrine keeps its whole catalog (frontier,
products, provenance, price history) in SQLite; Scrapy writes one JSON line a product. CPU time is user
plus system of the process and all it waited for (wait4). A run counts only if both asked for all pages
and agree on the products. By default the pages are 1,000 products of about 32 KB in four dialects
(see pages.py); --site takes a folder and an nginx configuration instead. Vitrine looks for links on
every page; the peer does so too with --peer-follows all, and is spared it on product pages otherwise.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal, InvalidOperation

sys.dont_write_bytecode = True
import pages  # noqa: E402
from server import Server  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


def measure(command, log):
    """Run to the end; seconds of CPU and of the wall, peak RSS in MiB, exit code."""
    start = time.monotonic()
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {"cpu_s": usage.ru_utime + usage.ru_stime, "user_s": usage.ru_utime, "system_s": usage.ru_stime,
            "wall_s": time.monotonic() - start, "rss_mib": usage.ru_maxrss / 1024, "exit": process.returncode}


def amount(value):
    try:
        return str(Decimal(str(value)).normalize())
    except InvalidOperation:
        return str(value)


class Vitrine:
    name = "vitrine"

    def __init__(self, arguments):
        self.program, self.concurrency = arguments.vitrine, arguments.concurrency

    def crawl(self, folder, seeds, hosts):
        config = folder / "vitrine.yaml"
        config.write_text(
            f"contact: bench@example.com\ndata: data\ncrawl:\n  delay: 0ms\n  max_delay: 0ms\n  concurrency: {self.concurrency}\n"
            f"  connections: {min(512, self.concurrency * len(hosts))}\nsites:\n  - name: bench\n"
            f"    seeds: {json.dumps(seeds)}\n    hosts: {json.dumps(hosts)}\n    allow_private: true\n"
            "    budget: 1000000\n")
        result = measure([self.program, "crawl", "--config", str(config), "--no-embed", "--json"],
                         folder / "crawl.log")
        with open(folder / "export.jsonl", "wb") as out:
            subprocess.run([self.program, "export", "--config", str(config), "--kind", "product"], stdout=out,
                           check=True)
        products = {}
        with open(folder / "export.jsonl") as lines:
            for line in map(json.loads, lines):
                if line.get("kind") == "product":
                    price = line.get("price") or {}
                    products[line["url"]] = (line.get("name"), amount(price.get("amount")), price.get("currency"))
        return result, products


class Scrapy:
    name = "scrapy"

    def __init__(self, arguments):
        self.python, self.concurrency = arguments.python, arguments.concurrency
        self.follow_all = arguments.peer_follows == "all"

    def crawl(self, folder, seeds, hosts):
        out = folder / "items.jsonl"
        command = [self.python, str(HERE / "peer.py"), "--concurrency", str(self.concurrency), "--out", str(out)]
        command += [x for s in seeds for x in ("--seed", s)] + [x for h in hosts for x in ("--host", h)]
        result = measure(command + ["--follow-all"] * self.follow_all, folder / "crawl.log")
        products = {}
        with open(out) as lines:
            for item in map(json.loads, lines):
                products[item["url"]] = (item["name"], amount(item["price"]), item["currency"])
        return result, products


class Generated:
    """Our own pages from our own server."""

    def __init__(self, arguments):
        self.server = Server()
        files, self.truth = pages.build(arguments.pages, self.server.origin, size=arguments.size)
        self.server.publish(files)
        self.seeds, self.hosts = [self.server.origin + "/"], [self.server.origin.removeprefix("http://")]
        self.wanted = {p for p in files if p != "/robots.txt"}
        size = sum(len(t.encode()) for k, (_, t) in files.items() if k in self.truth_paths())
        self.facts = {"pages": len(self.wanted), "products": len(self.truth),
                      "mean_bytes": round(size / max(1, len(self.truth)))}

    def truth_paths(self):
        return {u.removeprefix(self.server.origin) for u in self.truth}

    def begin(self):
        self.server.counts.clear()

    def fetched(self):
        """How many wanted pages were asked for, and how many requests there were."""
        counts = self.server.counts
        return sum(p in counts for p in self.wanted), sum(counts.values())

    def close(self):
        self.server.close()


class Folder:
    """A folder with an nginx configuration whose log is access.log, one JSON object a line."""

    def __init__(self, arguments):
        self.folder, self.truth = pathlib.Path(arguments.site).resolve(), None
        self.seeds, self.hosts = arguments.seed, arguments.host
        if not self.seeds or not self.hosts:
            sys.exit("--site needs --seed and --host")
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        command = [nginx, "-p", str(self.folder), "-c", arguments.conf, "-e", "run/error.log",
                   "-g", "daemon off;" + (" user root;" if os.geteuid() == 0 else "")]
        self.process, self.log = subprocess.Popen(command), self.folder / "access.log"
        time.sleep(1)
        if self.process.poll() is not None:
            sys.exit("nginx did not start")
        self.facts, self.offset = {"site": self.folder.name}, 0

    def begin(self):
        self.offset = self.log.stat().st_size if self.log.exists() else 0

    def fetched(self):
        with open(self.log) as file:
            file.seek(self.offset)
            lines = [json.loads(x) for x in file]
        pages_ = {(r["addr"], r["uri"]) for r in lines if r["status"] == 200 and not r["uri"].endswith("robots.txt")}
        return len(pages_), len(lines)

    def close(self):
        self.process.terminate()
        self.process.wait()


def run(arguments, site, work):
    programs, runs = [Vitrine(arguments), Scrapy(arguments)], []
    for number in range(arguments.runs):
        for program in programs if number % 2 == 0 else reversed(programs):
            folder = pathlib.Path(work) / f"{program.name}-{number}"
            folder.mkdir()
            site.begin()
            result, products = program.crawl(folder, site.seeds, site.hosts)
            result["pages"], result["requests"] = site.fetched()
            result |= {"program": program.name, "run": number, "products": len(products)}
            result["cpu_ms_page"] = 1000 * result["cpu_s"] / max(1, result["pages"])
            runs.append(result)
            print(f"{program.name:8} run {number + 1}: {result['pages']} pages, {result['products']} products, "
                  f"{result['cpu_s']:.2f} s CPU, {result['wall_s']:.2f} s, {result['rss_mib']:.0f} MiB",
                  file=sys.stderr)
            if result["exit"] != 0:
                tail = (folder / "crawl.log").read_text(errors="replace")[-2000:]
                sys.exit(f"{program.name} ended with {result['exit']}:\n{tail}")
            result["agree"] = agreement(products, site.truth)
            if not arguments.keep:
                shutil.rmtree(folder)
    return runs


def agreement(products, truth):
    """Share of the products whose name, price and currency are those that the generator wrote."""
    if truth is None:
        return None
    right = sum(products.get(u) == (t["name"], amount(t["price"]), t["currency"]) for u, t in truth.items())
    return round(right / max(1, len(truth)), 4)


def judge(arguments, site, runs):
    """What is wrong with the runs; empty where they may be compared."""
    failed = []

    for r in runs:
        if site.truth is not None:
            if r["pages"] != len(site.wanted):
                failed.append(f"{r['program']} asked for {r['pages']} of {len(site.wanted)} pages")
            if r["products"] != len(site.truth):
                failed.append(f"{r['program']} found {r['products']} of {len(site.truth)} products")
            if r["agree"] != 1:
                failed.append(f"{r['program']} has only {r['agree']:.2%} of the products right")
    def median(program, key):
        return statistics.median(r[key] for r in runs if r["program"] == program)

    ours, theirs = median("vitrine", "pages"), median("scrapy", "pages")
    if abs(ours - theirs) > arguments.tolerance * max(ours, theirs):
        failed.append(f"vitrine fetched {ours:.0f} pages, scrapy {theirs:.0f}")
    ours, theirs = median("vitrine", "products"), median("scrapy", "products")
    if ours < theirs or (site.truth is not None and ours != theirs):  # extruct does not know every dialect
        failed.append(f"vitrine found {ours:.0f} products, scrapy {theirs:.0f}")
    return sorted(set(failed))


def summary(runs):
    out = {}
    for name in ("vitrine", "scrapy"):
        own = [r for r in runs if r["program"] == name]
        out[name] = {k: round(statistics.median(r[k] for r in own), 3)
                     for k in ("cpu_ms_page", "cpu_s", "wall_s", "rss_mib", "pages", "products", "requests")}
        out[name]["cpu_ms_page_range"] = [round(f(r["cpu_ms_page"] for r in own), 3) for f in (min, max)]
    out["cpu_ratio"] = round(out["vitrine"]["cpu_ms_page"] / out["scrapy"]["cpu_ms_page"], 4)
    out["rss_ratio"] = round(out["vitrine"]["rss_mib"] / out["scrapy"]["rss_mib"], 4)
    return out


def versions(arguments):
    def first_line(command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().split("\n")[0]
    script = "import importlib.metadata as m; print(*(p + ' ' + m.version(p) for p in ('Scrapy', 'extruct', 'lxml')))"
    return {"vitrine": first_line([arguments.vitrine, "--version"]),
            "peer": first_line([arguments.python, "-c", script]), "cpus": os.cpu_count()}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--vitrine", required=True, help="the release program")
    ap.add_argument("--python", required=True, help="a Python that has Scrapy and extruct")
    ap.add_argument("--runs", type=int, default=3, help="of each program, alternating (default 3)")
    ap.add_argument("--pages", type=int, default=1000, help="products to generate (default 1000)")
    ap.add_argument("--size", type=int, default=32_000, help="bytes of a page, about (default 32000)")
    ap.add_argument("--concurrency", type=int, default=16, help="requests at a time to a host (default 16)")
    ap.add_argument("--peer-follows", choices=("all", "listings"), default="listings",
                    help="pages whose links the peer looks for: only those that are no product, as a spider written for "
                    "this one shop (default), or all, as vitrine and every spider for any shop must")
    ap.add_argument("--site", help="a folder to serve with nginx instead; no endless pages, please")
    ap.add_argument("--conf", default="nginx.conf", help="its configuration, relative to the folder")
    ap.add_argument("--seed", action="append", default=[], help="where to start in --site (repeatable)")
    ap.add_argument("--host", action="append", default=[], help="host:port to stay on in --site (repeatable)")
    ap.add_argument("--tolerance", type=float, default=None,
                    help="share by which the pages fetched may differ (default 0; 0.05 with --site)")
    ap.add_argument("--max-ratio", type=float, default=0.2, help="exit 1 if CPU a page is more (default 0.2)")
    ap.add_argument("--baseline", metavar="FILE", help="write the figures as JSON, to be committed")
    ap.add_argument("--json", action="store_true", help="print everything as JSON")
    ap.add_argument("--keep", action="store_true", help="keep the folders of the runs")
    arguments = ap.parse_args()
    if arguments.tolerance is None:
        arguments.tolerance = 0.05 if arguments.site else 0
    if not os.access(arguments.vitrine, os.X_OK):
        sys.exit(f"no program at {arguments.vitrine}: run make build first")
    site = Folder(arguments) if arguments.site else Generated(arguments)
    work = tempfile.mkdtemp(prefix="bench-crawl-")
    try:
        runs = run(arguments, site, work)
    finally:
        site.close()
        if arguments.keep:
            print(f"runs kept in {work}", file=sys.stderr)
        else:
            shutil.rmtree(work, ignore_errors=True)
    failed = judge(arguments, site, runs)
    figures = {"site": site.facts, "peer_follows": arguments.peer_follows, "versions": versions(arguments),
               **summary(runs)}
    if figures["cpu_ratio"] > arguments.max_ratio:
        failed.append(f"CPU a page is {figures['cpu_ratio']} of the peer's, at most {arguments.max_ratio} is asked")
    if arguments.baseline:
        pathlib.Path(arguments.baseline).write_text(json.dumps(figures, indent=1) + "\n")
    if arguments.json:
        print(json.dumps(figures | {"runs": runs, "failed": failed}, indent=1))
    else:
        print(f"{'':10}{'CPU ms/page':>12}{'CPU s':>9}{'wall s':>9}{'RSS MiB':>9}{'pages':>8}{'products':>10}")
        for name in ("vitrine", "scrapy"):
            f = figures[name]
            print(f"{name:10}{f['cpu_ms_page']:12.3f}{f['cpu_s']:9.2f}{f['wall_s']:9.2f}{f['rss_mib']:9.0f}"
                  f"{f['pages']:8.0f}{f['products']:10.0f}")
        print(f"CPU a page: {figures['cpu_ratio']:.3f} of the peer's; memory: {figures['rss_ratio']:.3f}")
        print("FAIL: " + "; ".join(failed) if failed else "PASS")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
