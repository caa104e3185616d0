"""k-means by faiss or scikit-learn: the peers of k-means.ts."""

import argparse
import itertools
import time

import numpy as np

from rounds import serve_rounds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", choices=["faiss", "scikit-learn"], required=True)
    parser.add_argument("--file", required=True)
    for name in ("dimension", "clusters", "restarts", "iterations"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    vectors = np.fromfile(given.file, dtype=np.float32).reshape(-1, given.dimension)

    if given.library == "faiss":
        import faiss

        faiss.omp_set_num_threads(2)

        def fit(seed):
            # Every vector is used: by default faiss takes 256 a cluster.
            clustering = faiss.Kmeans(
                given.dimension,
                given.clusters,
                niter=given.iterations,
                nredo=given.restarts,
                seed=seed + 1,
                max_points_per_centroid=len(vectors),
            )
            clustering.train(vectors)
            distances, _ = clustering.index.search(vectors, 1)
            return float(distances.sum(dtype=np.float64))

    else:
        from sklearn.cluster import KMeans

        def fit(seed):
            # tol=0: it stops, as ours does, when no vector changes its cluster.
            model = KMeans(given.clusters, n_init=given.restarts, max_iter=given.iterations, tol=0, random_state=seed)
            return float(model.fit(vectors).inertia_)

    seeds = itertools.count()

    def work(_):
        started_at = time.perf_counter()
        inertia = fit(next(seeds))
        return {"seconds": time.perf_counter() - started_at, "inertia": inertia}

    serve_rounds(work)


if __name__ == "__main__":
    main()
