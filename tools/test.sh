# Sourced by ./dev: the suites, each with a time budget, and the closing summary.

REPORTS=build/reports
# What each operation on a stream of the simulated driver is late.
SLOW_STREAM_US=300
DENO_TEST_PERMISSIONS=(
  --allow-ffi --allow-read --allow-write --allow-env --allow-run --allow-net --allow-sys
)

run_tests() {
  local filter="${1:-}" passed=0 failed=0
  mkdir -p "$REPORTS"
  suite "C++ unit" 180 unit_suite "$filter"
  suite "driver sim" 120 driver_sim_suite "$filter"
  suite "cuda" 200 cuda_suite "$filter"
  suite "fault walk" 120 fault_walk_suite "$filter"
  suite "golden" 400 golden_suite "$filter"
  suite "fuzz" 90 fuzz_suite "$filter"
  pair "deno" 1500 deno_suite "bun" 1500 bun_suite "$filter"
  pair "deno cuda" 2200 deno_cuda_suite "bun cuda" 1500 bun_cuda_suite "$filter"
  suite "gpu checks" 240 gpu_checks_suite "$filter"
  echo "$passed passed, $failed failed"
  [[ $failed -eq 0 && $passed -gt 0 ]]
}

# suite NAME SECONDS FUNCTION FILTER: runs FUNCTION, which is given the filter and the budget, and
# prints "PASSED FAILED" as its last line; adds them to `passed` and `failed` of the caller.
suite() {
  run_suite "$@"
  report_suite "$@"
}

# pair NAME SECONDS FUNCTION NAME SECONDS FUNCTION FILTER: two suites beside each other, since a suite of
# a runtime is one thread most of the time.
pair() {
  run_suite "${@:1:3}" "$7" &
  run_suite "${@:4:3}" "$7"
  wait
  report_suite "${@:1:3}" "$7"
  report_suite "${@:4:3}" "$7"
}

run_suite() {
  local report="$REPORTS/${1// /_}" status=0 started=$SECONDS
  ("$3" "$4" "$2") >"$report.log" 2>&1 </dev/null || status=$?
  echo "$status $((SECONDS - started))" >"$report.end"
}

report_suite() {
  local name="$1" budget="$2" log="$REPORTS/${1// /_}.log" counts=() end=()
  read -ra end <"${log%.log}.end"
  read -ra counts < <(tail -n 1 "$log") || true
  if ! [[ "${counts[*]}" =~ ^[0-9]+\ [0-9]+$ ]]; then
    counts=(0 0)
  fi
  # A crash or a time-out loses the count of its tests, but never passes.
  if [[ ${end[0]} -ne 0 && ${counts[1]} -eq 0 ]]; then
    counts[1]=1
  fi
  if [[ $((counts[0] + counts[1])) -eq 0 && -z "$4" ]]; then
    echo "No tests were run" >>"$log"
    counts[1]=1
  fi
  passed=$((passed + counts[0]))
  failed=$((failed + counts[1]))
  if [[ ${counts[1]} -gt 0 ]]; then
    { grep -vE '^\(pass\) | \.\.\. .*ok.* \([0-9.]+m?[sµ]*\)' "$log" || true; } | tail -n 300
  fi
  [[ ${end[0]} -ne 124 ]] || echo "The suite ran longer than its budget of $budget s"
  printf '%-14s %5d passed %5d failed  %3d s\n' "$name" "${counts[@]}" "${end[1]}"
}

unit_suite() {
  doctest_counts unit run_unit_tests build/release "$2" "$1"
}

# The tests of the simulated driver itself; without ffnvcodec's headers there is none.
driver_sim_suite() {
  if [[ -x build/release/cuframe_sim_tests ]]; then
    doctest_counts driver_sim run_driver_sim_tests build/release "$2" "$1"
  else
    echo "Not built: no ffnvcodec headers"
    echo "1 0"
  fi
}

# The cuda backend on the simulated driver.
cuda_suite() {
  if [[ -x build/release/cuframe_cuda_tests ]]; then
    doctest_counts cuda run_cuda_tests build/release "$2" "$1"
  else
    echo "Not built: no ffnvcodec headers"
    echo "1 0"
  fi
}

# Every third call of the driver fails; build/release/fault_walk alone walks them all.
fault_walk_suite() {
  if [[ fault_walk != *"$1"* ]]; then
    echo "0 0"
  elif [[ -x build/release/fault_walk ]]; then
    timeout -s KILL "$2" build/release/fault_walk --every 3
  else
    echo "Not built: no ffnvcodec headers"
    echo "1 0"
  fi
}

# doctest_counts NAME COMMAND...: runs it and prints "PASSED FAILED" from doctest's summary.
doctest_counts() {
  local log="$REPORTS/$1.txt" status
  shift
  "$@" | tee "$log"
  status="${PIPESTATUS[0]}"
  sed -nE 's/.*test cases: *[0-9]+ *\| *([0-9]+) passed *\| *([0-9]+) failed.*/\1 \2/p' "$log" | tail -n 1
  return "$status"
}

# run_unit_tests FOLDER SECONDS [FILTER]
run_unit_tests() {
  timeout "$2" "$1/cuframe_unit_tests" --no-colors=true --source-file="*${3:-}*"
}

# run_driver_sim_tests FOLDER SECONDS [FILTER]
run_driver_sim_tests() {
  timeout -s KILL "$2" "$1/cuframe_sim_tests" --no-colors=true --source-file="*${3:-}*"
}

