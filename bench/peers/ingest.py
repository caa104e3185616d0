"""Reading photographs with Pillow in several processes: the peer of ingest.ts."""

import argparse
import hashlib
import io
import multiprocessing
import os
import time

import numpy as np
from PIL import Image, ImageOps

from rounds import serve_rounds

THUMBNAIL = 256


def read(job):
    path, side, draft = job
    try:
        with open(path, "rb") as file:
            content = file.read()
        digest = hashlib.sha256(content).hexdigest()
        image = Image.open(io.BytesIO(content))
        if draft:
            scale = max(THUMBNAIL / max(image.size), side / min(image.size))
            image.draft("RGB", (int(image.width * scale), int(image.height * scale)))
        image = ImageOps.exif_transpose(image).convert("RGB")
        scale = min(1, max(THUMBNAIL / max(image.size), side / min(image.size)))
        small = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.LANCZOS)
        square = ImageOps.fit(small, (side, side), Image.Resampling.LANCZOS).tobytes()
        thumbnail = small.copy()
        thumbnail.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
        encoded = io.BytesIO()
        thumbnail.save(encoded, "WEBP", quality=80, method=2)
        grey = np.asarray(small.convert("L").resize((9, 8), Image.Resampling.BOX), dtype=np.int16)
        bits = (grey[:, :-1] > grey[:, 1:]).ravel()
        dhash = np.packbits(bits).tobytes().hex()
        return digest, square, encoded.getvalue(), dhash
    except OSError:
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    for name in ("side", "processes", "draft"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    jobs = [(os.path.join(given.folder, name), given.side, given.draft == 1) for name in sorted(os.listdir(given.folder))]
    with multiprocessing.Pool(given.processes) as pool:

        def work(_):
            started_at = time.perf_counter()
            failed = sum(result is None for result in pool.imap(read, jobs, chunksize=8))
            return {"imagesPerSecond": len(jobs) / (time.perf_counter() - started_at), "failed": failed}

        serve_rounds(work)


if __name__ == "__main__":
    main()
