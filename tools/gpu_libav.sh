# Sourced by ./dev: a small libav for machines that have none, and a libcuframe.so that holds it.

GPU_LIBAV_DECODERS=h264,hevc,vp8,vp9,libdav1d,mpeg1video,mpeg2video,mpeg4,mjpeg,vc1,wmv1,wmv2,wmv3,msmpeg4v1,msmpeg4v2,msmpeg4v3,h263,flv,ffv1,prores,png,gif,theora,rawvideo,aac,mp3float,pcm_s16le

# gpu_libav FOLDER: FFmpeg of the machine's own Debian release, static, with decoders, muxers and libx264 for
# what GPUs without NVENC encode on the CPU, in FOLDER/libav. Made once.
gpu_libav() {
  local folder="$1" work="$1/work" multiarch
  [[ ! -f "$folder/libav/lib/libswscale.a" ]] || return 0
  echo "Building libav for the kit, once"
  multiarch="$(gcc -print-multiarch)"
  suite_packages "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$work" nasm libdav1d-dev libdav1d6 libx264-dev libx264-164 ||
    die "The packages for the kit could not be downloaded (see $work/apt.log)"
  suite_source "$work" ffmpeg ||
    die "The source of FFmpeg could not be downloaded (see $work/apt.log)"
  sed -i "s#^prefix=.*#prefix=$work/root/usr#" "$work/root/usr/lib/$multiarch/pkgconfig"/{dav1d,x264}.pc
  # Debian's static one does not go into a shared library.
  rm -f "$work/root/usr/lib/$multiarch/libx264.a"
  mkdir -p "$work/made"
  (
    cd "$work/made"
    export PATH="$work/root/usr/bin:$PATH" PKG_CONFIG_PATH="$work/root/usr/lib/$multiarch/pkgconfig"
    "$work/tree/configure" --prefix="$folder/libav" --cc="${CMAKE_C_COMPILER_LAUNCHER:-} gcc" \
      --enable-pic --disable-shared --disable-programs --disable-doc --disable-debug \
      --disable-autodetect --enable-zlib --disable-network --disable-everything --disable-avdevice \
      --disable-avfilter --disable-swresample --disable-postproc --enable-demuxers \
      --enable-muxers --enable-parsers --enable-bsfs --enable-protocol=file,pipe,data \
      --enable-libdav1d --enable-gpl --enable-libx264 --enable-encoder=libx264 \
      --enable-decoder="$GPU_LIBAV_DECODERS" && make -j2 install
  ) >"$work/libav.log" 2>&1 || {
    tail -n 20 "$work/libav.log" >&2
    die "libav could not be built (full output in $work/libav.log)"
  }
}

# suite_source FOLDER PACKAGE: unpacks it into FOLDER/tree, with the sources and lists that
# suite_packages left in FOLDER.
suite_source() {
  local folder="$1" package="$2" apt
  mkdir -p "$folder/source"
  sed -i 's/^Types: deb$/Types: deb deb-src/' "$folder"/sources/*.sources
  mapfile -t apt < <(suite_apt "$folder")
  "${apt[@]}" update >>"$folder/apt.log" 2>&1 &&
    (cd "$folder/source" && "${apt[@]}" --download-only source "$package") >>"$folder/apt.log" 2>&1 &&
    dpkg-source --no-check -x "$folder"/source/*.dsc "$folder/tree" >>"$folder/apt.log" 2>&1
}

# gpu_library LIBAV_FOLDER BUILD_FOLDER TARGET...
gpu_library() {
  local libav="$1" folder="$2" libraries
  shift 2
  libraries="$libav/work/root/usr/lib/$(gcc -print-multiarch)"
  mkdir -p "$folder"
  # Its own symbols first: libav's assembly cannot be preempted.
  PKG_CONFIG_PATH="$libav/libav/lib/pkgconfig" cmake -S . -B "$folder" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCUFRAME_DRIVER_SIM=OFF \
    -DCMAKE_SHARED_LINKER_FLAGS="-Wl,-Bsymbolic -Wl,-S" -DCMAKE_EXE_LINKER_FLAGS="-Wl,-S" \
    -DCMAKE_CXX_STANDARD_LIBRARIES="-L$libraries -ldav1d -lx264 -lz -lm" \
    -DCMAKE_BUILD_RPATH="\$ORIGIN" >"$folder.log" 2>&1 &&
    cmake --build "$folder" -j2 --target "$@" >>"$folder.log" 2>&1 || {
    tail -n 20 "$folder.log" >&2
    die "The kit's library could not be built (full output in $folder.log)"
  }
}
