#!/usr/bin/env python3
"""Kill `vitrine crawl` with SIGKILL at random instants and prove that nothing is lost or asked twice.

A reference crawl runs undisturbed. Then a crawl of the same site into another folder is killed at a
random instant and started again, until --kills have been sent; a crawl that ends before its kill
completes a round, and the next round begins in a fresh folder. After each round the catalog (export),
the blobs (name = SHA-256 of the content), the index (`vitrine index dump`) and `vitrine index check`
are compared with the reference; order, row ids, cursors and times do not count, duplicate groups are
compared as a partition, events as a multiset of kind and address. The server's log must show that no
address was answered in full more often than once and once for each kill that found it in flight, and
that the delay between two requests to a host was kept across the restarts.

By default the site is `vitrine demo --site-only`; --config and --log take another that already runs,
its log one JSON object a line with ms, dur_s, addr, uri and status, as nginx can write it.
"""
import argparse
import collections
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

IGNORED = {"id", "cursor", "run", "at", "observed_at", "first_seen", "last_seen", "seen_at", "changed_at"}


class Trial:
    def __init__(self, arguments, work):
        self.arguments, self.work, self.log_offset = arguments, work, 0
        self.vitrine = str(pathlib.Path(arguments.vitrine).resolve())
        self.log = pathlib.Path(arguments.log or work / "access.log")
        self.rng, self.kills, self.instants = random.Random(arguments.seed), 0, []

    def config(self, data):
        """The configuration with another data folder."""
        folder = self.work / data
        folder.mkdir()
        if self.arguments.config:
            return folder, pathlib.Path(self.arguments.config).resolve()
        path, port = folder / "vitrine.yaml", self.arguments.port
        hosts = json.dumps([f"127.0.0.{n}:{port}" for n in range(1, 5)])
        path.write_text(f"contact: trial@example.com\ncrawl:\n  delay: {self.arguments.delay_ms}ms\nsites:\n"
                        f"  - name: demo\n    seeds: ['http://127.0.0.1:{port}/']\n    hosts: {hosts}\n"
                        "    allow_private: true\n")
        return folder, path

    def command(self, place, *verb):
        folder, config = place
        environment = os.environ | {"VITRINE_DATA": str(folder / "data")}
        return [self.vitrine, *verb, "--config", str(config)], environment

    def output(self, place, *verb):
        command, environment = self.command(place, *verb)
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    def crawl(self, place, kill_after=None):
        """Whether it ended by itself; killed with all its threads otherwise."""
        command, environment = self.command(place, "crawl", "--json")
        with open(place[0] / "crawl.log", "ab") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            try:
                code = process.wait(kill_after)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                self.instants.append((kill_after, time.time() * 1000))
                return False
        if code not in self.arguments.exit_codes:
            tail = (place[0] / "crawl.log").read_text(errors="replace")[-1500:]
            raise SystemExit(f"vitrine crawl ended with {code}:\n{tail}")
        return True

    def new_log_lines(self):
        """What the server has logged since the last call."""
        with open(self.log, "rb") as file:
            file.seek(self.log_offset)
            data = file.read()
        whole = data[:data.rfind(b"\n") + 1]
        self.log_offset += len(whole)
        return [json.loads(line) for line in whole.splitlines() if line.strip()]


def canonical(value):
    """A value without ids and times, its lists of objects in a fixed order."""
    if isinstance(value, dict):
        return {k: canonical(v) for k, v in sorted(value.items()) if k not in IGNORED and k != "duplicate_group"}
    if isinstance(value, list):
        return [canonical(v) for v in value]
    return value


def groups(value, found):
    """Collects url → duplicate group from everywhere in a value."""
    if isinstance(value, dict):
        if "duplicate_group" in value and "url" in value:
            found[value["url"]] = value["duplicate_group"]
        for inner in value.values():
            groups(inner, found)
    elif isinstance(value, list):
        for inner in value:
            groups(inner, found)


def partition(found):
    sets = collections.defaultdict(set)
    for url, group in found.items():
        sets[group].add(url)
    return {frozenset(s) for s in sets.values()}


