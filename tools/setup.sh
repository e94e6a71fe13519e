# Sourced by ./dev: what the machine needs, installed once.

PACKAGES=(
  cmake ninja-build g++ pkg-config clang-format git ca-certificates
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libhwy-dev doctest-dev
  libx264-dev libx265-dev libaom-dev
  ffmpeg python3-numpy python3-venv libpython3-dev
)
DENO_MIN=2.9.0 DENO_NPM=2.9.6
BUN_MIN=1.4.0 BUN_NPM=1.4.5
ESBUILD_NPM=0.28.2
NV_HEADERS_MIN=12.1
# The first Debian release whose libffmpeg-nvenc-dev is new enough.
NV_HEADERS_SUITE=trixie

setup() {
  [[ "$(uname -s)" == Linux ]] || die "cuframe builds on Linux only, this is $(uname -s)"
  install_packages
  # Ubuntu 22.04 and Debian 11 have FFmpeg 4.
  pkg-config --atleast-version=59.27 libavformat ||
    die "libavformat-dev $(pkg-config --modversion libavformat) is too old: FFmpeg 5.1 or newer is needed (Debian 12, Ubuntu 24.04 or later)"
  install_tools
  install_nv_headers
}

# The types of NVIDIA's driver libraries (package libffmpeg-nvenc-dev, for every architecture), from
# this release or from a newer one. Without them everything but the CUDA backend builds.
install_nv_headers() {
  local folder="$PWD/.tools/nv-codec-headers" work="$PWD/.tools/nv-codec-headers.part" candidate
  ! pkg-config --atleast-version="$NV_HEADERS_MIN" ffnvcodec || return 0
  [[ ! -d "$folder" && ! -f "$folder.failed" ]] || return 0
  echo "Fetching: libffmpeg-nvenc-dev"
  candidate="$(apt-cache policy libffmpeg-nvenc-dev 2>/dev/null | sed -n 's/^ *Candidate: //p')"
  if [[ -n "$candidate" ]] && dpkg --compare-versions "$candidate" ge "$NV_HEADERS_MIN"; then
    rm -rf "$work"
    mkdir -p "$work"/{debs,root}
    (cd "$work/debs" && apt-get -qq download libffmpeg-nvenc-dev &&
      dpkg-deb -x ./*.deb "$work/root") >"$work/apt.log" 2>&1 || true
  else
    suite_packages "$NV_HEADERS_SUITE" "$work" libffmpeg-nvenc-dev || true
  fi
  if [[ -f "$work/root/usr/include/ffnvcodec/dynlink_loader.h" ]]; then
    rm -rf "$work/root/usr/share/doc"
    mv "$work/root/usr" "$folder"
    rm -rf "$work"
    return 0
  fi
  [[ ! -f "$work/apt.log" ]] || tail -n 5 "$work/apt.log" >&2
  touch "$folder.failed"
  echo "No ffnvcodec headers >= $NV_HEADERS_MIN: the CUDA backend is not built. To try again," \
    "remove .tools/nv-codec-headers.failed; or configure with -DCUFRAME_NV_CODEC_HEADERS=FOLDER" >&2
}

missing_packages() {
  local installed package
  installed="$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${PACKAGES[@]}" 2>/dev/null || true)"
  for package in "${PACKAGES[@]}"; do
    grep -qx "$package installed" <<<"$installed" || echo "$package"
  done
  # By command, since the nodejs package of other vendors brings npm with it.
  if [[ -n "$(missing_tools)" ]] && ! command -v npm >/dev/null; then
    echo npm
  fi
}

install_packages() {
  local missing=() as_root=()
  command -v dpkg-query >/dev/null || die "Setup needs Debian or Ubuntu; elsewhere install by hand: ${PACKAGES[*]}"
  mapfile -t missing < <(missing_packages)
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if [[ "$(id -u)" != 0 ]]; then
    command -v sudo >/dev/null || die "Root or sudo is needed to install: ${missing[*]}"
    as_root=(sudo)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  echo "Installing: ${missing[*]}"
  mkdir -p .tools
  "${as_root[@]}" update >.tools/apt.log 2>&1 </dev/null || echo "apt-get update failed, going on with the lists at hand" >&2
  if ! "${as_root[@]}" install -y --no-install-recommends "${missing[@]}" >>.tools/apt.log 2>&1 </dev/null; then
    tail -n 20 .tools/apt.log >&2
    mapfile -t missing < <(missing_packages)
    die "Packages that could not be installed: ${missing[*]} (full output in .tools/apt.log)"
  fi
}

# Prints the first x.y.z in what `PROGRAM --version` says, or nothing.
program_version() {
  { "$1" --version 2>/dev/null || true; } | grep -oEm1 '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1
}

# recent PROGRAM MINIMUM
recent() {
  local version
  version="$(program_version "$1")"
  [[ -n "$version" ]] && [[ "$(printf '%s\n%s\n' "$2" "$version" | sort -V | head -n 1)" == "$2" ]]
}

# .tools/bin is first on PATH, so these also find what an earlier setup installed.
missing_tools() {
  recent deno "$DENO_MIN" || echo deno
  recent bun "$BUN_MIN" || echo bun
  [[ -x .tools/bin/esbuild ]] || echo esbuild
}

# The npm packages of the platform hold the plain binaries. The packages named deno, bun and
# esbuild fetch them by install scripts, which newer npm versions refuse to run.
npm_package() {
  local arm=0
  [[ "$(uname -m)" != aarch64 ]] || arm=1
  case "$1$arm" in
    deno0) echo "@deno/linux-x64-glibc@$DENO_NPM" deno ;;
    deno1) echo "@deno/linux-arm64-glibc@$DENO_NPM" deno ;;
    bun0) echo "@oven/bun-linux-x64@$BUN_NPM" bin/bun ;;
    bun1) echo "@oven/bun-linux-aarch64@$BUN_NPM" bin/bun ;;
    esbuild0) echo "@esbuild/linux-x64@$ESBUILD_NPM" bin/esbuild ;;
    esbuild1) echo "@esbuild/linux-arm64@$ESBUILD_NPM" bin/esbuild ;;
  esac
}

install_tools() {
  local tools=() tool spec binary
  mapfile -t tools < <(missing_tools)
  [[ ${#tools[@]} -gt 0 ]] || return 0
  case "$(uname -m)" in
    x86_64 | aarch64) ;;
    *) die "No deno and bun for $(uname -m) on npm: put them on PATH" ;;
  esac
  mkdir -p .tools/bin
  for tool in "${tools[@]}"; do
    read -r spec binary < <(npm_package "$tool")
    echo "Installing: $spec (npm)"
    npm install --prefix ".tools/$tool" --no-save --ignore-scripts --no-audit --no-fund \
      "$spec" >.tools/npm.log 2>&1 </dev/null || {
      tail -n 20 .tools/npm.log >&2
      die "npm could not install $spec"
    }
    binary="../$tool/node_modules/${spec%@*}/$binary"
    chmod +x ".tools/bin/$binary"
    ln -sfn "$binary" ".tools/bin/$tool"
    ".tools/bin/$tool" --version >/dev/null || die "$spec was installed but does not run"
  done
  hash -r
}
