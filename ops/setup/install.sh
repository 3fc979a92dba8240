#!/usr/bin/env bash
# install.sh PREFIX: puts the built program at PREFIX/bin/vitrine, with what it needs at PREFIX/lib/vitrine.
# Made aside and renamed, so that nobody meets half of an update.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prefix=${1:?install.sh PREFIX}
mkdir -p "$prefix/bin" "$prefix/lib"
prefix=$(cd "$prefix" && pwd)
work=$(mktemp -d "$prefix/lib/.vitrine.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/vitrine/lib"
cp "$root/.build/release/vitrine" "$work/vitrine/"
cp -R "$root/.deps/openvino" "$root/.deps/model" "$root/.deps/model-fast" "$work/vitrine/lib/"
if [[ -e $prefix/lib/vitrine ]]; then mv "$prefix/lib/vitrine" "$work/old"; fi
mv "$work/vitrine" "$prefix/lib/"
ln -sfn ../lib/vitrine/vitrine "$prefix/bin/vitrine"
echo "installed $prefix/bin/vitrine"
case :$PATH: in
  *":$prefix/bin:"*) ;;
  *) echo "$prefix/bin is not in PATH: call it by that path, or add it" ;;
esac
