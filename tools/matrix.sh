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
  local suite="$1" folder="$PWD/build/matrix/$1" apt
  [[ ! -d "$folder/include" ]] || return 0
  rm -rf "$folder"
  mkdir -p "$folder"/{lists/partial,cache/archives/partial,sources,debs,root}
  matrix_sources "$suite" >"$folder/sources/suite.sources"
  # The machine's own apt configuration (proxies, certificates) with other sources and other state.
  apt=(apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$folder/sources"
    -o Dir::State::lists="$folder/lists" -o Dir::Cache="$folder/cache"
    -o Dir::State::status=/dev/null -o APT::Sandbox::User=root -o Acquire::Retries=3)
  "${apt[@]}" update >"$folder/apt.log" 2>&1 &&
    (cd "$folder/debs" && "${apt[@]}" download "${MATRIX_PACKAGES[@]}") >>"$folder/apt.log" 2>&1 || {
    tail -n 20 "$folder/apt.log" >&2
    die "The FFmpeg headers of $suite could not be downloaded"
  }
  local deb
  for deb in "$folder"/debs/*.deb; do
    dpkg-deb -x "$deb" "$folder/root"
  done
  mv "$folder/root/usr/include/$(gcc -print-multiarch)" "$folder/include"
}

# The machine's own source of its release with another suite, in deb822 form.
matrix_sources() {
  local release uri
  release="$(. /etc/os-release && echo "$VERSION_CODENAME")"
  uri="$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Identifier: Packages' |
    sed -n "s/^$release //p" | head -n 1)"
  [[ -n "$uri" && "$(. /etc/os-release && echo "$ID")" == debian ]] ||
    die "No Debian archive in the sources of apt: the matrix needs a Debian machine"
  cat <<SOURCE
Types: deb
URIs: $uri
Suites: $1
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCE
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
