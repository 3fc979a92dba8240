#!/bin/sh
# Vitrine's reader beside extruct, installed from PyPI into .build-bench, and libxml2.
# Arguments go to bench.py; --help tells them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
python=$("$here/../venv.sh" crawl -r "$here/../crawl/requirements.txt")
exec python3 "$here/bench.py" --python "$python" --program "$root/.build/release/bench-extract" "$@"
