"""Reads the pages of a list with extruct; prints CPU seconds as bench-extract does."""
import json
import pathlib
import sys
import time

import extruct

entries = []
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    file, url, _ = line.split("\t")
    entries.append((pathlib.Path(file).read_bytes(), url))
times = []
for number in range(int(sys.argv[2]) + 1):
    start = time.process_time()
    for body, url in entries:
        try:
            extruct.extract(body.decode("utf-8", "replace"), base_url=url, syntaxes=["json-ld", "microdata", "opengraph"])
        except Exception:  # noqa: BLE001  what it cannot read costs what it costs
            pass
    # The first round warms the caches.
    if number:
        times.append(time.process_time() - start)
seconds, size = sorted(times)[len(times) // 2], sum(len(body) for body, _ in entries)
print(json.dumps({"step": "extruct", "pages": len(entries), "bytes": size, "cpu_s": seconds,
                  "pages_per_s": len(entries) / seconds, "mb_per_s": size / seconds / 1e6}))
