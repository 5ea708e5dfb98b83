#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times diffusers' StableDiffusionXLPipeline: diffusers_peer.py --model DIR [--batch N]

Needs Python's torch, diffusers and transformers. On a CPU in float32, as ours."""
import resource
import time

import work as w

words = w.parser(__doc__)
words.add_argument("--batch", type=int, default=1, help="pictures in one call of the pipeline")
work = w.read(words)

begin = time.monotonic()
import diffusers  # noqa: E402: after the cores are chosen, which torch counts when it starts
import torch  # noqa: E402

torch.set_num_threads(work.threads)
device = "cuda" if torch.cuda.is_available() else "cpu"
pipe = diffusers.StableDiffusionXLPipeline.from_pretrained(
    work.model, torch_dtype=torch.float16 if device == "cuda" else torch.float32).to(device)
pipe.scheduler = diffusers.EulerDiscreteScheduler.from_config(pipe.scheduler.config)
pipe.set_progress_bar_config(disable=True)

loaded = time.monotonic()
for first in range(0, work.seeds, work.batch):
    seeds = range(first, min(first + work.batch, work.seeds))
    pipe(w.PROMPT, negative_prompt=w.NEGATIVE, guidance_scale=w.GUIDANCE, num_inference_steps=work.steps,
         width=work.size, height=work.size, num_images_per_prompt=len(seeds),
         generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds])
end = time.monotonic()
w.report(f"diffusers {diffusers.__version__}, torch {torch.__version__}, {device}", work,
         {"total_s": end - begin, "work_s": end - loaded,
          "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20})
