"""Two-dimensional layouts by umap-learn, and the trustworthiness of any layout: the peer of layout.ts."""

import argparse
import resource
import time
import warnings

import numpy as np
import umap
from sklearn.manifold import trustworthiness

from rounds import serve_rounds

SAMPLE = 5000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--file", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeded", action="store_true")
    for name in ("dimension", "k"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    vectors = np.fromfile(given.file, dtype=np.float32).reshape(-1, given.dimension)

    def layout(rows):
        seed = {"random_state": 1} if given.seeded else {"n_jobs": 2}
        return umap.UMAP(n_neighbors=given.k, metric="cosine", min_dist=0.1, **seed).fit_transform(rows)

    # Large enough for the approximate search, so that all of it is compiled.
    layout(vectors[:5000])

    def work(request):
        if "judge" in request:
            positions = np.fromfile(request["judge"], dtype=np.float32).reshape(-1, 2)
            chosen = np.random.default_rng(0).choice(len(vectors), min(SAMPLE, len(vectors)), replace=False)
            value = trustworthiness(vectors[chosen], positions[chosen], n_neighbors=15, metric="cosine")
            return {"trustworthiness": float(value)}
        started_at = time.perf_counter()
        positions = layout(vectors)
        seconds = time.perf_counter() - started_at
        positions.astype(np.float32).tofile(given.out)
        return {"seconds": seconds, "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}

    serve_rounds(work)


if __name__ == "__main__":
    main()
