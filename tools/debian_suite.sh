# Sourced by ./dev: packages of another Debian release, unpacked without installing them.

# suite_packages SUITE FOLDER PACKAGE...: unpacks them into FOLDER/root; the log is FOLDER/apt.log.
suite_packages() {
  local suite="$1" folder="$2" apt deb
  shift 2
  rm -rf "$folder"
  mkdir -p "$folder"/{lists/partial,cache/archives/partial,sources,debs,root}
  suite_sources "$suite" >"$folder/sources/suite.sources" || return 1
  mapfile -t apt < <(suite_apt "$folder")
  "${apt[@]}" update >"$folder/apt.log" 2>&1 &&
    (cd "$folder/debs" && "${apt[@]}" download "$@") >>"$folder/apt.log" 2>&1 || return 1
  for deb in "$folder"/debs/*.deb; do
    dpkg-deb -x "$deb" "$folder/root" || return 1
  done
}

# suite_apt FOLDER: apt-get and its options, one a line: the machine's own configuration (proxies,
# certificates) with other sources and other state.
suite_apt() {
  printf '%s\n' apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$1/sources" \
    -o "Dir::State::lists=$1/lists" -o "Dir::Cache=$1/cache" -o Dir::State::status=/dev/null \
    -o APT::Sandbox::User=root -o Acquire::Retries=3
}

# The machine's own source of its release with another suite, in deb822 form.
suite_sources() {
  local release uri
  release="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")"
  uri="$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Identifier: Packages' |
    sed -n "s/^$release //p" | head -n 1)"
  if [[ -z "$uri" || "$(. /etc/os-release && echo "$ID")" != debian ]]; then
    echo "No Debian archive in the sources of apt: packages of $1 need a Debian machine" >&2
    return 1
  fi
  cat <<SOURCE
Types: deb
URIs: $uri
Suites: $1
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCE
}
