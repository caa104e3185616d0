"""The inside of one side of a benchmark: for each line that comes in one round, answered by one line of JSON."""

import json
import os
import re
import sys
import time
from pathlib import Path


def peak_megabytes():
    """The most memory that this process held so far, with all its libraries; of a system without /proc, none."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else None


def serve_rounds(work):
    # What libraries print goes elsewhere, also where they do so past Python.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(work(json.loads(line))), file=answers, flush=True)


def serve_training(step, images, given):
    """Rounds of `given.steps` training steps after `given.warmup` unmeasured ones, each of so many images; a step gives its loss."""

    def work(_):
        for _ in range(given.warmup):
            step()
        started_at = time.perf_counter()
        for _ in range(given.steps):
            loss = step()
        seconds = time.perf_counter() - started_at
        return {"imagesPerSecond": images * given.steps / seconds, "loss": loss}

    serve_rounds(work)
