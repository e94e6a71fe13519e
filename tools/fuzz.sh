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
  seed fragmented.mp4 -c:v libx264 -pix_fmt yuv420p -movflags frag_keyframe+empty_moov -g 4
  seed edited.mov -ss 0.1 -c:v libx264 -pix_fmt yuv420p -g 5 -bf 2
  seed h264.h264 -c:v libx264 -pix_fmt yuv420p
  seed interlaced.ts -c:v libx264 -pix_fmt yuv420p -flags +ildct -x264-params tff=1
  seed h264.flv -c:v libx264 -pix_fmt yuv420p
  seed hevc.mkv -c:v libx265 -x265-params log-level=error -pix_fmt yuv420p10le
  seed hevc.mp4 -c:v libx265 -x265-params log-level=error:keyint=4 -pix_fmt yuv444p -tag:v hvc1
  seed hevc.h265 -c:v libx265 -x265-params log-level=error -pix_fmt yuv420p
  seed av1.ivf -c:v libsvtav1 -preset 10 -pix_fmt yuv420p
  seed av1.mp4 -c:v libsvtav1 -preset 10 -pix_fmt yuv420p10le
  seed vp9.webm -c:v libvpx-vp9 -pix_fmt yuv420p
  seed vp8.mkv -c:v libvpx -pix_fmt yuv420p
  seed mpeg2.ts -c:v mpeg2video -pix_fmt yuv420p -bf 2
  seed mpeg2.mpg -c:v mpeg2video -pix_fmt yuv422p
  seed mpeg1.mpg -c:v mpeg1video -pix_fmt yuv420p
  seed mpeg4.avi -c:v mpeg4 -pix_fmt yuv420p
  seed wmv2.asf -c:v wmv2 -pix_fmt yuv420p
  seed mjpeg.mov -c:v mjpeg -pix_fmt yuvj420p
  seed prores.mov -t 0.1 -c:v prores_ks -pix_fmt yuv422p10le
  seed ffv1.mkv -t 0.2 -c:v ffv1 -pix_fmt yuv420p -slices 4
  seed theora.ogg -c:v libtheora -pix_fmt yuv420p
  seed indexed.gif
  seed bottom_up.avi -frames:v 1 -c:v rawvideo -pix_fmt bgr24
  seed still.png -frames:v 1
  seed raw.y4m -t 0.1 -pix_fmt yuv420p
  mv "$made" "$folder"
}
