#!/bin/sh
# CPU time a page: vitrine beside Scrapy with extruct, installed from PyPI into .build-bench.
# Arguments go to bench.py; --help tells them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
python=$("$here/../venv.sh" crawl -r "$here/requirements.txt")
exec python3 "$here/bench.py" --python "$python" --vitrine "$root/.build/release/vitrine" "$@"
