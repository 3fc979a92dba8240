#!/bin/sh
# What the formatter does not see: shell and Python that do not parse, a file that grew into two ideas,
# a path of one machine.
set -eu
failed=0
for script in $(git ls-files '*.sh' .ci/run); do
  # By the shell that its first line names.
  shell=$(sed -n '1s|^#!.*[/ ]||p' "$script")
  "${shell:-sh}" -n "$script" || failed=1
done
scripts=$(git ls-files '*.py')
if [ -n "$scripts" ]; then
  python3 - $scripts <<'PYTHON' || failed=1
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name).read(), name)
PYTHON
fi
for source in $(git ls-files 'Sources/*.swift' 'Tests/*.swift' 'storage/*.swift'); do
  lines=$(wc -l <"$source")
  if [ "$lines" -gt 600 ]; then
    echo "$source: $lines lines, at most 600: it is two ideas" >&2
    failed=1
  fi
done
exit $failed
