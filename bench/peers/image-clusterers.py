"""Clusterers that read the images themselves: k-means on pixels and on HOG, clustimage, fastdup; peers of clusterers.ts."""

import importlib.metadata
import os
import shutil
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from rounds import peak_megabytes, serve_rounds

side = 32
hog_side = 64


def squares(paths, size, mode):
    return np.stack([np.asarray(Image.open(path).convert(mode).resize((size, size), Image.BILINEAR), dtype=np.float32) / 255 for path in paths])


def k_means(rows, count, seed):
    import sklearn
    from sklearn.cluster import KMeans

    return KMeans(count, n_init=10, random_state=seed).fit_predict(rows), f"scikit-learn {sklearn.__version__}"


def hog_rows(paths):
    from skimage.feature import hog

    return np.stack([hog(image, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2)) for image in squares(paths, hog_side, "L")])


def with_clustimage(paths, count, folder):
    """PCA of grey pixels at 128 px, t-SNE for its plot, Ward in the principal components; given how many clusters. No thumbnails are kept."""
    from clustimage import Clustimage

    clusterer = Clustimage(method="pca", grayscale=True, use_thumbnail_cache=False, tempdir=folder, dirpath=folder, verbose="silent")
    found = clusterer.fit_transform(list(paths), min_clust=count, max_clust=count + 1)
    places = {Path(path).name: label for path, label in zip(found["pathnames"], found["labels"])}
    return np.array([places[Path(path).name] for path in paths]), f"clustimage {importlib.metadata.version('clustimage')}"


def run_fastdup(paths, count, folder):
    os.environ["SENTRY_OPT_OUT"] = "1"
    import fastdup

    fastdup.run_kmeans(input_dir=str(Path(paths[0]).parent), work_dir=folder, num_clusters=count, num_em_iter=100)
    return fastdup, f"fastdup {fastdup.__version__}"


def with_fastdup(paths, count, folder):
    """Its own features and k-means. The file of assignments names each image with its two nearest centres: the nearer one counts."""
    import pandas

    _, versions = run_fastdup(paths, count, folder)
    table = pandas.read_csv(Path(folder) / "kmeans_assignments.csv")
    nearest = table.sort_values("distance", kind="stable").drop_duplicates("filename")
    places = dict(zip((Path(path).name for path in nearest["filename"]), nearest["cluster"]))
    # An image that it passed over is in a cluster of its own kind.
    return np.array([places.get(Path(path).name, count) for path in paths]), versions


def with_fastdup_features(paths, count, seed, folder):
    """Its features as unit rows, and k-means of scikit-learn."""
    fastdup, versions = run_fastdup(paths, count, folder)
    files, features = fastdup.load_binary_feature(str(Path(folder) / "atrain_features.dat"), d=576)
    rows = np.array(features, dtype=np.float32).reshape(len(files), -1)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    found, others = k_means(rows, count, seed)
    places = dict(zip((Path(file).name for file in files), found))
    return np.array([places.get(Path(path).name, count) for path in paths]), f"{versions}, {others}"


def numbered(paths, folder):
    """The same images under names of their own, since some sets use a name in each class."""
    copies = [folder / f"{place:06d}{Path(path).suffix}" for place, path in enumerate(paths)]
    for path, copy in zip(paths, copies):
        shutil.copyfile(path, copy)
    return [str(copy) for copy in copies]


def cluster(method, paths, count, seed, folder):
    if method == "k-means on pixels":
        return k_means(squares(paths, side, "RGB").reshape(len(paths), -1), count, seed)
    if method == "k-means on HOG":
        clusters, versions = k_means(hog_rows(paths), count, seed)
        return clusters, f"{versions}, scikit-image {importlib.metadata.version('scikit-image')}"
    if method == "clustimage":
        return with_clustimage(paths, count, folder)
    if method == "fastdup":
        return with_fastdup(paths, count, folder)
    if method == "features of fastdup, k-means":
        return with_fastdup_features(paths, count, seed, folder)
    raise ValueError(method)


def work(request):
    with tempfile.TemporaryDirectory() as root:
        images, scratch = Path(root) / "images", Path(root) / "work"
        images.mkdir()
        scratch.mkdir()
        paths = numbered(request["paths"], images)
        started_at = time.process_time()
        clusters, versions = cluster(request["method"], paths, request["clusterCount"], request["seed"], str(scratch))
        seconds = time.process_time() - started_at
    return {"clusters": clusters.astype(int).tolist(), "seconds": seconds, "megabytes": peak_megabytes(), "versions": versions}


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    serve_rounds(work)
