#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The rules of the house, one function each: house.sh ROOT RULE [ARGUMENT…]. Prints what breaks the rule.
set -euo pipefail
cd "$1"

# Every file of the project, by git where there is one: an unpacked archive has no ignored files beside the build folders.
all_files() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard
  else
    find . -path ./outputs -prune -o -path './build*' -prune -o -type f -print | sed 's|^\./||'
  fi | while IFS= read -r file; do if [ -f "$file" ]; then printf '%s\n' "$file"; fi; done
}

# search WHAT PATTERN FILE…: fails when a line matches.
search() {
  local what=$1 pattern=$2
  shift 2
  [ $# -gt 0 ] || { echo "no files to look into"; exit 1; }
  if grep -nIHE -- "$pattern" "$@"; then
    echo "^ $what"
    exit 1
  fi
}

# Nothing in the tree may depend on one machine or one network.
places() {
  mapfile -t files < <(all_files)
  search "a path of one machine, or the host of a registry" \
    '(^|[^[:alnum:]_.$}])/(work|farm|home|root|Users)/[[:alnum:]]|[.]librar[y]/|deb[.]debian|registry[.]npmjs|pypi[.]org|python[h]osted|crates[.]io|proxy[.]golang' \
    "${files[@]}"
}

# The licence is in the first line (or the second, after #!) of every source.
licence() {
  local bad=0
  while IFS= read -r file; do
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || { echo "$file: no SPDX line at its head"; bad=1; }
  done < <(all_files | grep -E '\.(cpp|h|cu|cmake|sh|py|supp|yaml)$|(^|/)(CMakeLists\.txt|Makefile|run)$' | grep -vE '^(tests/.*/data|assets)/')
  return $bad
}

# The engine knows nothing of what it is used for.
words() {
  mapfile -t files < <(all_files | grep -E '^graph/')
  search "a word of the models or of picture libraries in the engine" \
    '[Tt]orch|[Oo]pen[Cc][Vv]|\bcv::|[Ll]atent|[Ss]igma|\b[Pp]rompt\b|[Ss]cheduler' "${files[@]}"
}

# The program starts no other one, opens no connection and reads no pickle; code is loaded in one place, when it is named.
calls() {
  mapfile -t files < <(all_files | grep -E '^(faults|reach|graph|imaging|tensors|models|schedulers|matching|nodes|readers|cli)/.*\.(h|cpp|cu)$')
  search "a call that starts a program, opens a connection or reads a pickle" \
    '\b(system|popen|fork|vfork|exec[lv]p?e?|posix_spawnp?|socket|connect|getaddrinfo|curl_[a-z_]+|jit::load|torch::load|pickle_load|torch::pickle[a-z_]*)[[:space:]]*\(' \
    "${files[@]}"
  search "a library that is loaded elsewhere than in graph/registry.cpp" '\bdlm?open[[:space:]]*\(' \
    $(printf '%s\n' "${files[@]}" | grep -v '^graph/registry[.]cpp$')
}

# Arrows point one way: which folders a folder may include from.
arrows() {
  local bad=0 folder allowed
  while read -r folder allowed; do
    if all_files | grep -E "^$folder/.*\.(h|cpp)\$" | xargs -r grep -nE '^#include "' | grep -vE "#include \"($allowed)/"; then
      echo "^ $folder/ may include from: ${allowed//|/, }"
      bad=1
    fi
  done <<'EOF'
faults faults
reach faults|reach
graph faults|reach|graph
imaging reach|imaging
tensors faults|reach|tensors
models reach|tensors|models
schedulers reach|tensors|schedulers
matching reach|tensors|imaging|matching
nodes faults|reach|graph|imaging|tensors|models|schedulers|matching|nodes
readers faults|reach|graph|readers
cli faults|reach|graph|imaging|tensors|models|schedulers|matching|nodes|readers|cli
EOF
  return $bad
}

# What the engine's library asks the dynamic loader for: oneTBB, yaml-cpp, spdlog (and fmt under it), the language's own
# libraries, those of a sanitizer.
links() {
  local allowed='lib(tbb|tbbmalloc|yaml-cpp|spdlog|fmt|stdc\+\+|m|gcc_s|c|dl|pthread|asan|ubsan|tsan)\.so|ld-linux'
  local needed
  needed=$(LC_ALL=C readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
  [ -n "$needed" ] || { echo "$1 needs no library at all?"; exit 1; }
  if grep -vE "^($allowed)" <<<"$needed"; then
    echo "^ the engine may link oneTBB, yaml-cpp and spdlog only"
    exit 1
  fi
}

# The clock of the day may be set at any moment: it is for stamps alone, and read in one place.
clock() {
  mapfile -t files < <(all_files | grep -E '^(faults|reach|graph|imaging|tensors|models|schedulers|matching|nodes|readers|cli)/.*\.(h|cpp|cu)$' |
    grep -vxF readers/run_record.cpp)
  search "durations come from a clock that only counts: graph::Clock, std::chrono::steady_clock" \
    'system_clock|high_resolution_clock|\btime\((nullptr|NULL|0|&)|gettimeofday|CLOCK_REALTIME' "${files[@]}"
}

# docs/nodes.md is what the contracts say.
nodes_page() {
  "$1" inspect --markdown | diff -u docs/nodes.md - || { echo "docs/nodes.md is stale: make docs"; exit 1; }
}

# docs/limits.md is what the table in reach/limits.h says.
limits_page() {
  "$1" limits --markdown | diff -u docs/limits.md - || { echo "docs/limits.md is stale: make docs"; exit 1; }
}

# Relative links in the pages lead somewhere.
page_links() {
  local bad=0 page link target
  while IFS= read -r page; do
    while IFS= read -r link; do
      target=${link%%#*}
      [ -z "$target" ] || [ -e "$(dirname "$page")/$target" ] || { echo "$page: nothing at '$link'"; bad=1; }
    done < <(grep -oE '\]\([^)]+\)' "$page" | sed -E 's/^\]\(//; s/\)$//' | grep -vE '^[a-z]+:' || true)
  done < <(all_files | grep -E '\.md$')
  return $bad
}

# Code in the pages that is said to be from a file stands there: <!-- from FILE -->, then the block.
page_code() {
  local bad=0 page file block count=0
  while IFS= read -r page; do
    while IFS= read -r file; do
      count=$((count + 1))
      while IFS= read -r -d $'\f' block; do
        [[ "$(<"$file")" == *"${block%$'\n'}"* ]] || { printf '%s: not in %s:\n%s\n' "$page" "$file" "$block"; bad=1; }
      done < <(awk -v mark="<!-- from $file -->" \
        '$0 == mark {on = 1; next} on == 1 && /^```/ {on = 2; next} on == 2 && /^```/ {printf "\f"; on = 0} on == 2' "$page")
    done < <(sed -nE 's/^<!-- from (.*) -->$/\1/p' "$page" | sort -u)
  done < <(all_files | grep -E '\.md$')
  [ $count -gt 0 ] || { echo "no page has code from a file"; bad=1; }
  return $bad
}

# The graph in the README is one.
readme_graph() {
  local file
  file=$(mktemp --suffix .yaml)
  trap 'rm -f "$file"' RETURN
  awk '/^```yaml$/ {on = 1; next} /^```$/ {on = 0} on' README.md >"$file"
  grep -q '^graph: ' "$file" || { echo "README.md has no graph"; return 1; }
  "$1" check "$file"
}

shift
"$@"
