#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times the original CollageNet: collagenet.py --model DIR --checkout DIR; with --ours, our graph of the same settings.

--checkout: a clone of its repository, whose requirements are installed. Both encode the pictures of --sources (the latents
that it brings along have none, and its collage is cut of them), and project on the last 30 % of the steps."""
import json
import os
import re
import sys
import tempfile

import work as w

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

words = w.parser(__doc__)
words.add_argument("--checkout", required=True, help="where CollageNet is")
words.add_argument("--sources", default=os.path.join(ROOT, "assets/papers"), help="folder of pictures to match against")
words.add_argument("--ours", action="store_true", help="run configs/collagenet.yaml in its place")
words.add_argument("--program", default=os.path.join(ROOT, "build/decoupage"))
words.add_argument("--lanes", default="auto", help="of ours: items in flight")
work = w.read(words)

with tempfile.TemporaryDirectory() as folder:
    # Its model can be named in a settings file alone; ours reads the same file.
    settings = os.path.join(folder, "settings.yaml")
    with open(os.path.join(work.checkout, "configs/default.yaml")) as file:
        text = file.read()
    text = text.replace("stabilityai/stable-diffusion-xl-base-1.0", work.model)
    text = text.replace("madebyollin/sdxl-vae-fp16-fix", os.path.join(work.model, "vae"))
    text = re.sub(r"source_latents: .*", "source_latents: null", text)
    with open(settings, "w") as file:
        file.write(text)
    same = ["--config", settings, "--source-images", os.path.abspath(work.sources),
            "--prompt", w.PROMPT, "--negative-prompt", w.NEGATIVE, "--guidance-scale", str(w.GUIDANCE),
            "--num-inference-steps", str(work.steps), "--width", str(work.size), "--height", str(work.size),
            "--seed", "0", "--num-seeds", str(work.seeds), "--output-dir", os.path.join(folder, "out")]
    if work.ours:
        out, figures = w.run([work.program, "run", os.path.join(ROOT, "configs/collagenet.yaml"), *same,
                              "--lanes", work.lanes, "--json"], work)
        events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        figures["work_s"] = events[-1]["t"] - min(e["t"] for e in events if e["event"] == "item_started")
        w.report("decoupage, collagenet.yaml", work, figures)
    else:
        _, figures = w.run([sys.executable, "render.py", *same], work, begins="rendering seed=", cwd=work.checkout)
        w.report("CollageNet", work, figures)
