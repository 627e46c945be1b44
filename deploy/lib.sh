# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What deploy/demo.sh and deploy/test.sh share: it makes sure that a machine can build. Sourced, not run.

readonly OLDEST_SWIFT=6.2

# The libraries that Package.swift links, by their pkg-config names, and the Debian packages that bring them.
readonly LIBRARIES=(libcurl libgit2 yaml-0.1 sqlite3 zlib)
declare -Ar LIBRARY_PACKAGES=(
    [libcurl]=libcurl4-openssl-dev [libgit2]=libgit2-dev [yaml-0.1]=libyaml-dev [sqlite3]=libsqlite3-dev
    [zlib]=zlib1g-dev
)

say() { printf '==> %s\n' "$*" >&2; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

require_swift() {
    has swift || fail "no swift in PATH: install Swift $OLDEST_SWIFT or later (https://www.swift.org/install/linux/)"
    local version
    version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+(\.[0-9]+)*).*/\1/p' | head -n 1)
    [[ -n $version ]] || fail "cannot read the version from \`swift --version\`"
    [[ $(printf '%s\n' "$OLDEST_SWIFT" "$version" | sort -V | head -n 1) == "$OLDEST_SWIFT" ]] ||
        fail "Swift $version is too old: $OLDEST_SWIFT or later is needed"
}

# Installs what building needs and is not there. Nothing is fetched where nothing is missing.
install_build_packages() {
    local packages=() library
    has git || packages+=(git)
    has pkg-config || packages+=(pkg-config)
    for library in "${LIBRARIES[@]}"; do
        has pkg-config && pkg-config --exists "$library" || packages+=("${LIBRARY_PACKAGES[$library]}")
    done
    install_packages "${packages[@]}"
}

# Installs Debian packages; none where none is named.
install_packages() {
    (($# > 0)) || return 0
    has apt-get || fail "missing: $*. There is no apt-get here; install these libraries and tools by hand"
    ((EUID == 0)) || has sudo ||
        fail "missing: $*. Installing them needs root or sudo: run \`apt-get install $*\` as root first"
    say "installing $*"
    as_root apt-get -q update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@"
}

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}
