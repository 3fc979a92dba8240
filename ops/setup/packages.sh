#!/bin/sh
# Installs what the build, the tests and the demo need from Debian; does nothing when all is there.
set -eu

packages="libcurl4-openssl-dev libxml2-dev libsqlite3-dev libturbojpeg0-dev libwebp-dev libpng-dev
  libavif-dev libzstd-dev pkg-config python3 python3-venv python3-pip chromium fonts-dejavu-core"

missing=""
for package in $packages; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || {
    echo "setup: these packages are missing and sudo is not here; as root run:" >&2
    echo "  apt-get install$missing" >&2
    exit 1
  }
  as_root=sudo
fi
echo "setup: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $as_root apt-get update -q &&
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing; } \
  >"$log" 2>&1; then
  cat "$log" >&2
  echo "setup: apt-get failed; see above" >&2
  exit 1
fi
