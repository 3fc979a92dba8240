#!/bin/sh
# run.sh PHOTOS OPTION…: bench.py with these options, on generated vectors or, where there is a folder of
# photos, on features of these and of cuts of them, which are made once.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
photos=$1
shift
python=$("$here/../venv.sh" index faiss-cpu hnswlib numpy pillow)
if [ -n "$photos" ]; then
  features=$root/.build-bench/index/$(ls -lR "$photos" | cksum | tr -d ' ').fvecs
  "$python" "$here/features.py" "$root/.build/release/bench-embedding" "$root/.deps/model" \
    "$photos" "$features"
  set -- --features "$features" "$@"
fi
exec "$python" "$here/bench.py" "$root/.build/release/bench-index" "$@"
