"""Exact nearest neighbours by faiss: the peer of neighbours.ts."""

import argparse
import resource
import time

import faiss
import numpy as np

from rounds import serve_rounds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--file", required=True)
    for name in ("dimension", "k"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    faiss.omp_set_num_threads(2)
    vectors = np.fromfile(given.file, dtype=np.float32).reshape(-1, given.dimension)

    def work(_):
        started_at = time.perf_counter()
        index = faiss.IndexFlatIP(given.dimension)
        index.add(vectors)
        similarities, _indices = index.search(vectors, given.k)
        seconds = time.perf_counter() - started_at
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"seconds": seconds, "peakMegabytes": peak, "checksum": float(similarities.mean(dtype=np.float64))}

    serve_rounds(work)


if __name__ == "__main__":
    main()
