# Sourced by ./dev: what `./dev ok` checks without running the test suites.

run_checks() {
  local failures=()
  mkdir -p build/reports
  check "generated files" check_generated
  check "deno fmt" deno fmt --check --quiet
  check "clang-format" check_clang_format
  check "deno lint" deno lint --quiet
  check "deno check" check_types
  check "deno doc" deno doc --lint mod.ts
  check "layering" deno test --no-check --allow-read --quiet tests/unit/layering_test.ts
  check "deno publish" deno publish --dry-run --allow-dirty --quiet
  check "symbols" check_symbols
  check "versions" check_versions
  check "bundle" check_bundle
  check "ptx" check_ptx
  if [[ ${#failures[@]} -gt 0 ]]; then
    echo "Failed: ${failures[*]}"
    return 1
  fi
}

# check NAME COMMAND...: one line, its notes, and the output of what failed; adds to `failures` of
# the caller.
check() {
  local name="$1" log="build/reports/check_${1// /_}.log" started=$SECONDS
  shift
  if (NO_COLOR=1 "$@") >"$log" 2>&1 </dev/null; then
    printf 'ok    %-16s %3d s\n' "$name" $((SECONDS - started))
    sed -n 's/^note: /      /p' "$log"
  else
    printf 'FAIL  %-16s %3d s\n' "$name" $((SECONDS - started))
    sed 's/^/      /' "$log" | tail -n 60
    failures+=("${name// /-}")
  fi
}

check_generated() {
  deno run --allow-read --allow-write ffi/generate.ts --check &&
    deno run --allow-read --allow-write tools/encoder_table.ts --check
}

check_clang_format() {
  find csrc tests bench -path tests/.cache -prune -o \
    \( -name '*.cpp' -o -name '*.h' -o -name '*.c' -o -name '*.cu' \) -print | sort |
    xargs --no-run-if-empty clang-format --dry-run -Werror
}

check_types() {
  find mod.ts src ffi examples tests bench -path tests/.cache -prune -o -name '*.ts' -print | sort | xargs deno check --quiet
}

# What the header declares and what the library exports must be the same, both ways.
check_symbols() {
  local library=build/release/libcuframe.so
  diff --label csrc/include/cuframe.h --label "$library" -u0 \
    <(grep -oE '^CUF_API\b[^(]*\bcuf_[a-z0-9_]+ *\(' csrc/include/cuframe.h |
      grep -oE 'cuf_[a-z0-9_]+' | sort) \
    <(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort)
}

# A bundle, as an application makes it, must find the library and run in both runtimes.
check_bundle() {
  local folder=build/bundle
  mkdir -p "$folder"
  cat >"$folder/list.js" <<'JS'
import { listAdapters } from "./cuframe.js";
const adapters = await listAdapters();
if (adapters.length === 0) throw new Error("The bundle lists no adapter");
JS
  # With &&, since `check` runs this where `set -e` has no effect.
  esbuild mod.ts --bundle --format=esm --platform=neutral --external:bun:ffi '--external:node:*' \
    --outfile="$folder/cuframe.js" --log-level=warning &&
    export CUFRAME_LIB="$PWD/build/release/libcuframe.so" &&
    timeout 60 deno run -A --no-config "$folder/list.js" &&
    timeout 60 bun "$folder/list.js"
}

# The version is written where each tool looks for it.
check_versions() {
  local versions
  versions="$(sed -nE 's/^project\(cuframe VERSION ([0-9.]+).*/\1/p' CMakeLists.txt
    sed -nE 's/^ *"version": "([^"]+)".*/\1/p' deno.json package.json)"
  [[ "$(sort <<<"$versions" | uniq -c | awk '{ print $1 }')" == 3 ]] || {
    echo "CMakeLists.txt, deno.json and package.json disagree:" $versions
    return 1
  }
}
