#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The rules of the house, one function each: house.sh ROOT RULE [ARGUMENT…]. Prints what breaks the rule.
set -euo pipefail
cd "$1"

# The folders whose code is in the program.
libraries='base graph imaging tensors models schedulers methods nodes modules observers program cli'

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
  mapfile -t files < <(all_files | grep -E "^(${libraries// /|})/.*\.(h|cpp|cu)\$")
  search "a call that starts a program, opens a connection or reads a pickle" \
    '\b(system|popen|fork|vfork|exec[lv]p?e?|posix_spawnp?|socket|connect|getaddrinfo|curl_[a-z_]+|jit::load|torch::load|pickle_load|torch::pickle[a-z_]*)[[:space:]]*\(' \
    "${files[@]}"
  search "a library that is loaded elsewhere than in graph/loading/library.cpp" '\bdlm?open[[:space:]]*\(' \
    $(printf '%s\n' "${files[@]}" | grep -v '^graph/loading/library[.]cpp$')
}

# Arrows point one way, between folders and between the rooms of one: FOLDER, and which it may include from.
arrows() {
  local bad=0 folder allowed known=' '
  while read -r folder allowed; do
    known+="$folder "
    if all_files | grep -E "^$folder/[^/]*\.(h|cpp)\$" | xargs -r grep -nE '^#include "' | grep -vE "#include \"($allowed)/[^/]*\""; then
      echo "^ $folder/ may include from: ${allowed//|/, }"
      bad=1
    fi
  done <<'EOF'
base base
graph base|graph
graph/loading base|graph|graph/loading
graph/checking base|graph|graph/loading|graph/checking
graph/planning base|graph|graph/loading|graph/checking|graph/planning
graph/running base|graph|graph/planning|graph/running
graph/elements base|graph
graph/testing base|graph|graph/loading|graph/planning|graph/running|graph/testing
imaging base|imaging|imaging/files|imaging/regions|imaging/paper
imaging/texts base|imaging/texts
imaging/files base|imaging|imaging/texts|imaging/files
imaging/paper base|imaging|imaging/paper
imaging/regions base|imaging|imaging/regions
tensors base|tensors
models base|tensors|models|models/files|models/text|models/networks
models/networks base|tensors|models|models/networks
models/text base|tensors|models|models/networks|models/text
models/files base|tensors|models|models/networks|models/text|models/files
schedulers base|tensors|schedulers
methods/learning base|tensors|methods/learning
methods/matching base|tensors|imaging|imaging/[a-z]*|methods/matching
methods/tiling base|tensors|imaging|imaging/[a-z]*|methods/tiling
methods/layering base|tensors|imaging|imaging/[a-z]*|methods/layering
nodes base|graph|imaging|imaging/[a-z]*|tensors|models|models/[a-z]*|schedulers|methods/[a-z]*|nodes
nodes/choice base|graph|imaging|imaging/[a-z]*|tensors|models|models/[a-z]*|schedulers|methods/[a-z]*|nodes|nodes/choice
nodes/collage base|graph|imaging|imaging/[a-z]*|tensors|models|models/[a-z]*|schedulers|methods/[a-z]*|nodes|nodes/collage
nodes/files base|graph|imaging|imaging/[a-z]*|tensors|models|models/[a-z]*|schedulers|methods/[a-z]*|nodes|nodes/files
nodes/image base|graph|imaging|imaging/[a-z]*|tensors|models|models/[a-z]*|schedulers|methods/[a-z]*|nodes|nodes/image
nodes/learning base|graph|imaging|imaging/[a-z]*|tensors|models|models/[a-z]*|schedulers|methods/[a-z]*|nodes|nodes/learning
nodes/layers base|graph|imaging|imaging/[a-z]*|tensors|models|models/[a-z]*|schedulers|methods/[a-z]*|nodes|nodes/layers
nodes/model base|graph|imaging|imaging/[a-z]*|tensors|models|models/[a-z]*|schedulers|methods/[a-z]*|nodes|nodes/model
nodes/regions base|graph|imaging|imaging/[a-z]*|tensors|models|models/[a-z]*|schedulers|methods/[a-z]*|nodes|nodes/regions
nodes/sampling base|graph|imaging|imaging/[a-z]*|tensors|models|models/[a-z]*|schedulers|methods/[a-z]*|nodes|nodes/sampling
nodes/testing base|graph|imaging|imaging/[a-z]*|tensors|models|models/[a-z]*|schedulers|methods/[a-z]*|nodes|nodes/testing
observers base|graph|observers
observers/record base|graph|graph/planning|observers|observers/record
program base|graph|imaging/texts|nodes/collage|observers|observers/record|program
modules/pictures base|graph|imaging|imaging/[a-z]*|nodes|observers|program|modules/pictures
modules/models base|graph|tensors|models|methods/[a-z]*|nodes|nodes/[a-z]*|observers|program|modules/models
modules/describe graph
cli base|graph|imaging/texts|observers|observers/record|program|cli
EOF
  while IFS= read -r folder; do
    [[ $known == *" $folder "* ]] || { echo "$folder/ has sources, and no line in the table of arrows"; bad=1; }
  done < <(all_files | grep -E "^(${libraries// /|})/.*\.(h|cpp)\$" | xargs -r dirname | sort -u)
  return $bad
}

