#!/bin/sh
# venv.sh NAME PACKAGE…: a Python with these packages of PyPI in .build-bench/NAME; prints its path.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
venv=$root/.build-bench/$1
shift
if [ ! -x "$venv/bin/python" ]; then
  mkdir -p "$root/.build-bench"
  python3 -m venv "$venv"
fi
wanted=$(printf '%s\n' "$@" | cksum)
if [ "$(cat "$venv/.packages" 2>/dev/null)" != "$wanted" ]; then
  "$venv/bin/pip" install --quiet --disable-pip-version-check "$@" >&2
  printf '%s\n' "$wanted" >"$venv/.packages"
fi
echo "$venv/bin/python"
