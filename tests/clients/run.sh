#!/usr/bin/env bash
# Other servers' clients, unmodified, against the built program: run.sh PROGRAM CACHE
# The packages lie in CACHE/clients, fetched from PyPI and npm by the versions and hashes of requirements.txt and
# package-lock.json; nothing of them goes into the program.
set -euo pipefail

PROGRAM=$1
CACHE=$2
HERE=$(cd "$(dirname "$0")" && pwd)
TMP=$(mktemp -d)
SERVER=
stop() {
  [ -z "$SERVER" ] || { kill "$SERVER" 2>/dev/null && wait "$SERVER" || true; }
  rm -rf "$TMP"
}
trap stop EXIT

give_up() {
  printf '%s\n' "$@" >&2
  exit 1
}

# place KIND FILE: where the packages of a lock file lie; another file has another place.
place() { echo "$CACHE/clients/$1-$(sha256sum "$2" | cut -c1-12)"; }

# keep FOLDER PLACE: a folder that is whole takes the place of all older ones of its kind.
keep() {
  mkdir -p "$CACHE/clients"
  rm -rf "${2%-*}"-*
  mv -T "$1" "$2"
}

fetch_python() {
  local this
  this=$(python3 -c 'import sys, platform; print("%d.%d" % sys.version_info[:2], platform.machine())')
  [ "$this" = "3.11 x86_64" ] ||
    give_up "requirements.txt has the wheels of Python 3.11 on x86-64, and this is $this." \
      "Make one for this machine: python3 tests/clients/lock.py > tests/clients/requirements.txt"
  python3 -m pip install -qq --no-deps --require-hashes --only-binary :all: --no-compile --no-cache-dir \
    --disable-pip-version-check --target "$TMP/python" -r "$HERE/requirements.txt" ||
    give_up "The Python clients could not be fetched; nothing was tested." \
      "Can this machine reach PyPI? (pip config list shows the registry.)"
  keep "$TMP/python" "$1"
}

fetch_node() {
  mkdir "$TMP/node"
  cp "$HERE/package.json" "$HERE/package-lock.json" "$TMP/node"
  (cd "$TMP/node" && npm ci --ignore-scripts --no-audit --no-fund --cache "$TMP/npm") ||
    give_up "The JavaScript clients could not be fetched; nothing was tested." \
      "Can this machine reach the npm registry? (npm config get registry shows it.)"
  keep "$TMP/node" "$1"
}

PYTHON=$(place python "$HERE/requirements.txt")
NODE=$(place node "$HERE/package-lock.json")
[ -d "$PYTHON" ] || fetch_python "$PYTHON"
[ -d "$NODE" ] || fetch_node "$NODE"

"$PROGRAM" serve --port 0 --data "$TMP/data" --cache "$CACHE" >"$TMP/ready" 2>"$TMP/log" &
SERVER=$!
for _ in $(seq 600); do
  AT=$(sed -n 's/^Taproom is ready: //p' "$TMP/ready")
  [ -z "$AT" ] || break
  kill -0 "$SERVER" 2>/dev/null || give_up "The server did not start:" "$(cat "$TMP/log")"
  sleep 0.1
done
[ -n "$AT" ] || give_up "The server was not ready after a minute:" "$(cat "$TMP/log")"

export AT
status=0
PYTHONPATH=$PYTHON PYTHONDONTWRITEBYTECODE=1 python3 -W ignore "$HERE/clients.py" || status=1
NODE_MODULES=$NODE/node_modules node --test "$HERE/clients.mjs" || status=1
exit $status
