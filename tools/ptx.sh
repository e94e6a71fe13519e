# Sourced by ./dev: the checked-in PTX of the CUDA kernels, csrc/pixels/ptx, which the library hands
# to the driver. Making it needs nvcc; building the library does not.

PTX_KERNELS=(rgb resize yuv)
# The oldest that the kernels allow, so that old drivers take them: PTX 6.4 is that of CUDA 10.1.
PTX_VERSION=6.4
PTX_TARGET=sm_50

find_nvcc() {
  command -v nvcc || { [[ -x /usr/local/cuda/bin/nvcc ]] && echo /usr/local/cuda/bin/nvcc; }
}

nvcc_build() {
  "$1" --version | sed -n 's/^Build //p'
}

# Of the code that kernels are made of, without comments and blank lines.
kernel_sources_hash() {
  local source
  for source in csrc/pixels/{rgb,resize,yuv}.cu \
    csrc/pixels/{kernel_*,device_code,color_math,resize_math,pixels,yuv,yuv_math}.h; do
    g++ -w -fpreprocessed -dD -E -P -x c++ "$source"
  done | sha256sum | cut -c 1-16
}

# make_ptx NVCC FOLDER
make_ptx() {
  local nvcc="$1" folder="$2" build hash oldest kernel
  build="$(nvcc_build "$nvcc")"
  hash="$(kernel_sources_hash)"
  oldest="$("$nvcc" --list-gpu-arch | sort -t_ -k2n | head -n 1)"
  mkdir -p "$folder"
  for kernel in "${PTX_KERNELS[@]}"; do
    # No product fused with a sum, no flush to zero: the CPU's floats, to the bit.
    "$nvcc" -ptx -std=c++20 -O3 -fmad=false -ftz=false -Werror all-warnings -Icsrc \
      -arch="$oldest" "csrc/pixels/$kernel.cu" -o "$folder/$kernel.full" || return 1
    {
      echo "// Made by ./dev ptx of csrc/pixels/$kernel.cu, not to be edited. nvcc: $build"
      echo "// Sources: $hash"
      # used_bytes_mask, a hint to ptxas, is what is newer.
      sed -E -e '/^\/\//d' -e '/\.pragma "used_bytes_mask/d' \
        -e "s/^\.version .*/.version $PTX_VERSION/" -e "s/^\.target .*/.target $PTX_TARGET/" \
        "$folder/$kernel.full"
    } >"$folder/$kernel.ptx"
    rm "$folder/$kernel.full"
  done
}

ptx() {
  local nvcc
  nvcc="$(find_nvcc)" || die "No nvcc on PATH nor in /usr/local/cuda: ./dev ptx needs the CUDA toolkit"
  make_ptx "$nvcc" csrc/pixels/ptx && check_ptx
}

# Lines that begin with "note: " are shown by ./dev ok.
check_ptx() {
  local nvcc build
  if ! nvcc="$(find_nvcc)"; then
    echo "note: the PTX was not made again, there is no nvcc"
    grep -q "$(kernel_sources_hash)" csrc/pixels/ptx/rgb.ptx ||
      echo "note: the sources of the kernels changed since: run ./dev ptx where there is one"
    return 0
  fi
  build="$(nvcc_build "$nvcc")"
  if grep -qF "nvcc: $build" csrc/pixels/ptx/rgb.ptx; then
    rm -rf build/ptx
    make_ptx "$nvcc" build/ptx && diff -r csrc/pixels/ptx build/ptx | head -n 20
    [[ "${PIPESTATUS[0]}" == 0 ]] || {
      echo "csrc/pixels/ptx is not what the sources make: run ./dev ptx"
      return 1
    }
  else
    echo "note: the PTX was not compared, this nvcc is $build"
  fi
  assemble_ptx "$nvcc"
}

# That ptxas takes it proves that nothing newer than its version and target is used.
assemble_ptx() {
  local ptxas architecture kernel
  ptxas="$(dirname "$(readlink -f "$1")")/ptxas"
  [[ -x "$ptxas" ]] || ptxas=ptxas
  for architecture in $("$1" --list-gpu-code); do
    for kernel in "${PTX_KERNELS[@]}"; do
      "$ptxas" -arch="$architecture" "csrc/pixels/ptx/$kernel.ptx" -o /dev/null || return 1
    done
  done
}
