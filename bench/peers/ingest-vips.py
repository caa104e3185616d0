"""Reading photographs with pyvips in several processes: the second peer of ingest.ts."""

import argparse
import hashlib
import multiprocessing
import os
import time

# As in ours: one thread for each process.
os.environ["VIPS_CONCURRENCY"] = "1"

import numpy as np
import pyvips

from rounds import serve_rounds

THUMBNAIL = 256


def read(job):
    path, side = job
    try:
        with open(path, "rb") as file:
            content = file.read()
        digest = hashlib.sha256(content).hexdigest()
        header = pyvips.Image.new_from_buffer(content, "", access="sequential")
        scale = min(1, max(THUMBNAIL / max(header.width, header.height), side / min(header.width, header.height)))
        size = max(1, round(header.width * scale)), max(1, round(header.height * scale))
        small = pyvips.Image.thumbnail_buffer(content, size[0], height=size[1], size="force", export_profile="srgb").copy_memory()
        square = bytes(small.thumbnail_image(side, height=side, crop="centre").write_to_memory())
        factor = THUMBNAIL / max(small.width, small.height)
        thumbnail = small if factor >= 1 else small.resize(factor)
        encoded = thumbnail.webpsave_buffer(Q=80, effort=2, strip=True)
        grey = small.colourspace("b-w").shrink(small.width / 9, small.height / 8).numpy()[:8, :9].astype(np.int16)
        dhash = np.packbits((grey[:, :-1] > grey[:, 1:]).ravel()).tobytes().hex()
        return digest, square, encoded, dhash
    except pyvips.Error:
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    for name in ("side", "processes"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    pyvips.cache_set_max(0)
    jobs = [(os.path.join(given.folder, name), given.side) for name in sorted(os.listdir(given.folder))]
    with multiprocessing.Pool(given.processes) as pool:

        def work(_):
            started_at = time.perf_counter()
            failed = sum(result is None for result in pool.imap(read, jobs, chunksize=8))
            return {"imagesPerSecond": len(jobs) / (time.perf_counter() - started_at), "failed": failed}

        serve_rounds(work)


if __name__ == "__main__":
    main()
