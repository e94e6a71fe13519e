# Sourced by ./dev: compile-checks against the FFmpeg headers of newer Debian releases.

MATRIX_SUITES=(trixie sid)
MATRIX_PACKAGES=(libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev)

matrix() {
  local suite failed=0
  matrix_check "$(. /etc/os-release && echo "${VERSION_CODENAME:-here}")" "" || failed=1
  for suite in "${MATRIX_SUITES[@]}"; do
    matrix_headers "$suite"
    matrix_check "$suite" "build/matrix/$suite/include" || failed=1
  done
  return "$failed"
}

# matrix_headers SUITE: unpacks the suite's headers into build/matrix/SUITE/include.
matrix_headers() {
  local suite="$1" folder="$PWD/build/matrix/$1"
  [[ ! -d "$folder/include" ]] || return 0
  suite_packages "$suite" "$folder" "${MATRIX_PACKAGES[@]}" || {
    [[ ! -f "$folder/apt.log" ]] || tail -n 20 "$folder/apt.log" >&2
    die "The FFmpeg headers of $suite could not be downloaded"
  }
  mv "$folder/root/usr/include/$(gcc -print-multiarch)" "$folder/include"
}

# matrix_check NAME HEADERS: every C++ file of the library, without making objects. All but libav's
# own includes no FFmpeg header, so only that folder can differ.
matrix_check() {
  local name="$1" source version failed=0
  local flags=(-std=c++20 -Wall -Wextra -Werror -fsyntax-only -Icsrc -Icsrc/include)
  [[ -z "$2" ]] || flags+=(-isystem "$2")
  version="$(g++ "${flags[@]}" -E -P -xc++ - <<<'#include <libavformat/version.h>
    LIBAVFORMAT_VERSION' | grep -oE '[0-9]+' | paste -sd. || true)"
  for source in csrc/libav/*.cpp; do
    g++ "${flags[@]}" "$source" || failed=1
  done
  if [[ $failed -ne 0 ]]; then
    echo "FAIL  $name (libavformat $version)"
    return 1
  fi
  echo "ok    $name (libavformat $version)"
}
