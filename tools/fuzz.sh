# Sourced by ./dev: mutated inputs for the plain C harnesses of tests/fuzz.

# fuzz RUNS PRESET
fuzz() {
  local source failed=0 budget="${budget:-1200}"
  for source in tests/fuzz/*_fuzz.c; do
    run_fuzz_harness "$source" "$1" "$2" "$budget" || failed=1
  done
  return "$failed"
}

# run_fuzz_harness SOURCE RUNS PRESET SECONDS
run_fuzz_harness() {
  local name budget="$4"
  name="$(basename "$1" .c)"
  fuzz_seeds
  echo "--- $name: $2 inputs, $3 build"
  sanitized "$3" "build/$3/$name" build/fuzz/seeds/* --runs "$2" || {
    echo "$name failed with status $?"
    return 1
  }
}

# A few kilobytes for each container and codec: small seeds make mutations hit headers.
fuzz_seeds() {
  local folder=build/fuzz/seeds made=build/fuzz/making
  [[ ! -d "$folder" ]] || return 0
  rm -rf "$made"
  mkdir -p "$made"
  seed() {
    local file="$1"
    shift
    SVT_LOG=error ffmpeg -v error -y -f lavfi -i "testsrc2=s=96x64:r=25:d=0.4" "$@" "$made/$file" </dev/null ||
      die "The ffmpeg command could not make the fuzz seed $file"
  }
  seed h264.mp4 -c:v libx264 -pix_fmt yuv420p -movflags +faststart
  seed fragmented.mp4 -c:v libx264 -pix_fmt yuv420p -movflags frag_keyframe+empty_moov
  seed h264.h264 -c:v libx264 -pix_fmt yuv420p
  seed hevc.mkv -c:v libx265 -x265-params log-level=error -pix_fmt yuv420p10le
  seed av1.ivf -c:v libsvtav1 -preset 10 -pix_fmt yuv420p
  seed vp9.webm -c:v libvpx-vp9 -pix_fmt yuv420p
  seed mpeg2.ts -c:v mpeg2video -pix_fmt yuv420p
  seed mpeg4.avi -c:v mpeg4 -pix_fmt yuv420p
  mv "$made" "$folder"
}
