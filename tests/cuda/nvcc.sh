#!/usr/bin/env bash
# Compiles every .cu file with nvcc for all devices, warnings as errors, and reads what ptxas says: the attention and
# norm kernels must not spill registers. nvcc.sh NVCC|- CUBLAS_INCLUDE|- OUT FLAG...; 77 = there is no nvcc.
set -euo pipefail
cd "$(dirname "$0")/../.."
nvcc=$1 cublas=$2 out=$3
shift 3
if [ ! -x "$nvcc" ]; then
  echo "skipped: nvcc was not found, so the device code was not compiled"
  exit 77
fi
mkdir -p "$out"
files=(kernels/cuda/*.cu kernels/cuda/*/*.cu)
[ -e "$cublas/cublasLt.h" ] || {
  echo "skipped: matmul_lt.cu, because cublasLt.h was not found (./taproom setup --cuda fetches it)"
  files=("${files[@]/kernels\/cuda\/matmul_lt.cu/}")
}
for file in "${files[@]}"; do
  [ -n "$file" ] || continue
  log=$out/$(basename "$file" .cu).ptxas
  "$nvcc" "$@" -Xptxas -v -I. -I"$cublas" -c "$file" -o "$out/$(basename "$file" .cu).o" >"$log" 2>&1 || {
    cat "$log"
    exit 1
  }
done
# "Compiling entry function 'NAME' for 'sm_90a'", then within three lines "... N bytes spill stores, M bytes spill loads".
awk '
  /Compiling entry function/ { split($0, q, "\047"); name = q[2]; arch = q[4] }
  /bytes spill stores/ && name ~ /(attention|rmsnorm|norm_add|head_norm)_kernel/ {
    seen[arch]++
    if ($0 !~ / 0 bytes spill stores, 0 bytes spill loads/) { print arch ": " name " spills: " $0; bad = 1 }
  }
  END {
    want["sm_80"] = want["sm_89"] = want["sm_90a"] = 13 # attention for 4 head sizes twice, 5 norms
    for (a in want) if (seen[a] < want[a]) { print a ": " seen[a] + 0 " kernels found, want " want[a]; bad = 1 }
    if (!bad) print "no spills in the attention and norm kernels at sm_80, sm_89, sm_90a"
    exit bad
  }' "$out/attention.ptxas" "$out/rows.ptxas" "$out/fp8.ptxas"
