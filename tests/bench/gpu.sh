#!/usr/bin/env bash
# Everything that needs a GPU, in one command of under 8 minutes: the tests, compute-sanitizer on them, then a table of
# times. Prints to stdout what is worth keeping; how it gets there goes to stderr.
usage() {
  cat <<'EOF'
usage: tests/bench/gpu.sh [--quick]      --quick: no 8B shape, 10 runs instead of 50
environment:
  TAPROOM_CACHE  as for ./taproom (default ~/.cache/taproom): cuBLAS from `./taproom setup --cuda`, and model files
  GPU_BUILD      build folder (default: build-gpu in the cache)
  MODELS         more GGUF files for the table, separated by spaces
A figure is the median of the runs; p95 beside it. TFLOP/s counts 2 operations for each weight of the linear layers and
each token, and the share is of the dense BF16 peak of the device, where that is known here.
EOF
}
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
CACHE=${TAPROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/taproom}
export TAPROOM_CACHE=$CACHE
GPU_BUILD=${GPU_BUILD:-$CACHE/build-gpu}
runs=50 quick=
case ${1:-} in
  --quick) quick=1 runs=10 ;;
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
gpu=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null | head -n 1) ||
  die "nvidia-smi finds no GPU: the parts without one are tested by: ctest -L cuda_host"

# ---- build
say "building in $GPU_BUILD"
cmake -S . -B "$GPU_BUILD" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTAPROOM_TESTS=ON -DTAPROOM_CUDA=ON >&2
ninja -C "$GPU_BUILD" taproom gpu_ops gpu_attention test_tree_mask >&2
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
    77) echo "$name: SKIPPED: $(head -n 1 "$log")" && failed=1 ;;
    124) echo "$name: not over after $limit s" && failed=1 ;;
    *) echo "$name: FAILED ($status)" && tail -n 20 "$log" && failed=1 ;;
  esac
  rm -f "$log"
}
step "operations" 60 "$GPU_BUILD/tests/cuda/gpu_ops"
step "tree attention" 60 "$GPU_BUILD/tests/cuda/gpu_attention"
step "judges from outside" 60 "$GPU_BUILD/tests/test_tree_mask" cuda bf16
if command -v compute-sanitizer >/dev/null; then
  for tool in memcheck racecheck synccheck; do
    step "compute-sanitizer $tool, operations" 60 compute-sanitizer --tool "$tool" --error-exitcode 9 "$GPU_BUILD/tests/cuda/gpu_ops"
    step "compute-sanitizer $tool, whole model" 60 compute-sanitizer --tool "$tool" --error-exitcode 9 "$GPU_BUILD/tests/test_tree_mask" cuda bf16
  done
else
  echo "compute-sanitizer: not installed, so not run"
fi

# ---- table
models=()
for file in "$CACHE/models/smollm2-135m-instruct-q4_1.gguf" "$CACHE"/models/qwen2.5*.gguf ${MODELS:-}; do
  [ -e "$file" ] && models+=("$file")
done
shapes=(qwen3-0.6b)
[ -n "$quick" ] || shapes+=(qwen3-8b)
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

line() { # NAME, linear weights, the JSON of one `taproom bench`: a row of the table
  python3 -c '
import json, sys
peaks = {"H100 PCIe": 756, "H100": 989, "H200": 989, "A100": 312, "L40S": 362, "L4": 121, "4090": 165}
name, weights, b, gpu = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4]
peak = next((v for k, v in peaks.items() if k in gpu), None)
rate = 2 * weights * b["cold_tokens"] / b["cold_s"] / 1e12
share = "-" if peak is None else "%.0f %%" % (100 * rate / peak)
ms = [1000 * b[k] for k in ("cold_s", "cold_p95_s", "cached_s")]
print("| %s | %d + %d x %d | %.2f | %.2f | %.2f | %.0f | %.2f | %s |" % (
    name, b["prefix"], b["items"], b["item_tokens"], *ms, b["items_per_s"], rate, share))
' "$1" "$2" "$3" "$gpu"
}

echo "| model | job | cold ms | p95 ms | trunk cached ms | items/s | TFLOP/s | of BF16 peak |"
echo "|---|---|---|---|---|---|---|---|"
for model in "${models[@]}"; do
  shown=$("$taproom" model show "$model" --backend cuda --json 2>/dev/null) || {
    echo "| $(basename "$model") | cannot be loaded: $("$taproom" model show "$model" --backend cuda 2>&1 | grep -m 1 'cannot') |"
    failed=1
    continue
  }
  weights=$(linear_weights "$model" "$shown")
  for job in "300 16 180" "512 100 24" "2000 500 50" "1024 500 24" "120 16 180"; do
    read -r prefix items each <<<"$job"
    if got=$(timeout 60 "$taproom" bench --model "$model" --backend cuda --prefix "$prefix" --items "$items" --item-tokens "$each" --repeats "$runs" --json 2>/dev/null); then
      line "$(basename "$model" .gguf)" "$weights" "$got"
    else
      echo "| $(basename "$model" .gguf) | $prefix + $items x $each | failed or not over in 60 s |"
      failed=1
    fi
  done
done
exit $failed
