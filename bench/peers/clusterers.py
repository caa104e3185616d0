"""Clusterers of features of other libraries, and a linear probe: peers of clusterers.ts."""

import time
import warnings

import numpy as np
import sklearn
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import HDBSCAN, AgglomerativeClustering, KMeans
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.neighbors import NearestNeighbors

from rounds import peak_megabytes, serve_rounds


def probe(points, labels):
    given = labels >= 0
    least = np.bincount(labels[given]).min()
    if least < 3:
        model = LogisticRegression(C=10, max_iter=1000)
    else:
        model = LogisticRegressionCV(Cs=[1, 10, 100], cv=3, max_iter=1000)
    return model.fit(points[given] * 8, labels[given]).predict(points * 8)


def first_neighbour_groups(points):
    """Images joined with their nearest other one: the connected parts of that graph."""
    unit = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)
    nearest = NearestNeighbors(n_neighbors=2).fit(unit).kneighbors(unit, return_distance=False)
    other = np.where(nearest[:, 0] == np.arange(len(unit)), nearest[:, 1], nearest[:, 0])
    ones = np.ones(len(unit))
    return connected_components(csr_matrix((ones, (np.arange(len(unit)), other)), (len(unit), len(unit))), directed=False)


def finch(points, count):
    """The idea of Sarfraz et al. 2019: join by first neighbours, again on the means, then join the two nearest means down to `count`."""
    labels = np.arange(len(points))
    while True:
        means = np.stack([points[labels == label].mean(0) for label in range(labels.max() + 1)])
        found, groups = first_neighbour_groups(means)
        if found <= count:
            break
        labels = groups[labels]
    merged = AgglomerativeClustering(count, linkage="average", metric="cosine").fit_predict(means) if len(means) > count else np.arange(len(means))
    return merged[labels]


def umap_k_means(points, count, seed):
    import umap

    embedded = umap.UMAP(n_components=10, n_neighbors=15, min_dist=0.0, metric="cosine", random_state=seed).fit_transform(points)
    return KMeans(count, n_init=10, random_state=seed).fit_predict(embedded), f"umap-learn {umap.__version__}"


def parted(points, dimensions):
    ends = np.cumsum(dimensions)
    return [np.ascontiguousarray(points[:, end - size : end]) for size, end in zip(dimensions, ends)]


def turtle_of_parts(points, count, dimensions, seed):
    import torch

    from agreeing_tasks import turtle

    # Small products: more threads only wait for each other.
    torch.set_num_threads(1)
    return turtle(parted(points, dimensions), count, seed), f"torch {torch.__version__}"


def hdbscan(points):
    labels = HDBSCAN(min_cluster_size=max(5, len(points) // 100)).fit_predict(points)
    return np.where(labels < 0, labels.max() + 1, labels)


def cluster(request, points):
    method, count, seed = request["method"], request["clusterCount"], request["seed"]
    own = f"scikit-learn {sklearn.__version__}"
    if method.startswith("FINCH"):
        return finch(points, count), own
    if method.startswith("Ward"):
        return AgglomerativeClustering(count, linkage="ward").fit_predict(points), own
    if method.startswith("HDBSCAN"):
        return hdbscan(points), own
    if method.startswith("TURTLE"):
        return turtle_of_parts(points, count, request["partDimensions"], seed)
    if "UMAP" in method:
        return umap_k_means(points, count, seed)
    raise ValueError(method)


def work(request):
    points = np.fromfile(request["file"], dtype=np.float32).reshape(-1, request["dimension"])
    started_at = time.process_time()
    if request["method"] == "probe":
        clusters, versions = probe(points, np.array(request["labels"])), f"scikit-learn {sklearn.__version__}"
    else:
        clusters, versions = cluster(request, points)
    seconds = time.process_time() - started_at
    return {"clusters": clusters.tolist(), "seconds": seconds, "megabytes": peak_megabytes(), "versions": versions}


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    serve_rounds(work)
