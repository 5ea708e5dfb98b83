#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs ours and the others in turn and prints the table of ratios.

  compare.py --model DIR [--size 512] [--steps 2] [--seeds 2] [--threads 2] [--rounds 1]
             [--diffusers] [--sdcpp PATH_OF/sd-cli --sdcpp-model FILE] [--collagenet CHECKOUT]

In each round everybody has a turn, so that a machine that slows down slows all; a figure is the median of its
rounds."""
import argparse
import json
import os
import statistics
import subprocess
import sys

import work as w

HERE = os.path.dirname(os.path.abspath(__file__))

words = w.parser(__doc__)
words.formatter_class = argparse.RawDescriptionHelpFormatter
words.add_argument("--rounds", type=int, default=1)
words.add_argument("--program", default=os.path.join(HERE, "../../build/decoupage"), help="ours")
words.add_argument("--diffusers", action="store_true")
words.add_argument("--sdcpp", metavar="SD_CLI")
words.add_argument("--sdcpp-model", metavar="FILE", help="the same weights in one file, for sd-cli")
words.add_argument("--collagenet", metavar="CHECKOUT")
work = words.parse_args()

same = [f"--{name}={getattr(work, name)}" for name in ("model", "size", "steps", "seeds", "threads")]
ours = [f"--program={work.program}"]
turns = {"ours": ["ours.py", *ours], "ours, 1 lane": ["ours.py", *ours, "--lanes=1"]}
rivals = {}  # whose figure is divided by whose
if work.diffusers:
    turns["diffusers"] = ["diffusers_peer.py"]
if work.sdcpp:
    theirs = ["sdcpp.py", f"--program={work.sdcpp}", f"--model={work.sdcpp_model or work.model}"]
    turns["sd.cpp"] = theirs
    turns["sd.cpp, flash attention"] = [*theirs, "--more=--diffusion-fa"]
if work.collagenet:
    turns["collagenet, ours"] = ["collagenet.py", f"--checkout={work.collagenet}", *ours, "--ours"]
    turns["collagenet, the original"] = ["collagenet.py", f"--checkout={work.collagenet}"]
    rivals["collagenet, the original"] = "collagenet, ours"

lines = {turn: [] for turn in turns}
for _ in range(work.rounds):
    for turn, (script, *more) in turns.items():
        command = [sys.executable, os.path.join(HERE, script), *same, *more]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            print(f"{turn}: left out", file=sys.stderr)
            continue
        print(done.stdout, end="", file=sys.stderr, flush=True)
        lines[turn].append(json.loads(done.stdout))


def median(turn, figure):
    values = [line[figure] for line in lines[turn] if figure in line]
    return statistics.median(values) if values else None


def cell(value, form="{:.1f}"):
    return "" if value is None else form.format(value)


print(f"{work.seeds} pictures of {work.size}², {work.steps} steps, {work.threads} threads, median of {work.rounds}\n")
print("| who | whole process, s | without loading, s | of ours | peak memory, GiB |\n|---|---|---|---|---|")
for turn in turns:
    if not lines[turn]:
        continue
    figure = "work_s" if median(turn, "work_s") is not None else "total_s"
    base = median(rivals.get(turn, "ours"), figure)
    ratio = median(turn, figure) / base if base else None
    print(f"| {turn} ({lines[turn][0]['who']}) | {cell(median(turn, 'total_s'))} | {cell(median(turn, 'work_s'))} "
          f"| {cell(ratio, '{:.2f} ×')} | {cell(median(turn, 'peak_gib'))} |")
