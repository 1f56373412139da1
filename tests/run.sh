# The one test command, `./taproom test`; sourced by the launcher, whose functions it uses.
# Every step runs, whatever the steps before it did. The last line is "N passed, N failed".
# shellcheck shell=bash
PASSED=0
FAILED=0
TIMES=()

# count NAME SECONDS PASSED FAILED [NOTE]
count() {
  PASSED=$((PASSED + $3))
  FAILED=$((FAILED + $4))
  TIMES+=("$(printf '%5d s  %-28s %s' "$2" "$1" "$([ "$4" -eq 0 ] && echo "ok${5:-}" || echo "FAILED${5:-}")")")
}

# step NAME COMMAND...: runs COMMAND in the open, and counts it as one test.
step() {
  local name=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@" 2>&1; then
    count "$name" $((SECONDS - start)) 1 0
  else
    printf 'FAILED: %s\n' "$name"
    count "$name" $((SECONDS - start)) 0 1
  fi
}

# skip NAME WHY: a step that cannot run because an earlier one failed; it counts as failed, too.
skip() {
  printf '\n== %s\nFAILED: %s\n' "$1" "$2"
  count "$1" 0 0 1 " ($2)"
}

# Each test of ctest counts. A run without any test is a failure.
step_ctest() {
  local dir=$1 log="$CACHE/logs/ctest.log" start=$SECONDS all failed skipped
  printf '\n== ctest, with sanitizers\n'
  ctest --test-dir "$dir" --output-on-failure -j2 2>&1 | tee "$log" || true
  read -r failed all < <(sed -nE 's/.* ([0-9]+) tests? failed out of ([0-9]+)$/\1 \2/p' "$log") || true
  skipped=$(grep -cE '\*\*\*Skipped' "$log") || true
  if [ "${all:-0}" -eq 0 ]; then
    count "ctest, with sanitizers" $((SECONDS - start)) 0 1 " (no test ran)"
  else
    count "ctest, with sanitizers" $((SECONDS - start)) $((all - failed - skipped)) "$failed" \
      " ($all tests, $failed failed, $skipped skipped)"
  fi
}

check_format() {
  find server kernels model tests \( -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' \) -print0 |
    xargs -0 clang-format-14 --dry-run -Werror
}

check_scripts() { shellcheck -x -S warning taproom .ci/run tests/run.sh tests/*.sh tests/*/*.sh tests/*/*/*.sh package/*.sh package/taproom-fetch; }

# The released program has the GPU backend in it: it finds a GPU, or says what is missing.
check_gpu_program() {
  local said
  said=$("$BUILDS/release/taproom" bench --backend cuda --model fixtures/tiny/tied.gguf --prefix 8 --items 2 2>&1) && return
  echo "$said"
  grep -qE 'CUDA: (no NVIDIA driver is installed|no device was found)' <<<"$said"
}

test_environment() {
  export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1
  export UBSAN_OPTIONS=print_stacktrace=1
  # Two tests at a time on two cores: idle threads must not spin against the other test.
  export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} OMP_WAIT_POLICY=passive
}

page_environment() {
  PLAYWRIGHT_CORE=$(npm_package playwright-core)
  AXE_CORE=$(npm_package axe-core)
  CHROMIUM=$(command -v chromium)
  export PLAYWRIGHT_CORE AXE_CORE CHROMIUM
}

run_tests() {
  local sanitized=$BUILDS/sanitize check release=false
  test_environment
  cd "$ROOT" || return 1
  count "setup" "$SECONDS" 1 0

  # One test that does not build must not keep the others from running (ninja -k 0).
  BUILD_ERRORS=0 step "build with sanitizers" build sanitize all "the tests with sanitizers" \
    -DCMAKE_BUILD_TYPE=Release -DTAPROOM_SANITIZE=ON
  step "build without optimization" build debug taproom "the program at -O0" \
    -DCMAKE_BUILD_TYPE=Debug -DTAPROOM_TESTS=OFF -DTAPROOM_CUDA=OFF
  step "build as released" build_release
  [ ! -x "$BUILDS/release/taproom" ] || release=true
  step "thread sanitizer" run_tsan
  step "fuzzers, each 10 s" run_fuzz 10
  unlock

  step_ctest "$sanitized"
  step "format of the C files" check_format
  step "shellcheck" check_scripts
  step "launcher" tests/setup/test_launcher.sh
  step "package" tests/setup/test_package.sh
  step "page of results" python3 tests/bench/results.py --check
  for check in fixtures/*/check.py; do
    case $check in
      fixtures/movies/*) step "$check" python3 "$check" "$CACHE/data/ml-100k/ml-100k.item" ;;
      *) step "$check" python3 "$check" ;;
    esac
  done

  if $release && builds_cuda; then
    step "GPU backend, compiled and linked" check_gpu_program
  else
    count "GPU backend" 0 0 0 " (not compiled: no nvcc 13, no cuBLAS, or no program)"
  fi

  if $release; then
    step "instructions of a small ranking" tests/instructions.sh "$BUILDS/release/taproom"
  else
    skip "instructions of a small ranking" "the program was not built"
  fi

  if $release; then
    step "clients of other servers" tests/clients/run.sh "$BUILDS/release/taproom" "$CACHE"
  else
    skip "clients of other servers" "the program was not built"
  fi

  page_environment
  step "page: syntax" tests/web/run.sh syntax
  step "page: unit tests" tests/web/run.sh unit
  step "page: states, in a browser" tests/web/run.sh states
  if $release; then
    step "page: the whole story, in a browser" tests/web/run.sh story "$BUILDS/release/taproom"
  else
    skip "page: the whole story, in a browser" "the program was not built"
  fi

  printf '\n'
  printf '%s\n' "${TIMES[@]}"
  printf '%5d s  in all\n%d passed, %d failed\n' "$SECONDS" "$PASSED" "$FAILED"
  [ "$FAILED" -eq 0 ]
}
