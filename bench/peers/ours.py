#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times decoupage's txt2img: ours.py --model DIR [--program build/decoupage] [--lanes N]"""
import json
import os
import tempfile

import work as w

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

words = w.parser(__doc__)
words.add_argument("--program", default=os.path.join(ROOT, "build/decoupage"))
words.add_argument("--lanes", default="auto", help="items in flight")
work = w.read(words)

with tempfile.TemporaryDirectory() as folder:
    out, figures = w.run(
        [work.program, "run", os.path.join(ROOT, "configs/txt2img.yaml"), "--model", work.model,
         "--prompt", w.PROMPT, "--negative-prompt", w.NEGATIVE, "--guidance-scale", str(w.GUIDANCE),
         "--scheduler", "euler", "--steps", str(work.steps), "--width", str(work.size), "--height", str(work.size),
         "--seed", f"0..{work.seeds - 1}", "--lanes", work.lanes, "--json", "--output-dir", folder],
        work)
events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
# Models are loaded when nodes open, before the first item starts.
first = min(event["t"] for event in events if event["event"] == "item_started")
figures["work_s"] = events[-1]["t"] - first
figures["lanes"] = events[-1]["lanes"]
version, _ = w.run([work.program, "--version"], work)
w.report(version.splitlines()[0], work, figures)
