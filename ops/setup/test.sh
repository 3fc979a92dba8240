#!/usr/bin/env bash
# Runs every test that was built. What failed is told once more at the end of the long log.
set -uo pipefail
# Hundreds at a time would starve each other on few cores: what waits for a server, a browser or a
# connection's age would fail for that alone.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8
log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift test --skip-build 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
if ((status)); then
  printf '\nwhat failed:\n'
  grep -E '✘|↳|Fatal error|error: ' "$log" | tail -n 80
fi
exit "$status"
