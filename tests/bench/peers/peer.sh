#!/usr/bin/env bash
# Times the ranking job of Taproom and of llama.cpp in turn, in one run, and prints medians and ratios.
usage() {
  cat <<'EOF'
usage: tests/bench/peers/peer.sh [--prefix 512] [--items 100] [--item-tokens 24] [--threads N]
                           [--rounds 3] [--model FILE] [--precision auto]
environment:
  TAPROOM    the program to time (default: ./taproom of this tree, which builds first)
  LLAMA_DIR  folder with llama_rank, or where to build it (default: the cache folder's llama)
  PEERS      folder with build_llama.sh (default: ../shared/peers beside this tree)
A round is one `taproom bench` and one `llama_rank`, each the median of its own 3 runs. Figures of
two machines, or of two runs of this script, are not comparable: only the ratios are.
EOF
}
set -euo pipefail
ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../.." && pwd -P)
CACHE=${TAPROOM_CACHE:-${XDG_CACHE_HOME:-~/.cache}/taproom}
TAPROOM=${TAPROOM:-$ROOT/taproom}
LLAMA_DIR=${LLAMA_DIR:-$CACHE/llama}
PEERS=${PEERS:-$ROOT/../shared/peers}
prefix=512 items=100 item_tokens=24 threads=$(nproc) rounds=3 precision=auto
model=$CACHE/models/smollm2-135m-instruct-q4_1.gguf

die() {
  printf 'peer.sh: %s\n' "$@" >&2
  exit 1
}

number() {
  if ! [[ $2 =~ ^[1-9][0-9]{0,6}$ ]]; then
    echo "peer.sh: $1 is '$2', not a number from 1 to 9999999" >&2
    exit 2
  fi
  printf -v "$3" %s "$2"
}

while [ $# -gt 0 ]; do
  case $1 in --help | -h) usage && exit ;; esac
  [ $# -ge 2 ] || { usage >&2 && exit 2; }
  case $1 in
    --prefix) number "$1" "$2" prefix ;;
    --items) number "$1" "$2" items ;;
    --item-tokens) number "$1" "$2" item_tokens ;;
    --threads) number "$1" "$2" threads ;;
    --rounds) number "$1" "$2" rounds ;;
    --model) model=$2 ;;
    --precision) precision=$2 ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift 2
done
[ -r "$model" ] || die "the model $model cannot be read; ./taproom setup fetches the default one"
if [ ! -x "$LLAMA_DIR/llama_rank" ]; then
  [ -x "$PEERS/build_llama.sh" ] || die "no llama_rank in $LLAMA_DIR and no build_llama.sh in $PEERS"
  echo "building llama.cpp in $LLAMA_DIR; this takes some minutes" >&2
  "$PEERS/build_llama.sh" "$LLAMA_DIR" >&2
fi

TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
ours=("$TAPROOM" bench --model "$model" --prefix "$prefix" --items "$items"
  --item-tokens "$item_tokens" --threads "$threads" --precision "$precision" --json)
theirs=("$LLAMA_DIR/llama_rank" "$model" "$prefix" "$items" "$item_tokens" "$threads" 3)

# keep SIDE FIGURE VALUE: one round's figure.
keep() {
  [[ $3 =~ ^[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?$ ]] ||
    die "$1 gave no number for $2; its output was:" "$(cat "$TMP/out" "$TMP/errors")"
  echo "$3" >>"$TMP/$1.$2"
}

run_ours() {
  local figure
  "${ours[@]}" >"$TMP/out" 2>"$TMP/errors" || die "${ours[*]} failed:" "$(cat "$TMP/out" "$TMP/errors")"
  for figure in cold_s cached_s items_per_s tokens_per_s rss_mb load_s; do
    keep ours "$figure" "$(sed -nE "s/.*\"$figure\": *([0-9.eE+-]+).*/\1/p" "$TMP/out" | head -n 1)"
  done
}

# llama_rank tells no memory: its peak is looked up once a second while it runs.
run_theirs() {
  local pid peak='' now line
  "${theirs[@]}" >"$TMP/out" 2>"$TMP/errors" &
  pid=$!
  while now=$(awk '/^VmHWM/ { print $2 / 1024 }' "/proc/$pid/status" 2>/dev/null); do
    peak=${now:-$peak}
    [ -n "$now" ] || break
    sleep 1
  done
  wait "$pid" || die "${theirs[*]} failed:" "$(cat "$TMP/out" "$TMP/errors")"
  line=$(grep '^llama.cpp prefix' "$TMP/out") || line=
  keep theirs cold_s "$(sed -nE 's/.*cold ([0-9.]+) s.*/\1/p' <<<"$line")"
  keep theirs cached_s "$(sed -nE 's/.*prefix cached ([0-9.]+) s.*/\1/p' <<<"$line")"
  keep theirs items_per_s "$(sed -nE 's/.* ([0-9.]+) items\/s.*/\1/p' <<<"$line")"
  keep theirs tokens_per_s "$(sed -nE 's/.* ([0-9.]+) tokens\/s.*/\1/p' <<<"$line")"
  keep theirs rss_mb "$peak"
}

# row FIGURE MORE_IS_BETTER: medians with the range of the rounds, and how many times better we are.
row() {
  local side
  for side in ours theirs; do
    [ -e "$TMP/$side.$1" ] || continue
    sort -g "$TMP/$side.$1" | awk -v side=$side '{ v[NR] = $1 }
      END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
            print side, m, v[1], v[NR] }'
  done | awk -v name="$1" -v more="$2" '
    { m[$1] = $2; range[$1] = sprintf("%.5g (%.5g to %.5g)", $2, $3, $4) }
    END { ratio = "-"
          if (m["ours"] > 0 && m["theirs"] > 0)
            ratio = sprintf("%.2f", more ? m["ours"] / m["theirs"] : m["theirs"] / m["ours"])
          if (range["theirs"] == "") range["theirs"] = "-"
          printf "%-13s %-28s %-28s %s\n", name, range["ours"], range["theirs"], ratio }'
}

printf 'machine: %s, %s cores, load %s\n' \
  "$(sed -nE 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
  "$(cut -d' ' -f1-3 /proc/loadavg)"
printf 'tree:    %s\n' "$(git -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown)"
printf 'ours:    %s\ntheirs:  %s\n' "${ours[*]}" "${theirs[*]}"
for ((round = 1; round <= rounds; round++)); do
  run_ours
  run_theirs
  printf 'round %d: cold %s s and %s s, prefix cached %s s and %s s\n' "$round" \
    "$(tail -n 1 "$TMP/ours.cold_s")" "$(tail -n 1 "$TMP/theirs.cold_s")" \
    "$(tail -n 1 "$TMP/ours.cached_s")" "$(tail -n 1 "$TMP/theirs.cached_s")"
done
printf '\n%d rounds, alternating; median (least to most), and how many times better Taproom is\n' "$rounds"
printf '%-13s %-28s %-28s %s\n' figure Taproom llama.cpp ratio
row cold_s 0
row cached_s 0
row items_per_s 1
row tokens_per_s 1
row rss_mb 0
row load_s 0
