# Sourced by ./dev: the suites, each with a time budget, and the closing summary.

REPORTS=build/reports
DENO_TEST_PERMISSIONS=(
  --allow-ffi --allow-read --allow-write --allow-env --allow-run --allow-net --allow-sys
)

run_tests() {
  local filter="${1:-}" passed=0 failed=0
  mkdir -p "$REPORTS"
  suite "C++ unit" 90 unit_suite "$filter"
  suite "driver sim" 90 driver_sim_suite "$filter"
  suite "cuda" 120 cuda_suite "$filter"
  suite "golden" 240 golden_suite "$filter"
  suite "fuzz" 90 fuzz_suite "$filter"
  suite "deno" 480 deno_suite "$filter"
  suite "bun" 420 bun_suite "$filter"
  echo "$passed passed, $failed failed"
  [[ $failed -eq 0 && $passed -gt 0 ]]
}

# suite NAME SECONDS FUNCTION FILTER: runs FUNCTION, which is given the filter and the budget, and
# prints "PASSED FAILED" as its last line; adds them to `passed` and `failed` of the caller.
suite() {
  local name="$1" budget="$2" log="$REPORTS/${1// /_}.log" status=0 counts=() started=$SECONDS
  ("$3" "$4" "$budget") >"$log" 2>&1 </dev/null || status=$?
  read -ra counts < <(tail -n 1 "$log") || true
  if ! [[ "${counts[*]}" =~ ^[0-9]+\ [0-9]+$ ]]; then
    counts=(0 0)
  fi
  # A crash or a time-out loses the count of its tests, but never passes.
  if [[ $status -ne 0 && ${counts[1]} -eq 0 ]]; then
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
  [[ $status -ne 124 ]] || echo "The suite ran longer than its budget of $budget s"
  printf '%-10s %5d passed %5d failed  %3d s\n' "$name" "${counts[@]}" $((SECONDS - started))
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
  local files=() status=0
  mapfile -t files < <(test_files 'tests/*_test.ts' "$1")
  [[ ${#files[@]} -gt 0 ]] || return 0
  rm -f "$REPORTS/deno.xml"
  NO_COLOR=1 timeout "$2" deno test --no-check "${DENO_TEST_PERMISSIONS[@]}" \
    --junit-path="$REPORTS/deno.xml" "${files[@]}" || status=$?
  junit_counts "$REPORTS/deno.xml"
  return "$status"
}

bun_suite() {
  local files=() status=0
  mapfile -t files < <(test_files 'tests/*_test.ts' "$1")
  [[ ${#files[@]} -gt 0 ]] || return 0
  rm -f "$REPORTS/bun.xml"
  # Bun gives a test 5 seconds unless told otherwise.
  NO_COLOR=1 timeout "$2" bun test --timeout 120000 --reporter=junit \
    --reporter-outfile="$REPORTS/bun.xml" "${files[@]/#/.\/}" || status=$?
  junit_counts "$REPORTS/bun.xml"
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
