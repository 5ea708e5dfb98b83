#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times stable-diffusion.cpp: sdcpp.py --model FILE --program PATH_OF/sd-cli [--more "--diffusion-fa"]

--model is the same weights in one file of the original layout, as diffusers'
scripts/convert_diffusers_to_original_sdxl.py writes it. It knows SDXL's full size alone, so small models that the others
take are none for it."""
import os
import re
import shlex
import sys
import tempfile

import work as w

words = w.parser(__doc__)
words.add_argument("--program", required=True, help="sd-cli (sd in older versions)")
words.add_argument("--more", default="", help="more words for it")
work = w.read(words)

with tempfile.TemporaryDirectory() as folder:
    out, figures = w.run(
        [work.program, "-m", work.model, "-p", w.PROMPT, "-n", w.NEGATIVE, "--cfg-scale", str(w.GUIDANCE),
         "--sampling-method", "euler", "--steps", str(work.steps), "-W", str(work.size), "-H", str(work.size),
         "-s", "0", "-b", str(work.seeds), "-t", str(work.threads), "-o", os.path.join(folder, "%d.png"),
         *shlex.split(work.more)],
        work)
done = re.findall(r"generate_image completed in ([0-9.]+) ?s", out)
if not done:
    sys.exit(f"{out[-2000:]}\nsd-cli has not said how long it took: has the wording of its log changed?")
figures["work_s"] = float(done[-1])
w.report(f"stable-diffusion.cpp {work.more}".strip(), work, figures)
