# SPDX-License-Identifier: MIT
"""What all scripts of this folder have in common: the work, the same cores for everybody, and the line of figures."""
import argparse
import json
import os
import resource
import subprocess
import sys
import time

# As long as a line of a prompt should be, so that nobody's tokenizer has less to do.
PROMPT = "a lighthouse on a cliff at dusk, watercolour on rough paper"
NEGATIVE = "blurry, low quality"
GUIDANCE = 6.5


def parser(about):
    words = argparse.ArgumentParser(description=about)
    words.add_argument("--model", required=True, help="folder of an SDXL in diffusers' layout")
    words.add_argument("--size", type=int, default=512, help="width and height of a picture, px")
    words.add_argument("--steps", type=int, default=2)
    words.add_argument("--seeds", type=int, default=2, help="pictures, of the seeds 0, 1, …")
    words.add_argument("--threads", type=int, default=os.cpu_count(), help="cores that may be used")
    return words


def read(words):
    """Parses the command line, and leaves this process and its children the cores that were asked for."""
    work = words.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if work.threads > len(cores):
        sys.exit(f"--threads {work.threads}: only {len(cores)} cores are there")
    os.sched_setaffinity(0, set(cores[: work.threads]))
    os.environ["OMP_NUM_THREADS"] = str(work.threads)
    work.model = os.path.abspath(work.model)
    return work


def run(command, work, begins=None, **how):
    """Runs a program to its end. Returns its output and what it took: wall seconds, those from the first line that
    holds `begins` on, and the peak of its memory."""
    begin = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                             env={**os.environ, "PYTHONUNBUFFERED": "1"}, **how)
    lines, loaded = [], None
    for line in child.stdout:
        lines.append(line)
        if loaded is None and begins is not None and begins in line:
            loaded = time.monotonic()
    child.wait()
    end = time.monotonic()
    text = "".join(lines)
    if child.returncode != 0:
        sys.exit(f"{text[-4000:]}\n{' '.join(command)}: ended with {child.returncode}")
    figures = {"total_s": end - begin, "peak_gib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20}
    if loaded is not None:
        figures["work_s"] = end - loaded
    return text, figures


def report(who, work, figures):
    """Prints the one line. total_s: from the start of the process to its end; work_s: without loading the model."""
    line = {"who": who, "size": work.size, "steps": work.steps, "seeds": work.seeds, "threads": work.threads}
    line |= {name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}
    print(json.dumps(line), flush=True)