class State:
    """All that a finished data folder holds, comparable."""

    def __init__(self, trial, place):
        found, self.items, events = {}, {}, collections.Counter()
        for line in trial.output(place, "export", "--format", "jsonl").splitlines():
            item = json.loads(line)
            groups(item, found)
            if item["kind"] == "event":
                if not trial.arguments.all_events:
                    events[item["event"], item["url"]] += 1
            else:
                text = json.dumps(canonical(item), sort_keys=True, ensure_ascii=False)
                self.items[item["kind"], item["url"]] = text
        if trial.arguments.all_events:
            for line in trial.output(place, "export", "--kind", "event", "--since", "0").splitlines():
                item = json.loads(line)
                if item["kind"] == "event":
                    events[item["event"], item["url"]] += 1
        self.events, self.groups = events, partition(found)
        self.blobs, self.bad_blobs, self.leftovers = {}, [], 0
        self.read_blobs(place[0] / "data")
        self.vectors = collections.Counter(trial.output(place, "index", "dump").splitlines())
        self.names = collections.Counter(json.loads(v)["sha256"] for v in self.vectors)
        trial.output(place, "index", "check")

    def read_blobs(self, folder):
        """A blob's file is named by the SHA-256 of what it holds; a torn write leaves a .tmp beside it."""
        for path in sorted((folder / "blobs").rglob("*")):
            if path.suffix == ".tmp":
                self.leftovers += 1
            elif path.is_file():
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                if digest != path.name:
                    self.bad_blobs.append(path.name)
                self.blobs[digest] = path.stat().st_size

    def counts(self):
        kinds = collections.Counter(k for k, _ in self.items)
        return {**kinds, "events": sum(self.events.values()), "groups": len(self.groups), "blobs": len(self.blobs),
                "torn_files": self.leftovers, "vectors": sum(self.vectors.values())}

    def differences(self, other, exact_vectors):
        """What of `self` is not as in `other`, the reference."""
        out = [f"blob {b} does not hold what its name says" for b in self.bad_blobs]
        for name in sorted(set(self.items) | set(other.items), key=str):
            if self.items.get(name) != other.items.get(name):
                state = "missing" if name not in self.items else "extra" if name not in other.items else "different"
                out.append(f"{name[0]} {name[1]}: {state}")
        for what in ("groups", "events", "blobs") + (("vectors",) if exact_vectors else ("names",)):
            mine, theirs = getattr(self, what), getattr(other, what)
            if mine != theirs:
                some = [str(x)[:160] for x in sorted(set(mine) ^ set(theirs), key=str)[:2]]
                out.append(f"{what}: {len(mine)} against {len(theirs)}, such as {some}")
        return out


def check_log(lines, kills, delay_ms, slack_ms, per_kill):
    """Repeats and gaps of one round; `kills` are its instants in server milliseconds."""
    failed, fetched, hosts = [], collections.defaultdict(list), collections.defaultdict(list)
    for line in lines:
        start = line["ms"] - line["dur_s"] * 1000
        hosts[line["addr"]].append(start)
        if not line["uri"].startswith("/robots.txt") and line["status"] < 400:  # a refusal is asked again
            fetched[line["addr"], line["uri"]].append(line["ms"])
    by_kill, needless = collections.Counter(), []
    for address, times in fetched.items():
        for before, after in zip(times, times[1:]):
            between = [k for k in kills if before <= k + slack_ms and k <= after]
            if between:
                by_kill[between[0]] += 1
            else:
                needless.append("".join(address))
    if needless:
        failed.append(f"{len(needless)} fetched twice with no kill between, such as {needless[0]}")
    worst = max(by_kill.values(), default=0)
    if worst > per_kill:
        failed.append(f"a kill made {worst} be fetched again, at most {per_kill} can have been in flight")
    gaps = []
    for address, starts in hosts.items():
        starts.sort()
        gaps += [(b - a, address) for a, b in zip(starts, starts[1:])]
    close = [g for g in gaps if g[0] < delay_ms - slack_ms]
    if close:
        failed.append(f"{len(close)} requests too close, such as {min(close)[0]:.0f} ms on {min(close)[1]}")
    return failed, {"requests": len(lines), "again": sum(by_kill.values()), "most_a_kill": worst,
                    "needless": len(needless), "smallest_gap_ms": round(min(gaps)[0], 1) if gaps else None}


def wait_for(url, process):
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit("the demo site did not start")
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise SystemExit("the demo site does not answer")


def draw_all(trial):
    """Crawl once and forget it, so that the site has drawn its pictures before anything is timed."""
    place = trial.config("warm")
    trial.crawl(place)
    shutil.rmtree(place[0])
    trial.new_log_lines()


