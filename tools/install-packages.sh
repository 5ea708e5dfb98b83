#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the Debian 12 packages that decoupage is made with: the one list, for people, make and CI alike.
#   tools/install-packages.sh [--list] GROUP…      groups: build (all that `make demo` needs), test, format, fuzz
# Installs what is missing, with sudo when not root; says nothing when all is there.
set -euo pipefail

declare -A packages=(
  [build]="g++ cmake ninja-build pkg-config
    libtbb-dev libyaml-cpp-dev libspdlog-dev
    libcli11-dev nlohmann-json3-dev libpng-dev libjpeg-dev zlib1g-dev libgraphviz-dev libpango1.0-dev
    libtorch-dev libopenblas0-openmp libzip-dev libpcre2-dev libutf8proc-dev libxxhash-dev
    libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev"
  [test]="libgtest-dev libgmock-dev libbenchmark-dev binutils git"
  [format]="clang-format"
  [fuzz]="clang libclang-rt-14-dev"
)

list_only=no
[ "${1:-}" != --list ] || { list_only=yes; shift; }
wanted=()
for group in "$@"; do
  [ -n "${packages[$group]:-}" ] || { echo "no group '$group'; there are: ${!packages[*]}" >&2; exit 2; }
  read -r -d '' -a names <<<"${packages[$group]}" || true
  wanted+=("${names[@]}")
done

if [ $list_only = yes ]; then
  printf '%s\n' "${wanted[@]}"
  exit 0
fi
command -v dpkg-query >/dev/null || {
  echo "this is not Debian: see to it that the programs and libraries of these packages are there: ${wanted[*]}" >&2
  exit 0
}

missing=()
for name in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "these packages are missing, and there is no sudo to install them with: ${missing[*]}" >&2
    echo "as root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "installing: ${missing[*]}"
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The lists may be old or empty, as on a fresh machine: then the first try fails.
if ! install >"$log" 2>&1 && ! { "${as_root[@]}" apt-get update -qq && install; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
