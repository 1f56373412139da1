#!/usr/bin/env bash
# Runs the page's tests: run.sh syntax | unit | states | story PROGRAM; takes its pictures: run.sh screens PROGRAM [FOLDER [VIEW...]]
# states, story and screens need CHROMIUM and PLAYWRIGHT_CORE; the latter two start PROGRAM on a free port with an empty data folder.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd -P)
tmp=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Node 18 takes a .js file for an ES module only when a package.json says so; the page itself needs none.
mkdir "$tmp/tests"
cp -r "$root/web" "$tmp/web"
cp -r "$root/tests/web" "$tmp/tests/web"
[ ! -e "$root/fixtures" ] || ln -s "$root/fixtures" "$tmp/fixtures"
echo '{"type":"module"}' >"$tmp/package.json"

get() { node -e 'fetch(process.argv[1]).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$1"; }

# Sets url; server is its process.
start() {
  local program=$1 port i
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  url=http://127.0.0.1:$port
  "$program" serve --port "$port" --data "$tmp/data" >"$tmp/server.log" 2>&1 </dev/null &
  server=$!
  for ((i = 0; ; i++)); do
    ! get "$url/api/health/ready" || break
    if ! kill -0 "$server" 2>/dev/null || [ "$i" -ge 240 ]; then
      echo "the server was not ready after $((i / 2)) s; its last lines:"
      tail -n 20 "$tmp/server.log"
      return 1
    fi
    sleep 0.5
  done
}

story() {
  local program=$1 i
  start "$program" || return 1
  for i in story/stories story/story views hostile; do
    TAPROOM_URL=$url node "$tmp/tests/web/$i.mjs" || { tail -n 20 "$tmp/server.log" && return 1; }
  done
  # A server that died or cannot be ended in order is a failure, too.
  kill -0 "$server" || { echo "the server died" && tail -n 20 "$tmp/server.log" && return 1; }
  kill -TERM "$server"
  wait "$server" || { echo "the server ended with status $?" && tail -n 20 "$tmp/server.log" && return 1; }
  server=
  if grep -nE 'Sanitizer|runtime error' "$tmp/server.log"; then return 1; fi
  PROGRAM=$program DATA=$tmp/restart node "$tmp/tests/web/restart.mjs" &&
    PROGRAM=$program DATA=$tmp/two node "$tmp/tests/web/two_models.mjs" &&
    PROGRAM=$program DATA=$tmp/brew node "$tmp/tests/web/brew.mjs" &&
    PROGRAM=$program DATA=$tmp/signed node "$tmp/tests/web/sign_in.mjs"
}

screens() {
  start "$1" || return 1
  TAPROOM_URL=$url node "$tmp/tests/web/screens.mjs" "${2:-$root/tests/web/screens}" "${@:3}"
}

case ${1:-} in
  syntax) find "$tmp"/web "$tmp"/tests/web -name '*.js' -o -name '*.mjs' | while read -r file; do node --check "$file" || exit 1; done ;;
  unit) node --test "$tmp"/tests/web/unit/*.test.mjs ;;
  states) for i in states states_files live effect reach; do node "$tmp/tests/web/$i.mjs" || exit 1; done ;;
  story) story "${2:?the program}" ;;
  screens) screens "${2:?the program}" "${@:3}" ;;
  *) echo "usage: run.sh syntax | unit | states | story PROGRAM | screens PROGRAM [FOLDER [VIEW...]]" >&2 && exit 2 ;;
esac
