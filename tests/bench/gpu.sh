#!/usr/bin/env bash
# Everything that needs a GPU, in one command of under 8 minutes: the tests, compute-sanitizer on them, then a table of
# times. Prints to stdout what is worth keeping; how it gets there goes to stderr.
usage() {
  cat <<'EOF'
usage: tests/bench/gpu.sh [--quick | --dry]
  --quick  no 8B shape, 10 runs instead of 50
  --dry    without a GPU: the same steps on a tiny model and the CPU backend, so that none of them fails on its first
           real run for a reason that has nothing to do with a GPU
environment:
  TAPROOM_CACHE  as for ./taproom (default ~/.cache/taproom): cuBLAS from `./taproom setup --cuda`, and model files
  GPU_BUILD      build folder (default: build-gpu in the cache)
  MODELS         more GGUF files for the table, separated by spaces
A figure is the median of the runs, p95 beside it. TFLOP/s counts 2 operations for each weight of the linear layers and
each token; its share is of the dense BF16 peak of the device (also for fp8, whose peak is twice that). GB/s counts each
weight of the linear layers once for each chunk of 8192 tokens; its share is of the memory bandwidth. Peaks are known
here for a few devices. What does not fit into 8 minutes is left out, and said.
EOF
}
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
CACHE=${TAPROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/taproom}
export TAPROOM_CACHE=$CACHE
GPU_BUILD=${GPU_BUILD:-$CACHE/build-gpu}
BUDGET=420
runs=50 quick='' dry='' backend=cuda
case ${1:-} in
  --quick) quick=1 runs=10 ;;
  --dry) dry=1 runs=3 backend=cpu ;;
  "") ;;
  *) usage && exit 2 ;;
esac
PATH=$PATH:/usr/local/cuda/bin
say() { printf 'gpu.sh: %s\n' "$*" >&2; }
die() {
  say "$@"
  exit 1
}
command -v nvcc >/dev/null || die "nvcc was not found: install the CUDA toolkit 13"
gpu="none (dry run)"
[ -n "$dry" ] || gpu=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null | head -n 1) ||
  die "nvidia-smi finds no GPU: the parts without one are tested by: ctest -L cuda_host, and by --dry"

# ---- build
say "building in $GPU_BUILD"
cmake -S . -B "$GPU_BUILD" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTAPROOM_TESTS=ON -DTAPROOM_CUDA=ON >&2
ninja -C "$GPU_BUILD" taproom gpu_ops gpu_attention gpu_fp8 test_tree_mask >&2
SECONDS=0
taproom=$GPU_BUILD/taproom

# ---- tests
echo "device: $gpu; $(nvcc --version | grep -o 'release [0-9.]*'); commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)"
failed=0
step() { # NAME LIMIT COMMAND...: one line of verdict, the output only when it fails
  local name=$1 limit=$2 log start=$SECONDS status=0
  shift 2
  log=$(mktemp)
  timeout "$limit" "$@" >"$log" 2>&1 || status=$?
  case $status in
    0) echo "$name: ok, $((SECONDS - start)) s: $(tail -n 1 "$log")" ;;
    77) echo "$name: SKIPPED: $(head -n 1 "$log")" && [ -n "$dry" ] || failed=1 ;;
    124) echo "$name: not over after $limit s" && failed=1 ;;
    *) echo "$name: FAILED ($status)" && tail -n 20 "$log" && failed=1 ;;
  esac
  rm -f "$log"
}
step "operations" 60 "$GPU_BUILD/tests/cuda/gpu_ops"
step "tree attention" 60 "$GPU_BUILD/tests/cuda/gpu_attention"
step "fp8" 60 "$GPU_BUILD/tests/cuda/gpu_fp8"
step "judges from outside" 60 "$GPU_BUILD/tests/test_tree_mask" cuda bf16
if command -v compute-sanitizer >/dev/null; then
  for tool in memcheck racecheck synccheck; do
    step "compute-sanitizer $tool, operations" 40 compute-sanitizer --tool "$tool" --error-exitcode 9 "$GPU_BUILD/tests/cuda/gpu_ops"
    step "compute-sanitizer $tool, tree attention" 60 compute-sanitizer --tool "$tool" --error-exitcode 9 "$GPU_BUILD/tests/cuda/gpu_attention"
    step "compute-sanitizer $tool, fp8" 30 compute-sanitizer --tool "$tool" --error-exitcode 9 "$GPU_BUILD/tests/cuda/gpu_fp8"
    step "compute-sanitizer $tool, whole model" 40 compute-sanitizer --tool "$tool" --error-exitcode 9 "$GPU_BUILD/tests/test_tree_mask" cuda bf16
  done
else
  echo "compute-sanitizer: not installed, so not run"
fi

# ---- table
models=()
for file in "$CACHE/models/smollm2-135m-instruct-q4_1.gguf" "$CACHE"/models/qwen2.5*.gguf ${MODELS:-}; do
  [ -n "$dry" ] || [ ! -e "$file" ] || models+=("$file")
