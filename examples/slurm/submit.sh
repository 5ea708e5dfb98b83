#!/bin/bash
# SPDX-License-Identifier: MIT
# A run in shards, and the merge behind it: submit.sh SHARDS GRAPH OUTPUT_DIR [--PARAM VALUE …]
# Prints the numbers of both jobs. Called again with the same words, it does what is missing.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '3,4s/^# //p' "$0" >&2; exit 2; }
shards=$1 graph=$2 output=$3
shift 3
here=$(dirname "$(realpath "$0")")

# A wrong graph is found now and not in the queue.
"${DECOUPAGE:-decoupage}" check "$graph" >&2

render=$(sbatch --parsable --array="1-$shards" "$here/render.sbatch" "$graph" "$output" "$@")
# afterany: also behind shards with failed items, since the merge is what names them.
merge=$(sbatch --parsable --dependency="afterany:$render" "$here/merge.sbatch" "$output")
echo "$render $merge"
