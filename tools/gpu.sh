# Sourced by ./dev: what a machine with an NVIDIA GPU runs: the checks of the cuda backend on the real driver,
# and the benchmarks. Where build/gpu-kit lies (./dev gpu-kit) and deno is missing, all comes from there.

GPU_CHECKS=(capabilities facts smoke kernels golden encoding interop contract rounds sanitizer)
# What driver_facts decodes.
GPU_FACT_CLIPS=(h264_b_pyramid.mp4 h264_1080p.mp4 h264_mbaff.mp4 hevc.mp4 hevc_b_wide.mp4 hevc_10bit.mp4
  vp8_alt_ref.webm vp9_alt_ref.webm vp9_444.webm av1_wide.mp4 mpeg2.ts mpeg2_odd.ts mjpeg.avi
  mpeg4_asp.mp4 h264_damaged.mp4 h264_b_damaged.mp4)

# gpu_test [--out FOLDER] [CHECK...]: every check runs, whatever became of those before it.
gpu_test() {
  gpu_begin test "$@"
  export CUFRAME_REQUIRE=cuda
  [[ ${#wanted[@]} -gt 0 ]] || wanted=("${GPU_CHECKS[@]}")
  gpu_run_all
}

# gpu_checks_suite FILTER SECONDS: the checks of real GPUs on the simulated one, with some of the clips.
gpu_checks_suite() {
  local driver="$PWD/build/release/driver_sim" files=()
  if [[ ! -f "$driver/libcuda.so.1" ]]; then
    echo "Not built: no ffnvcodec headers"
    echo "1 0"
    return
  fi
  mapfile -t files < <(test_files 'tests/gpu/*_check.ts' "$1")
  export LD_LIBRARY_PATH="$driver" CUFRAME_GPU_QUICK=1 CUFRAME_REQUIRE=cuda
  export CUFRAME_GPU_OUT="$PWD/build/gpu-work"
  deno_tests gpu_checks "$2" "${files[@]}"
}

# gpu_begin KIND ARGUMENT...: sets `out`, `work` and `wanted`, and makes ready what the steps need.
gpu_begin() {
  local kind="$1"
  shift
  out="$PWD/build/gpu-results" wanted=() failures=()
  while [[ $# -gt 0 ]]; do
    case "$1" in
      --out)
        out="${2:?a folder}"
        shift 2
        ;;
      --out=*)
        out="${1#*=}"
        shift
        ;;
      *)
        wanted+=("$1")
        shift
        ;;
    esac
  done
  # Kept apart, since few files come back from a borrowed machine.
  work="$PWD/build/gpu-work"
  rm -rf "$work"
  mkdir -p "$out" "$work"
  export CUFRAME_GPU_OUT="$work" NO_COLOR=1
  if [[ -d "$GPU_KIT" ]] && ! command -v deno >/dev/null; then
    gpu_unpack_kit
  else
    setup
    build release
    gpu_tests=build/release/cuframe_unit_tests
  fi
  echo "$(date -u +%FT%TZ) $kind on $(uname -sr), $(nproc) processors, $(gpu_names)" | tee "$work/machine.txt"
}

# Unpacks the kit once, and points the tests at what was in it.
gpu_unpack_kit() {
  local folder="${TMPDIR:-/tmp}/cuframe-kit"
  mkdir -p "$folder/bin"
  gpu_unpack "$GPU_KIT/test.tar.xz" "$folder/test"
  [[ ! -f "$GPU_KIT-bench/bench.tar.xz" ]] ||
    gpu_unpack "$GPU_KIT-bench/bench.tar.xz" "$folder/bench"
  if [[ ! -x "$folder/bin/deno" ]]; then
    gpu_unxz "$GPU_KIT/deno.xz" >"$folder/bin/deno" || die "Deno could not be unpacked"
    chmod +x "$folder/bin/deno"
  fi
  export PATH="$folder/bin:$PATH" CUFRAME_LIB="$folder/test/lib/libcuframe.so"
  export CUFRAME_CLIPS="$folder/test/clips" CUFRAME_COMMAND_TAPE="$folder/test/tape"
  export CUFRAME_EXPECTED="$folder/test/expected.json" CUFRAME_NV_HEADERS="$folder/test/include"
  export CUFRAME_BENCH_CLIPS="$folder/bench/clips" CUFRAME_GPU_PYTHON="$folder/bench/python"
  export DENO_NO_UPDATE_CHECK=1 DENO_DIR="$folder/deno"
  gpu_tests="$folder/test/lib/cuframe_unit_tests"
}

# gpu_unpack ARCHIVE FOLDER
gpu_unpack() {
  [[ ! -f "$2/unpacked" || "$1" -nt "$2/unpacked" ]] || return 0
  rm -rf "$2"
  mkdir -p "$2"
  gpu_unxz "$1" | tar -C "$2" -x || die "$1 could not be unpacked"
  touch "$2/unpacked"
}

gpu_unxz() {
  if command -v xz >/dev/null; then
    xz -dc -T0 "$1"
  else
    python3 -c 'import lzma, shutil, sys
shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$1"
  fi
}

# gpu_bench [--out FOLDER] [PART...]: sessions, sampling, cached, tensor.
gpu_bench() {
  gpu_begin bench "$@"
  [[ ${#wanted[@]} -gt 0 ]] || wanted=(sessions sampling cached tensor)
  gpu_run_all
}

gpu_names() {
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null ||
    echo "no nvidia-smi"
}

# Runs the steps of `wanted`, each a function gpu_step_NAME, and sums up after each.
gpu_run_all() {
  local name
  : >"$out/summary.txt"
  for name in "${wanted[@]}"; do
    gpu_step "$name"
    {
      echo "== $name: $(cat "$work/$name.status")"
      gpu_tell "$name"
    } >>"$out/summary.txt" 2>&1
    tar -C "$work" -czf "$out/results.tar.gz" .
  done
  head -c 9500 "$out/summary.txt"
  [[ ${#failures[@]} -eq 0 ]] || die "Failed: ${failures[*]}"
}

# gpu_step NAME
gpu_step() {
  local name="$1" status=0 started=$SECONDS
  declare -F "gpu_step_$name" >/dev/null || die "There is no $name"
  ("gpu_step_$name") >"$work/$name.log" 2>&1 </dev/null || status=$?
  [[ $status -eq 0 ]] || failures+=("$name")
  echo "status $status, $((SECONDS - started)) s" >"$work/$name.status"
  echo "$name: status $status, $((SECONDS - started)) s"
}

# gpu_tell NAME: what of a step's log belongs into the summary.
gpu_tell() {
  local log="$work/$1.log"
  if declare -F "gpu_tell_$1" >/dev/null; then
    "gpu_tell_$1" "$log" || true
  elif [[ "$(cat "$work/$1.status")" == "status 0,"* ]]; then
    tail -n 6 "$log" | cut -c 1-300
  else
    tail -n 25 "$log" | cut -c 1-300
  fi
}

gpu_deno() {
  timeout -s KILL "$1" deno "${@:2}"
}

gpu_step_capabilities() {
  nvidia-smi || true
  ldconfig -p | grep -E 'libcuda|nvcuvid|nvidia-encode' || true
  ldd --version | head -n 1
  command -v gcc cmake nvcc compute-sanitizer xz python3 || true
  python3 -c 'import sys, sysconfig; v = sysconfig.get_config_var
print("python", sys.version, sys.base_prefix, v("INSTSONAME"), v("LIBDIR"), v("Py_ENABLE_SHARED"))' || true
  gpu_deno 60 run --no-check -A tests/gpu/capabilities.ts
}

gpu_tell_capabilities() {
  grep -E '^(cuda|cpu|No GPU|[a-z0-9]+ 4:|python|/.*libpython|/)|error|libcuda|nvcuvid|encode' "$1" |
    cut -c 1-200 | head -n 50
}

gpu_step_smoke() {
  gpu_deno 60 run --no-check -A --preload tests/gpu/keep_context.ts tests/gpu/smoke.ts
}

gpu_tell_smoke() {
  grep -E 'FAILED|"difference":"|^(device|sampling|threaded)' "$1" | cut -c 1-330 | head -n 20
  echo "all equal: $(grep -c '"difference":null' "$1")"
}

gpu_step_golden() {
  gpu_deno 150 test --no-check -A --preload tests/gpu/keep_context.ts --junit-path="$work/golden.xml" tests/gpu/golden_check.ts
}

gpu_tell_golden() {
  grep -E '^(ok|FAILED) \|' "$1" || tail -n 5 "$1"
  gpu_tell_failures "$1"
  grep -oE '"result": "(equal|within|refused)' "$work/golden.json" | sort | uniq -c
}

gpu_step_encoding() {
  gpu_deno 120 test --no-check -A --preload tests/gpu/keep_context.ts tests/gpu/encoding_check.ts
}

gpu_tell_encoding() {
  grep -E '^(ok|FAILED) \|' "$1" || tail -n 5 "$1"
  gpu_tell_failures "$1"
}

# The name of each test that failed, with the first line of what it said.
gpu_tell_failures() {
  awk '/=> \.\/tests/ { name = $0; next }
    /^(error|.*Error): / && name { print substr(name, 1, 110) " :: " substr($0, 1, 260); name = "" }' \
    "$1" | head -n 40
}

# The files of the contract suite. What ffmpeg says of streams that are made on the spot is on no tape, and
# encoders' tests need NVENC.
gpu_contract_files() {
  local without=none
  if [[ -n "${CUFRAME_COMMAND_TAPE:-}" ]]; then
    without=encoder,muxer,transcoder
  elif ! gpu_deno 60 run --no-check -A tests/gpu/has_encoder.ts >/dev/null; then
    without=encoder,transcoder
  fi
  sed -nE 's#^import "\./(.*_contract\.ts)";#tests/contract/\1#p' tests/contract/contract_test.ts |
    grep -vE "/(${without//,/|})_"
}

# The contract suite, without the recorder of members, in processes beside each other.
gpu_step_contract() {
  local files=() own=() pids=() shard shards status=0 i
  mapfile -t files < <(gpu_contract_files)
  # They wait most of the time: a session of NVDEC takes a quarter of a second to end.
  shards="$(nproc)"
  for ((shard = 0; shard < shards; shard++)); do
    own=()
    for ((i = shard; i < ${#files[@]}; i += shards)); do
      own+=("${files[i]}")
    done
    [[ ${#own[@]} -gt 0 ]] || continue
    CUFRAME_TEST_BACKEND=cuda gpu_deno 330 test --no-check -A --preload tests/gpu/keep_context.ts \
      "${own[@]}" >"$work/contract_$shard.log" 2>&1 </dev/null &
    pids+=($!)
  done
  for i in "${pids[@]}"; do
    wait "$i" || status=$?
  done
  cat "$work"/contract_*.log
  return "$status"
}

gpu_tell_contract() {
  grep -hE '^(ok|FAILED) \|| Killed ' "$work"/contract_*.log
  gpu_tell_failures "$1"
}

# The kernels' unit tests with the driver's own compiler of the PTX.
gpu_step_kernels() {
  CUFRAME_KERNEL_LIBCUDA=libcuda.so.1 timeout -s KILL 100 "$gpu_tests" --no-colors=true \
    --source-file='*kernels_*'
}

# What the driver does, asked by a program of its own.
gpu_step_facts() {
  local clips="${CUFRAME_CLIPS:-tests/.cache/clips}" clip paths=()
  gpu_compile build/driver_facts tests/gpu/driver_*.cpp
  for clip in "${GPU_FACT_CLIPS[@]}"; do
    paths+=("$clips/$clip"-*/"$clip")
  done
  gpu_deno 60 run --no-check -A bench/harness/packet_file.ts build/fact-packets "${paths[@]}" >/dev/null
  timeout -s KILL 120 build/driver_facts build/fact-packets
}

gpu_tell_facts() {
  grep -vE '^caps|took [0-9.]+ s\)$' "$1" | sort -u | cut -c 1-190 | head -n 70
}

# gpu_compile PROGRAM SOURCE...: with ffnvcodec's headers, of the kit or of this machine.
gpu_compile() {
  local program="$1" headers="${CUFRAME_NV_HEADERS:-}" compiler=(g++ -std=c++20)
  shift
  [[ -n "$headers" ]] || headers="$(pkg-config --variable=includedir ffnvcodec 2>/dev/null || true)"
  [[ -d "$headers/ffnvcodec" ]] || headers=.tools/nv-codec-headers/include
  [[ "$1" == *.cpp ]] || compiler=(gcc -std=gnu11)
  mkdir -p "$(dirname "$program")"
  "${compiler[@]}" -O2 -Wall -Wextra -isystem "$headers" "$@" -o "$program" -ldl -lpthread
}

# torch and CuPy inside Deno, with this machine's Python or the shared library of the same version that the
# kit carries.
gpu_step_interop() {
  local python library
  python="$(command -v python3)" || die "There is no python3"
  library="$(gpu_python_library "$python")"
  echo "Python's library: $library"
  PYTHONHOME="$("$python" -c 'import sys; print(sys.base_prefix)')" \
    PYTHONPATH="$(gpu_python_path "$python" "$library")" \
    gpu_deno 150 run --no-check -A tests/gpu/interop.ts "$library"
}

gpu_python_library() {
  "$1" - "${CUFRAME_CLIPS:-/nowhere}/../python" <<'PYTHON'
import os, sys, sysconfig
name = sysconfig.get_config_var("INSTSONAME") or "libpython3.so"
name = "libpython%d.%d.so.1.0" % sys.version_info[:2] if name.endswith(".a") else name
folders = [sysconfig.get_config_var("LIBDIR") or "", os.path.join(sys.base_prefix, "lib"),
           "/usr/lib/x86_64-linux-gnu", "/usr/local/lib", sys.argv[1]]
found = [path for folder in folders if os.path.exists(path := os.path.join(folder, name))]
print(found[0] if found else name)
PYTHON
}

# Where the packages are, and the modules that belong to the kit's library.
gpu_python_path() {
  "$1" -c 'import sys, sysconfig; print(":".join(dict.fromkeys([sysconfig.get_path("purelib"),
    sysconfig.get_path("platlib"), *(p for p in sys.path if p.endswith("-packages"))])), end="")'
  [[ ! -d "$(dirname "$2")/lib-dynload" ]] || echo ":$(dirname "$2")/lib-dynload"
}

gpu_tell_interop() {
  grep -E '^(ok|WRONG|torch|cupy|Python)|rror' "$1" | cut -c 1-240 | head -n 30
}

gpu_step_rounds() {
  gpu_deno 280 run --no-check -A --v8-flags=--expose-gc tests/gpu/rounds.ts \
    "${CUFRAME_GPU_ROUNDS:-2000}" "${CUFRAME_GPU_ROUNDS_S:-240}"
}

gpu_step_sanitizer() {
  local sanitizer
  sanitizer="$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)"
  [[ -x "$sanitizer" ]] || {
    echo "There is no compute-sanitizer"
    return 0
  }
  CUFRAME_KERNEL_LIBCUDA=libcuda.so.1 timeout -s KILL 240 "$sanitizer" --tool memcheck --error-exitcode 9 \
    "$gpu_tests" --no-colors=true --source-file='*kernels_*'
}

gpu_step_sessions() {
  gpu_compile build/nvdec_loop bench/peers/nvdec_loop.c
  CUFRAME_NVDEC_LOOP=build/nvdec_loop gpu_part sessions
}

gpu_step_sampling() {
  gpu_part sampling
}

gpu_step_cached() {
  gpu_part cached
}

gpu_step_tensor() {
  gpu_part tensor
}

# gpu_part NAME: of bench/gpu.ts; CUFRAME_GPU_QUICK=1: a short look.
gpu_part() {
  local quick=()
  [[ -z "${CUFRAME_GPU_QUICK:-}" ]] || quick=(--quick)
  gpu_deno 420 run --no-check -A bench/gpu.ts --part "$1" "${quick[@]}"
}

gpu_tell_sessions() {
  tail -n 45 "$1" | cut -c 1-200
}

gpu_tell_sampling() {
  gpu_tell_sessions "$1"
}

gpu_tell_cached() {
  gpu_tell_sessions "$1"
}

gpu_tell_tensor() {
  gpu_tell_sessions "$1"
}
