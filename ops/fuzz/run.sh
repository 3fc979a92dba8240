#!/bin/sh
# Fuzzes every reader of bytes from outside, FUZZ_SECONDS each (default 60): optimised code under
# AddressSanitizer, with the assertions and the bounds of unsafe buffers that a release leaves out.
# What it finds is kept in .build-fuzz/found; a corpus grows in .build-fuzz/corpus.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$root/.build-fuzz
cd "$root"
swift build -c release --product fuzz --scratch-path "$scratch" --sanitize address \
  -Xswiftc -assert-config -Xswiftc Debug -Xswiftc -DFUZZING -Xswiftc -sanitize=fuzzer
mkdir -p "$scratch/found"
for target in ${FUZZ_TARGETS:-html json state sitemap price jpeg png webp gif avif}; do
  mkdir -p "$scratch/corpus/$target"
  echo "fuzzing $target for ${FUZZ_SECONDS:-60} s"
  SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 FUZZ_TARGET=$target \
    "$scratch/release/fuzz" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -rss_limit_mb=2048 \
    -max_len=65536 -print_final_stats=1 -print_funcs=0 -verbosity=0 -artifact_prefix="$scratch/found/$target-" \
    "$scratch/corpus/$target" ops/fuzz/seeds/"$target"
done