# The files of a room are compiled together, and those of some small rooms, too (CMakeLists.txt, joint_rooms), so names in
# their anonymous namespaces differ.
private_names() {
  local file room pattern joint
  mapfile -t joint < <(sed -n '/^set(joint_rooms$/,/^)$/s/^  "\([^"]*\)".*/\1/p' CMakeLists.txt)
  [ ${#joint[@]} -gt 0 ] || { echo "no list of joint_rooms in CMakeLists.txt"; exit 1; }
  while IFS= read -r file; do
    room=$(dirname "$file")
    for pattern in "${joint[@]}"; do if [[ $room =~ $pattern ]]; then room=$pattern; fi; done
    awk -v file="$file" -v room="$room" '
      /^namespace \{/ {private = 1; next}
      /^\}  \/\/ namespace$/ {private = 0; next}
      text {text = !index($0, ending); next}
      match($0, /R"[a-z]*\(/) {ending = ")" substr($0, RSTART + 2, RLENGTH - 3) "\""; text = !index(substr($0, RSTART + RLENGTH), ending)}
      !private || !/^[A-Za-z_\[]/ || /^(using (namespace )?[A-Za-z_:]*;|namespace |template |public:|private:|static_assert)/ {next}
      {
        line = $0
        sub(/^\[\[[a-z_]+\]\] /, "", line)
        if (match(line, /^using [A-Za-z_0-9]+ = /)) {print room, line, "alias", file; next}
        if (match(line, /^(class|struct|enum class|enum) [A-Za-z_0-9]+/)) {split(substr(line, 1, RLENGTH), word, " "); name = word[length(word)]}
        else {
          if (match(line, /[({=;\[]/)) line = substr(line, 1, RSTART - 1)
          sub(/ +$/, "", line)
          if (!match(line, /[A-Za-z_0-9]+$/) || !index(line, " ")) next
          name = substr(line, RSTART)
          if (substr(line, RSTART - 1, 1) == ":") next # a member, defined
        }
        print room, name, file
      }' "$file"
  done < <(all_files | grep -E "^(${libraries// /|}|tests)/.*\.cpp$" | grep -vE '/(samples|preload|fuzz|tsan)/') |
    grep -v ' alias ' | sort -u | awk '$1 == room && $2 == name {print name ": in " last " and in " $3; bad = 1}
      {room = $1; name = $2; last = $3} END {exit bad}' || { echo "^ names in anonymous namespaces of one folder must differ"; return 1; }
}

# What a library or program asks the dynamic loader for: the language's own libraries, those of a sanitizer, and MORE, a
# pattern. What costs time to load (libtorch 0.4 s, OpenCV's codecs 0.07 s) must not come in unseen.
asks_for() {
  local allowed="lib($2|stdc\+\+|m|gcc_s|c|dl|pthread|asan|ubsan|tsan)[0-9]*\.so|ld-linux"
  local needed
  needed=$(LC_ALL=C readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
  [ -n "$needed" ] || { echo "$1 needs no library at all?"; exit 1; }
  if grep -vE "^($allowed)" <<<"$needed"; then
    echo "^ $1 may ask for $2 only"
    exit 1
  fi
}
# The engine.
links() { asks_for "$1" 'tbb|tbbmalloc|yaml-cpp|spdlog|fmt|utf8proc'; }
# The command, which loads what computes when something computes.
command_links() { asks_for "$1" 'decoupage_graph|tbb|tbbmalloc|yaml-cpp|spdlog|fmt|utf8proc|z|gvc|cgraph'; }
# The module of the picture nodes.
module_links() {
  local pictures='opencv_core|opencv_imgproc|opencv_imgcodecs|png|jpeg|z'
  local letters='pangocairo-1[.]0|pango-1[.]0|gobject-2[.]0|glib-2[.]0|harfbuzz|cairo|fontconfig|freetype'
  asks_for "$1" "decoupage_graph|$pictures|$letters|gomp|utf8proc"
}

# The clock of the day may be set at any moment: it is for stamps alone, and read in one place.
clock() {
  mapfile -t files < <(all_files | grep -E "^(${libraries// /|})/.*\.(h|cpp|cu)\$" |
    grep -vxF observers/record/run_record.cpp)
  search "durations come from a clock that only counts: graph::Clock, std::chrono::steady_clock" \
    'system_clock|high_resolution_clock|\btime\((nullptr|NULL|0|&)|gettimeofday|CLOCK_REALTIME' "${files[@]}"
}

# docs/nodes.md is what the contracts say.
nodes_page() {
  "$1" inspect --markdown | diff -u docs/nodes.md - || { echo "docs/nodes.md is stale: make docs"; exit 1; }
}

# docs/limits.md is what the table in base/limits.h says.
limits_page() {
  "$1" limits --markdown | diff -u docs/limits.md - || { echo "docs/limits.md is stale: make docs"; exit 1; }
}

# docs/writing-a-node.md has a row for each thing that a contract can say.
contract_page() {
  diff -u <(sed -nE 's/^  Contract&& ([a-z_]+)\(.*\) &&( \{|;)$/\1/p' graph/contract.h | grep -v '^add_' | sort -u) \
    <(sed -nE 's/^\| `\.([a-z_]+)(<T>)?\(.*/\1/p' docs/writing-a-node.md | sort -u) ||
    { echo "docs/writing-a-node.md does not list what graph::Contract has"; exit 1; }
}

# Lines end where a page of 120 columns does. Tables, code, pictures and generated pages cannot be broken.
line_length() {
  local file bad=0
  while IFS= read -r file; do
    if awk '/^ *```/ {code = !code} {print code || /^ *(\||!\[|[{]")/ ? "" : $0}' "$file" | LC_ALL=C.UTF-8 grep -nE '^.{121}'; then
      echo "^ $file: a line of more than 120 columns"
      bad=1
    fi
  done < <(all_files | grep -E '\.(md|h|cpp|cu)$' |
    grep -vE '^(tests/data|assets)/|^docs/nodes\.md$')
  return $bad
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
