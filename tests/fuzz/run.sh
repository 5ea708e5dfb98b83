#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs one fuzzer of build-fuzz: run.sh NAME SECONDS [FLAG…], flags for libFuzzer. It begins with what it found before
# (build-fuzz/corpus/NAME) and with tests/fuzz/corpus/NAME. What makes it fail lies in build-fuzz/findings;
# `build-fuzz/fuzz_NAME FILE` shows it again. An input that takes 10 s, or 1 GiB of memory, is a finding, too.
set -euo pipefail
cd "$(dirname "$0")/../.."
name=$1 seconds=$2
shift 2
mkdir -p "build-fuzz/corpus/$name" build-fuzz/findings
log=build-fuzz/findings/$name.log
if ! "build-fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 -print_funcs=0 \
  -print_final_stats=1 -artifact_prefix="build-fuzz/findings/$name-" "$@" \
  "build-fuzz/corpus/$name" "tests/fuzz/corpus/$name" 2>"$log"; then
  tail -n 60 "$log"
  echo "^ fuzz_$name found something: $log"
  exit 1
fi
covered=$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1)
echo "$name: $covered, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs"
