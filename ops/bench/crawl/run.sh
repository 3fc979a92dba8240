#!/bin/sh
# CPU time a page: vitrine beside Scrapy with extruct, installed from PyPI into .build-bench.
# Arguments go to bench.py; --help tells them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
venv=$root/.build-bench/crawl
wanted=$(cksum <"$here/requirements.txt")
if [ "$(cat "$venv/installed" 2>/dev/null || true)" != "$wanted" ]; then
  mkdir -p "$root/.build-bench"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  echo "$wanted" >"$venv/installed"
fi
exec python3 "$here/bench.py" --python "$venv/bin/python" \
  --vitrine "$root/.build/release/vitrine" "$@"
