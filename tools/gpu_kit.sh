# Sourced by ./dev: the kit, with which the checks and benchmarks on a GPU run on a machine that has nothing
# but the checkout and the kit, to be carried there: build/gpu-kit, and for benchmarks build/gpu-kit-bench.

GPU_KIT=build/gpu-kit

gpu_kit() {
  local libav="$PWD/build/gpu-libav" library=build/gpu-release part="$GPU_KIT.part"
  gpu_libav "$libav"
  gpu_library "$libav" "$library" cuframe cuframe_unit_tests
  rm -rf "$part"
  mkdir -p "$part"/{test/lib,bench}
  cp "$library"/libcuframe.so "$library"/cuframe_unit_tests "$part/test/lib/"
  gpu_kit_needs "$library/libcuframe.so" "$libav/work/root/usr/lib/$(gcc -print-multiarch)" \
    "$part/test/lib"
  gpu_kit_headers "$part/test"
  gpu_kit_python "$part/test"
  gpu_kit_clips "$part/test" "$part/bench"
  gpu_kit_peer "$part/bench"
  gpu_kit_pack "$part/test" "$GPU_KIT/test.tar.xz"
  gpu_kit_pack "$part/bench" "$GPU_KIT-bench/bench.tar.xz"
  [[ -f build/gpu-deno.xz && build/gpu-deno.xz -nt "$(readlink -f "$(command -v deno)")" ]] ||
    xz -T2 -6 -c "$(readlink -f "$(command -v deno)")" >build/gpu-deno.xz
  cp build/gpu-deno.xz "$GPU_KIT/deno.xz"
  rm -rf "$part"
  du -b "$GPU_KIT"/* "$GPU_KIT-bench"/*
}

# gpu_kit_pack FOLDER FILE: one block, so that what is there twice is packed once.
gpu_kit_pack() {
  mkdir -p "$(dirname "$2")"
  tar -C "$1" --sort=name -c . | xz -9 >"$2.part"
  mv "$2.part" "$2"
}

# gpu_kit_needs LIBRARY FOLDER OUT: what other machines may lack of what the library needs.
gpu_kit_needs() {
  local name path
  while read -r name path; do
    case "$name" in
      libdav1d.so.* | libx264.so.*) cp "$2/$name" "$3/" ;;
      libhwy.so.*) cp "$(readlink -f "$path")" "$3/$name" ;;
    esac
  done < <(ldd "$1" | awk '{ print $1, $3 }')
}

gpu_kit_headers() {
  local headers
  headers="$(pkg-config --variable=includedir ffnvcodec 2>/dev/null || true)"
  [[ -d "$headers/ffnvcodec" ]] || headers=.tools/nv-codec-headers/include
  mkdir -p "$1/include"
  cp -r "$headers/ffnvcodec" "$1/include/"
}

# CUFRAME_KIT_PYTHON: where a Python of the other machine's version is installed, with a shared library,
# which that machine's may lack. Not needed otherwise.
gpu_kit_python() {
  local python="${CUFRAME_KIT_PYTHON:-}"
  [[ -n "$python" ]] || return 0
  mkdir -p "$1/python/lib-dynload"
  cp "$python"/lib/libpython3.*.so.1.0 "$1/python/"
  cp "$python"/lib/python3.*/lib-dynload/*.so "$1/python/lib-dynload/"
  rm -f "$1"/python/lib-dynload/*test*
  strip -s "$1"/python/*.so.1.0 "$1"/python/lib-dynload/*.so
}

# Clips, what ffmpeg says of them, and what the CPU backend makes of them. Playing the contract suite once
# on the simulated driver leaves the answers of ffmpeg and ffprobe on the tape.
gpu_kit_clips() {
  local kept="$PWD/build/gpu-tape"
  export CUFRAME_COMMAND_TAPE="$kept"
  gpu_kit_tape
  mkdir -p "$1/tape"
  deno run --no-check -A tests/gpu/make_expected.ts "$1/expected.json" ||
    die "The expected checksums could not be made"
  cp -r tests/.cache/clips "$1/clips"
  cp -r "$kept/." "$1/tape/"
  unset CUFRAME_COMMAND_TAPE
  deno run --no-check -A bench/harness/gpu_clips.ts "$PWD/build/gpu-clips"
  cp -r build/gpu-clips "$2/clips"
}

gpu_kit_tape() {
  local marker="$CUFRAME_COMMAND_TAPE/complete" inputs files
  inputs="$(cat tests/contract/*.ts tests/support/*.ts | sha256sum)"
  [[ "$(cat "$marker" 2>/dev/null)" != "$inputs" ]] || return 0
  mkdir -p "$CUFRAME_COMMAND_TAPE"
  mapfile -t files < <(gpu_contract_files)
  CUFRAME_TEST_BACKEND=cuda LD_LIBRARY_PATH="$PWD/build/release/driver_sim" \
    deno test --no-check -A --quiet "${files[@]}" >build/gpu-tape.log 2>&1 ||
    echo "The contract suite fails on the simulated driver (build/gpu-tape.log)" >&2
  echo "$inputs" >"$marker"
}

# The wheel of PyNvVideoCodec, without the parts that decoding does not need.
gpu_kit_peer() {
  local wheel=build/gpu-wheel platform platforms=()
  if ! compgen -G "$wheel/*.whl" >/dev/null; then
    for platform in manylinux_2_28 manylinux_2_27 manylinux_2_17 manylinux2014; do
      platforms+=(--platform "${platform}_x86_64")
    done
    python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version 3.12 \
      --implementation cp "${platforms[@]}" -d "$wheel" PyNvVideoCodec==2.2.4 || {
      echo "PyNvVideoCodec could not be downloaded: the kit goes without" >&2
      return 0
    }
  fi
  mkdir -p "$1/python"
  python3 -m zipfile -e "$wheel"/*.whl "$1/python"
  rm -rf "$1"/python/{samples,benchmarks,*.data}
}
