#!/bin/sh
# Vitrine's reader beside extruct, installed from PyPI into .build-bench, and libxml2.
# Arguments go to bench.py; --help tells them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
venv=$root/.build-bench/crawl
if [ ! -x "$venv/bin/python" ]; then
  mkdir -p "$root/.build-bench"
  python3 -m venv "$venv"
fi
"$venv/bin/python" -c 'import extruct' 2>/dev/null ||
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/../crawl/requirements.txt"
exec python3 "$here/bench.py" --python "$venv/bin/python" \
  --program "$root/.build/release/bench-extract" "$@"