done
shapes=(qwen3-0.6b)
[ -n "$quick" ] || shapes+=(qwen3-8b)
[ -z "$dry" ] || shapes=(tiny)
for shape in "${shapes[@]}"; do
  file=$GPU_BUILD/$shape.gguf
  [ -e "$file" ] || { say "writing $file" && python3 tests/bench/shape_gguf.py "$shape" "$file.new" && mv "$file.new" "$file"; }
  models+=("$file")
done

# Weights of the linear layers: all parameters without the embeddings and, where it is apart, the head.
linear_weights() { # FILE, what `model show --json` said
  python3 -c '
import json, struct, sys
shown, head = json.loads(sys.argv[2]), open(sys.argv[1], "rb").read(1 << 25)
at = head.index(b".embedding_length") + len(".embedding_length") + 4
tables = 1 + (struct.pack("<Q", 13) + b"output.weight" in head)
print(shown["parameters"] - tables * shown["vocab"] * struct.unpack_from("<I", head, at)[0])
' "$1" "$2"
}

line() { # NAME, linear weights, the JSON of one `taproom bench`, WAY: a row of the table
  python3 -c '
import json, math, sys
# dense BF16 TFLOP/s, GB/s
peaks = {"H100 PCIe": (756, 2000), "H100": (989, 3350), "H200": (989, 4800), "A100": (312, 2039), "L40S": (362, 864),
         "L4": (121, 300), "4090": (165, 1008)}
name, weights, b, gpu, way = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4], sys.argv[5]
peak = next((v for k, v in peaks.items() if k in gpu), None)
chunks, size = math.ceil(b["cold_tokens"] / 8192), 1 if b["precision"] == "fp8" else 2
rate = 2 * weights * b["cold_tokens"] / b["cold_s"] / 1e12
moved = weights * size * chunks / b["cold_s"] / 1e9
share = lambda x, of: "-" if peak is None else "%.0f %%" % (100 * x / of)
ms = [1000 * b[k] for k in ("cold_s", "cold_p95_s", "cached_s", "cached_p95_s")]
print("| %s | %s | %d + %d x %d | %.2f | %.2f | %.2f | %.2f | %.0f | %.2f | %s | %.0f | %s |" % (
    name, way, b["prefix"], b["items"], b["item_tokens"], *ms, b["items_per_s"], rate,
    share(rate, peak and peak[0]), moved, share(moved, peak and peak[1])))
' "$1" "$2" "$3" "$gpu" "$4"
}

# One row: MODEL WAY PREFIX ITEMS TOKENS. A way is a precision; with ":eager" without graphs, with ":batched" the trunk's
# attention by products of cuBLASLt.
row() {
  local model=$1 way=$2 prefix=$3 items=$4 each=$5 name got graphs=1 attention=own
  name=$(basename "$model" .gguf)
  [ "$SECONDS" -lt "$BUDGET" ] || { echo "| $name | $way | $prefix + $items x $each | left out: no time |" && return; }
  case $way in *:eager) graphs=0 ;; *:batched) attention=batched ;; esac
  if got=$(TAPROOM_CUDA_GRAPHS=$graphs TAPROOM_CUDA_ATTENTION=$attention timeout 60 "$taproom" bench --model "$model" \
    --backend "$backend" --precision "${way%:*}" \
    --prefix "$prefix" --items "$items" --item-tokens "$each" --repeats "$runs" --json 2>"$GPU_BUILD/bench.log"); then
    line "$name" "$weights" "$got" "$way"
  else
    echo "| $name | $way | $prefix + $items x $each | failed or not over in 60 s: $(head -n 1 "$GPU_BUILD/bench.log") |"
    failed=1
  fi
}

echo "| model | way | job | cold ms | p95 | trunk cached ms | p95 | items/s | TFLOP/s | of BF16 peak | GB/s | of bandwidth |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
ways=(bf16 bf16:eager bf16:batched fp8) jobs=("300 16 180" "512 100 24" "2000 500 50" "1024 500 24" "120 16 180")
[ -z "$dry" ] || ways=(f32 f32:eager f32:batched) jobs=("30 4 18" "50 10 4")
for model in "${models[@]}"; do
  shown=$("$taproom" model show "$model" --backend "$backend" --json 2>"$GPU_BUILD/show.log") || {
    echo "| $(basename "$model") | cannot be loaded: $(head -n 1 "$GPU_BUILD/show.log") |"
    failed=1
    continue
  }
  weights=$(linear_weights "$model" "$shown")
  for way in "${ways[@]}"; do
    for job in "${jobs[@]}"; do
      # Of the large shape only what fits into the time: every job in bf16, the largest also in fp8; the largest
      # trunk in every model by products.
      case "$model $way $job" in *qwen3-8b*:eager*) continue ;; *:batched* | *qwen3-8b*fp8*) [ -n "$dry" ] || [ "$job" = "2000 500 50" ] || continue ;; esac
      read -r prefix items each <<<"$job"
      row "$model" "$way" "$prefix" "$items" "$each"
    done
  done
done
say "$SECONDS s"
exit $failed
