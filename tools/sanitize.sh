# Sourced by ./dev: the C++ tests, the fuzz harnesses and a decode from JavaScript under a sanitizer.

# sanitize PRESET: every step runs, and those that failed are named at the end.
sanitize() {
  local preset="$1" failures=() cuda_tests=() unit_tests=()
  # TSan is ten times slower: what several threads do at once.
  if [[ "$preset" == tsan ]]; then
    cuda_tests=("--source-file=*cuda_conversion_order*,*cuda_tensors*,*cuda_host_copy*,*cuda_memory*")
    # Encoders' threads are their own, and not built with TSan.
    unit_tests=("--source-file-exclude=*libav_encoder*")
  fi
  sanitize_step "$preset unit tests" 420 sanitized "$preset" "build/$preset/cuframe_unit_tests" \
    "${unit_tests[@]}"
  if [[ -x "build/$preset/cuframe_sim_tests" ]]; then
    sanitize_step "$preset driver sim" 240 sanitized "$preset" "build/$preset/cuframe_sim_tests"
  fi
  if [[ -x "build/$preset/cuframe_cuda_tests" ]]; then
    sanitize_step "$preset cuda" 400 sanitized "$preset" "build/$preset/cuframe_cuda_tests" \
      "${cuda_tests[@]}"
  fi
  if [[ "$preset" == asan ]]; then
    if [[ -x build/asan/fault_walk ]]; then
      sanitize_step "$preset fault walk" 240 sanitized asan build/asan/fault_walk --every 7
    fi
    sanitize_step "$preset fuzz" 300 fuzz 700 asan
    sanitize_step "$preset decode in Deno" 60 smoke_decode deno run -A
    sanitize_step "$preset decode in Bun" 60 smoke_decode bun
  else
    sanitize_step "$preset fuzz" 240 fuzz 50 tsan
  fi
  if [[ ${#failures[@]} -gt 0 ]]; then
    printf 'Failed: %s\n' "${failures[@]}"
    return 1
  fi
}

# sanitize_step NAME SECONDS COMMAND...: adds to `failures` of the caller. The functions below take
# their limit from its `budget`.
sanitize_step() {
  local name="$1" budget="$2" started=$SECONDS log
  log="build/reports/${1// /_}.log"
  shift 2
  mkdir -p build/reports
  if ("$@") >"$log" 2>&1 </dev/null; then
    printf 'ok    %-24s %3d s\n' "$name" $((SECONDS - started))
  else
    printf 'FAIL  %-24s %3d s\n' "$name" $((SECONDS - started))
    tail -n 100 "$log"
    failures+=("$name")
  fi
}

# sanitized PRESET COMMAND...: with the options of that sanitizer.
sanitized() {
  local preset="$1" prefix=()
  shift
  if [[ "$preset" == tsan ]]; then
    # gcc 12's TSan knows only the memory layout of a process without address randomization.
    prefix=(env "TSAN_OPTIONS=suppressions=$PWD/tools/tsan.supp halt_on_error=1" setarch -R)
  elif [[ "$preset" == asan ]]; then
    # What is too large fails, as it does without the sanitizer.
    prefix=(env ASAN_OPTIONS=allocator_may_return_null=1
      "LSAN_OPTIONS=suppressions=$PWD/tools/lsan.supp:print_suppressions=0")
  fi
  "${prefix[@]}" timeout "$budget" "$@"
}

# smoke_decode RUNTIME...: all ten frames of a seed, with the ASan build. A sanitized library loads
# only into a process that has the sanitizer's runtime from its start; Deno and Bun leak on purpose.
smoke_decode() {
  env "CUFRAME_LIB=$PWD/build/asan/libcuframe.so" ASAN_OPTIONS=detect_leaks=0 \
    "LD_PRELOAD=$(gcc -print-file-name=libasan.so)" \
    timeout "$budget" "$@" tests/support/smoke_decode.ts build/fuzz/seeds/hevc.mkv |
    grep '"frames":10,'
}
