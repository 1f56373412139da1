#!/usr/bin/env bash
# usage: tests/instructions.sh PROGRAM
# Counts the instructions of a small ranking with callgrind, on one thread, and fails when they have grown: a guard against slower code
# that needs no clock. Valgrind shows programs a CPU with AVX2, so the count does not depend on the machine's further extensions.
set -euo pipefail
program=$(readlink -f "${1:?usage: tests/instructions.sh PROGRAM}")
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
ALLOWED=3 # percent above the record

# precision: millions of instructions on record. 45 of them load the program's libraries, 12 of those libcurl's (an empty program that
# is linked with -lcurl takes 12.0, without .1).
declare -A RECORD_OF=([f32]=352 [int8]=397)

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
command -v valgrind >/dev/null || { echo "valgrind is missing: ./taproom setup --test installs it" && exit 1; }
python3 tests/bench/shape_gguf.py tiny "$dir/tiny.gguf" >/dev/null
failed=0
for precision in f32 int8; do
  # GOMP_SPINCOUNT is set, so that the program does not start itself anew, and the waiting of threads is not counted.
  if ! GOMP_SPINCOUNT=2000 OMP_NUM_THREADS=1 valgrind --tool=callgrind --callgrind-out-file="$dir/out" "$program" bench --model "$dir/tiny.gguf" \
    --prefix 32 --items 4 --item-tokens 8 --threads 1 --precision $precision >"$dir/log" 2>&1; then
    cat "$dir/log" && exit 1
  fi
  count=$(sed -nE 's/^==[0-9]+== Collected : ([0-9]+).*/\1/p' "$dir/log")
  millions=$(((count + 500000) / 1000000)) record=${RECORD_OF[$precision]}
  [ "$millions" -gt 0 ] || { echo "callgrind counted nothing:" && cat "$dir/log" && exit 1; }
  echo "$precision: $millions million instructions, $record on record"
  if [ $((millions * 100)) -gt $((record * (100 + ALLOWED))) ]; then
    echo "that is more than $ALLOWED % above the record: find out why (callgrind_annotate), or write the new count into tests/instructions.sh"
    failed=1
  elif [ $((millions * 100)) -lt $((record * (100 - ALLOWED))) ]; then
    echo "that is less: write the new count into tests/instructions.sh, so that it is guarded, too"
  fi
done
exit $failed