# run_cuda_tests FOLDER SECONDS [FILTER]
run_cuda_tests() {
  timeout -s KILL "$2" "$1/cuframe_cuda_tests" --no-colors=true --source-file="*${3:-}*"
}

golden_suite() {
  local script good=0 bad=0 ends=$((SECONDS + $2))
  for script in $(test_files 'tests/golden/*_test.py' "$1"); do
    echo "--- $script"
    if [[ $SECONDS -ge $ends ]]; then
      echo "Not run: the budget is spent"
      bad=$((bad + 1))
    elif timeout $((ends - SECONDS)) python3 "$script" build/release/pixels_tool; then
      good=$((good + 1))
    else
      echo "$script failed with status $?"
      bad=$((bad + 1))
    fi
  done
  echo "$good $bad"
}

fuzz_suite() {
  local good=0 bad=0 harness
  for harness in $(test_files 'tests/fuzz/*_fuzz.c' "$1"); do
    if run_fuzz_harness "$harness" 200 release "$2"; then
      good=$((good + 1))
    else
      bad=$((bad + 1))
    fi
  done
  if [[ tests/fuzz/memory_limit.c == *"$1"* ]]; then
    if memory_limits; then good=$((good + 1)); else bad=$((bad + 1)); fi
  fi
  echo "$good $bad"
}

deno_suite() {
  local files=()
  mapfile -t files < <(test_files 'tests/*_test.ts' "$1")
  deno_tests deno "$2" "${files[@]}"
}

# Without tests/golden: which bytes the library makes does not depend on the runtime.
bun_suite() {
  local files=()
  mapfile -t files < <(test_files 'tests/*_test.ts' "$1" | grep -v '^tests/golden/')
  bun_tests bun "$2" "${files[@]}"
}

# The contract suite with the cuda backend on the simulated driver, in Deno with streams that lag
# there: what is not waited for is then not done.
deno_cuda_suite() {
  on_simulated_driver deno_cuda "$SLOW_STREAM_US" "$@"
}

bun_cuda_suite() {
  on_simulated_driver bun_cuda 0 "$@"
}

# on_simulated_driver RUNTIME_NAME STREAM_DELAY_US FILTER SECONDS: the runtime's counts, and one failure
# more where the process left something behind at the driver, or misused it.
on_simulated_driver() {
  local name="$1" driver="$PWD/build/release/driver_sim" files=() counts=() status=0
  if [[ ! -f "$driver/libcuda.so.1" ]]; then
    echo "Not built: no ffnvcodec headers"
    echo "1 0"
    return
  fi
  mapfile -t files < <(test_files 'tests/contract/*_test.ts' "$3")
  [[ ${#files[@]} -gt 0 ]] || return 0
  rm -f "$REPORTS/$name.json"
  # An H100's decoders, with the encoders that an H100 lacks.
  export CUFRAME_TEST_BACKEND=cuda CUFSIM_GPUS=2 CUFSIM_ENCODE_SESSIONS=64
  export CUFSIM_STREAM_DELAY_US="$2" CUFSIM_REPORT="$REPORTS/$name.json"
  LD_LIBRARY_PATH="$driver" "${name%%_*}_tests" "$name" "$4" "${files[@]}" \
    | tee "$REPORTS/$name.txt" || status=$?
  read -ra counts < <(tail -n 1 "$REPORTS/$name.txt") || true
  [[ "${counts[*]}" =~ ^[0-9]+\ [0-9]+$ ]] || counts=(0 1)
  if ! deno run --no-check --allow-read tests/driver_sim/check_report.ts "$REPORTS/$name.json"; then
    counts[1]=$((counts[1] + 1))
    status=1
  fi
  echo "${counts[*]}"
  return "$status"
}

# deno_tests NAME SECONDS FILE...
deno_tests() {
  local name="$1" seconds="$2" status=0
  shift 2
  [[ $# -gt 0 ]] || return 0
  rm -f "$REPORTS/$name.xml"
  NO_COLOR=1 timeout "$seconds" deno test --no-check "${DENO_TEST_PERMISSIONS[@]}" \
    --junit-path="$REPORTS/$name.xml" "$@" || status=$?
  junit_counts "$REPORTS/$name.xml"
  return "$status"
}

# bun_tests NAME SECONDS FILE...
bun_tests() {
  local name="$1" seconds="$2" status=0
  shift 2
  [[ $# -gt 0 ]] || return 0
  rm -f "$REPORTS/$name.xml"
  # Bun gives a test 5 seconds unless told otherwise.
  NO_COLOR=1 timeout "$seconds" bun test --timeout 120000 --reporter=junit \
    --reporter-outfile="$REPORTS/$name.xml" "${@/#/.\/}" || status=$?
  junit_counts "$REPORTS/$name.xml"
  return "$status"
}

# test_files PATTERN FILTER: the files of git's and the untracked ones, in a fixed order.
test_files() {
  find tests -path "$1" -type f | { grep -F -- "$2" || true; } | sort
}

# Prints "PASSED FAILED" from the totals that the report's root element carries. Skipped tests are
# counted by their elements, since Deno's root element leaves them out.
junit_counts() {
  local root bad skipped
  root="$(grep -oEm1 '<testsuites [^>]*>' "$1")" || return 0
  number() {
    sed -nE "s/.* $1=\"([0-9]+)\".*/\1/p" <<<"$root" | grep . || echo 0
  }
  bad=$(($(number failures) + $(number errors)))
  skipped="$(grep -o '<skipped' "$1" | wc -l)"
  echo "$(($(number tests) - bad - skipped)) $bad"
}
