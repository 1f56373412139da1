# Some tests instead of all, `./taproom test NAME...`; sourced by the launcher behind run.sh, whose functions it uses.
# shellcheck shell=bash

# What the thread sanitizer looks at: what several threads share, in about a minute. test_engine_faults takes several and is left
# to be asked for by name.
TSAN_TESTS=(test_engine test_batch test_registry test_interactions_cache test_vectors test_task)

test_programs() { compgen -G "$ROOT/tests/*/test_*.c" && compgen -G "$ROOT/tests/unit/*/test_*.c" && compgen -G "$ROOT/tests/*/test_*.cu"; } # ctest knows them by their stems
test_scripts() { compgen -G "$ROOT/tests/api/*.test.py" && compgen -G "$ROOT/tests/api/*/*.test.py"; }
stems() { sed -E 's|.*/||; s|\..*||'; }
more_tests() { cat "$ROOT"/tests/CMakeLists.txt "$ROOT"/tests/cuda/CMakeLists.txt | sed -nE 's/^add_test\(NAME ([a-z_]+) .*/\1/p'; }
other_tests() { printf '%s\n' format scripts launcher package results page-syntax page-unit page-states page-story; }

# test_names: every name that `./taproom test NAME` takes, a line each.
test_names() {
  {
    test_programs | stems
    test_scripts | stems
    more_tests
    other_tests
  } 2>/dev/null | sort -u
}

# target_of NAME: what has to be built for a test that ctest knows.
target_of() {
  if test_scripts | grep -q "/$1[.]test[.]py\$"; then
    echo taproom
  elif [ "$1" = cuda_server ]; then
    echo taproom_shim
  elif [[ " layers docs cuda_nvcc " != *" $1 "* ]]; then
    echo "$1"
  fi
}

# with_ctest FOLDER CMAKE_ARGUMENTS NAME...: builds what the tests need, and runs them.
with_ctest() {
  local folder=$1 arguments=$2 name target
  shift 2
  for name in "$@"; do
    target=$(target_of "$name")
    # shellcheck disable=SC2086 # words
    build "$folder" "${target:-build.ninja}" "$name" $arguments || return 1
  done
  unlock
  (cd "$ROOT" && ctest --test-dir "$BUILDS/$folder" --output-on-failure --no-tests=error -R "^($(IFS='|' && echo "$*"))\$")
}

run_other() {
  case $1 in
    format) check_format ;;
    scripts) check_scripts ;;
    launcher) tests/setup/test_launcher.sh ;;
    package) tests/setup/test_package.sh ;;
    results) python3 tests/bench/results.py --check ;;
    page-story) page_environment && tests/web/run.sh story "$BUILDS/release/taproom" ;;
    page-*) page_environment && tests/web/run.sh "${1#page-}" ;;
  esac
}

# run_named NAME...: those tests, with sanitizers where they are of C.
run_named() {
  local name mine=() others=() failed=0
  test_environment
  cd "$ROOT" || return 1
  for name in "$@"; do
    if other_tests | grep -qxF -- "$name"; then others+=("$name"); else mine+=("$name"); fi
  done
  [[ " $* " != *" page-story "* ]] || build_release || return 1
  [ ${#mine[@]} -eq 0 ] || with_ctest sanitize "-DCMAKE_BUILD_TYPE=Release -DTAPROOM_SANITIZE=ON" "${mine[@]}" || failed=1
  unlock
  for name in "${others[@]}"; do run_other "$name" || failed=1; done
  return $failed
}

# run_tsan [NAME...]: under the thread sanitizer. One OpenMP thread: libgomp's own waiting is not known to it.
run_tsan() (
  local name names=("$@")
  trap cleanup EXIT # of a build that is ended; this is a shell of its own, so that what it exports stays in it
  if [ ${#names[@]} -eq 0 ]; then
    for name in "${TSAN_TESTS[@]}"; do
      ! compgen -G "$ROOT/tests/unit/*/$name.c" >/dev/null || names+=("$name")
    done
  fi
  export OMP_NUM_THREADS=1 TSAN_OPTIONS="halt_on_error=1:suppressions=$ROOT/tests/tsan.supp"
  with_ctest tsan "-DCMAKE_BUILD_TYPE=Release -DTAPROOM_TSAN=ON -DTAPROOM_CUDA=OFF" "${names[@]}"
)

# run_coverage [NAME...]: how many lines of each room those tests run; without a name all that ctest knows.
run_coverage() {
  local folder=$BUILDS/coverage arguments="-DCMAKE_BUILD_TYPE=Release -DTAPROOM_COVERAGE=ON -DTAPROOM_CUDA=OFF"
  test_environment
  [ ! -d "$folder" ] || find "$folder" -name '*.gcda' -delete
  if [ $# -gt 0 ]; then
    with_ctest coverage "$arguments" "$@" || return 1
  else
    # shellcheck disable=SC2086 # words
    build coverage all "the tests for coverage" $arguments || return 1
    unlock
    (cd "$ROOT" && ctest --test-dir "$folder" -j2 --output-on-failure) || return 1
  fi
  python3 "$ROOT/tests/coverage.py" "$folder"
}

fuzz_names() { compgen -G "$ROOT/tests/fuzz/fuzz_*.c" | stems; }

# run_fuzz SECONDS [NAME...]: libFuzzer on those targets, or on all, each so long; what it finds on its way is kept for the next
# time, and an input that breaks a target is named.
run_fuzz() (
  local folder=$BUILDS/fuzz seconds=$1
  trap cleanup EXIT
  shift
  work configure "configuring the fuzzers" cmake -S "$ROOT/tests/fuzz" -B "$folder" -G Ninja -DCMAKE_C_COMPILER=clang \
    "-DSECONDS=$seconds" || return 1
  work build "building the fuzzers" ninja -C "$folder" -j "$(nproc)" || return 1
  unlock
  ctest --test-dir "$folder" -j "$(nproc)" --output-on-failure --no-tests=error -R "^($(IFS='|' && echo "${*:-fuzz_.*}"))\$"
)

test_usage() { say "usage: ./taproom test [--list | [--tsan | --coverage] NAME... | --fuzz SECONDS [NAME...]]"; }

# known_targets SECONDS [NAME...]: likewise of the fuzzers.
known_targets() {
  local name
  [[ ${1:-} =~ ^[1-9][0-9]{0,5}$ ]] || { test_usage && return 2; }
  for name in "${@:2}"; do
    fuzz_names | grep -qxF -- "$name" || {
      say "there is no fuzzer '$name', only $(fuzz_names | tr '\n' ' ')"
      test_usage
      return 2
    }
  done
}

# Every NAME must be a test's; says which is not.
known_tests() {
  local name all
  all=$(test_names)
  for name in "$@"; do
    grep -qxF -- "$name" <<<"$all" || {
      say "there is no test '$name'"
      test_usage
      return 2
    }
  done
}

# test_some ARGUMENT...: what `./taproom test` was asked for, other than everything.
test_some() {
  case $1 in
    --tsan) run_tsan "${@:2}" ;;
    --coverage) run_coverage "${@:2}" ;;
    --fuzz) run_fuzz "${@:2}" ;;
    *) run_named "$@" ;;
  esac
}