def run(trial):
    arguments, report, failed = trial.arguments, {"rounds": []}, []
    if not arguments.config:
        draw_all(trial)
    elif trial.log.exists():
        trial.new_log_lines()
    place = trial.config("reference")
    start = time.monotonic()
    trial.crawl(place)
    took = time.monotonic() - start
    time.sleep(0.3)
    in_reference, _ = check_log(trial.new_log_lines(), [], arguments.delay_ms, arguments.slack_ms, 0)
    failed += [f"reference: {f}" for f in in_reference]
    reference = State(trial, place)
    report["reference"] = {"seconds": round(took, 1), **reference.counts()}
    print(f"reference: {took:.1f} s, {report['reference']}", file=sys.stderr)
    horizon, number = took / arguments.share, 0
    while trial.kills < arguments.kills:
        number += 1
        place, first = trial.config(f"round-{number}"), len(trial.instants)
        while trial.kills < arguments.kills and not trial.crawl(place, trial.rng.uniform(0, horizon)):
            trial.kills += 1
        trial.crawl(place)  # nothing left where the last one ended by itself
        time.sleep(0.3)
        instants = [i for _, i in trial.instants[first:]]
        wrong, log = check_log(trial.new_log_lines(), instants, arguments.delay_ms, arguments.slack_ms,
                               arguments.in_flight)
        state = State(trial, place)
        wrong += state.differences(reference, not arguments.names_only)
        report["rounds"].append({"kills": len(instants), **log, **state.counts(), "wrong": wrong})
        failed += [f"round {number}: {w}" for w in wrong]
        print(f"round {number}: {len(instants)} kills, {log}, {len(wrong)} wrong", file=sys.stderr)
        for w in wrong[:5]:
            print(f"  {w}", file=sys.stderr)
        if not arguments.keep and not wrong:
            shutil.rmtree(place[0])
    report |= {"kills": trial.kills, "failed": failed}
    return report


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--vitrine", default=".build/release/vitrine", help="the program (default .build/release/vitrine)")
    ap.add_argument("--kills", type=int, default=50, help="SIGKILLs to send (default 50)")
    ap.add_argument("--seed", type=int, default=1, help="of the instants (default 1)")
    ap.add_argument("--share", type=float, default=5, metavar="N",
                    help="kill within the first N-th of what a whole crawl takes (default 5)")
    ap.add_argument("--port", type=int, default=8472, help="of the demo site (default 8472)")
    ap.add_argument("--config", help="crawl the sites of this configuration, which are served already, instead")
    ap.add_argument("--log", help="the access log of that server")
    ap.add_argument("--site-command", help="program and arguments that serve the demo site, {port} and {log} filled in")
    ap.add_argument("--delay-ms", type=float, default=20, help="between two requests to a host (default 20)")
    ap.add_argument("--slack-ms", type=float, default=3, help="leave on every time (default 3)")
    ap.add_argument("--in-flight", type=int, default=8, help="addresses that one kill may make be fetched again: "
                    "hosts × (requests at a time + one fetched but not yet kept) (default 8)")
    ap.add_argument("--exit-codes", type=int, nargs="+", default=[0], help="that a finished crawl may have (default 0)")
    ap.add_argument("--names-only", action="store_true", help="compare which pictures are indexed, not their vectors")
    ap.add_argument("--all-events", action="store_true", help="compare events of all runs, not of the last")
    ap.add_argument("--keep", action="store_true", help="keep the folders")
    ap.add_argument("--json", action="store_true", help="print the report as JSON")
    arguments = ap.parse_args()
    if bool(arguments.config) != bool(arguments.log):
        ap.error("--config and --log go together")
    work = pathlib.Path(tempfile.mkdtemp(prefix="kill9-"))
    trial, server = Trial(arguments, work), None
    try:
        if not arguments.config:
            command = (arguments.site_command or f"{trial.vitrine} demo --site-only --site-port {{port}} "
                       "--access-log {log}").format(port=arguments.port, log=trial.log).split()
            server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            wait_for(f"http://127.0.0.1:{arguments.port}/", server)
        report = run(trial)
    finally:
        if server:
            server.terminate()
            server.wait()
        if arguments.keep:
            print(f"kept {work}", file=sys.stderr)
        else:
            shutil.rmtree(work, ignore_errors=True)
    if arguments.json:
        print(json.dumps(report, indent=1))
    else:
        again = sum(r["again"] for r in report["rounds"])
        print(f"{report['kills']} kills in {len(report['rounds'])} rounds, {again} addresses fetched again, at most "
              f"{max((r['most_a_kill'] for r in report['rounds']), default=0)} for one kill")
        print("FAIL: " + "; ".join(report["failed"][:10]) if report["failed"] else "PASS")
    sys.exit(bool(report["failed"]))


if __name__ == "__main__":
    main()
