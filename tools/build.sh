# Sourced by ./dev: the CMake build, the sample program and the benchmarks.

build() {
  local preset="${1:-release}" folder
  folder="build/$preset"
  mkdir -p "$folder"
  (
    # Two ninja processes in one folder corrupt each other's log.
    flock 9
    if ! cmake --preset "$preset" >"$folder/configure.log" 2>&1; then
      cat "$folder/configure.log" >&2
      die "CMake could not configure the $preset build"
    fi
    # Warnings of CMake itself
    sed -n '/^CMake Warning/,/^$/p' "$folder/configure.log" >&2
    cmake --build --preset "$preset" -- -k 0 >"$folder/build.log" 2>&1 || {
      grep -v '^\[[0-9/]*\] Building' "$folder/build.log" >&2
      die "The $preset build failed (full output in $folder/build.log)"
    }
  ) 9>"$folder/.lock"
}

sample_clip() {
  local clip=build/demo/sample.mp4
  if [[ ! -f "$clip" ]]; then
    mkdir -p build/demo
    ffmpeg -v error -y -filter_complex "
      gradients=s=1280x720:r=30:d=10:n=4:speed=0.015:c0=0x1b2a6b:c1=0xd8457a:c2=0xf7b05b:c3=0x1f8a8c[back];
      testsrc2=s=448x252:r=30:d=10[test];
      [back][test]overlay=x='(W-w)*(0.5+0.45*sin(1.3*t))':y='(H-h)*(0.5+0.45*cos(0.9*t))',
      scale=out_color_matrix=bt709:out_range=tv,format=yuv420p" \
      -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv \
      -c:v libx264 -preset fast -g 60 -movflags +faststart "$clip.part.mp4" </dev/null
    mv "$clip.part.mp4" "$clip"
  fi
  echo "$clip"
}

demo() {
  local file="${1:-}"
  case "$file" in
    "") file="$(sample_clip)" ;;
    /*) ;;
    *) file="$STARTED_IN/$file" ;;
  esac
  [[ -f "$file" ]] || die "No file $file"
  deno run --allow-ffi --allow-read --allow-write --allow-env \
    examples/decode.ts -i "$file" -o - --contact-sheet demo.png
}

bench() {
  local name="${1:-}"
  if [[ -z "$name" ]]; then
    find bench -maxdepth 1 -name '*.ts' -printf '%f\n' | sed 's/\.ts$//' | sort
    return
  fi
  [[ -f "bench/$name.ts" ]] || die "No benchmark bench/$name.ts"
  shift
  deno run -A "bench/$name.ts" "$@"
}
