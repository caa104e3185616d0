"""NMI, ARI and purity of scikit-learn, and accuracy by SciPy's assignment, for random labellings.

python tests/golden/clustering_metrics.py > tests/golden/clustering-metrics.json
"""

import json

import numpy as np
import sklearn
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

cases = []
for seed, (images, classes, clusters, noise) in enumerate([(200, 10, 10, 0.3), (150, 5, 12, 0.5), (150, 12, 5, 0.5), (60, 3, 3, 1.0), (50, 4, 4, 0.0), (2, 2, 2, 1.0), (30, 1, 3, 1.0), (30, 3, 1, 1.0), (9, 1, 1, 0.0)]):
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, images)
    found = np.where(random.random(images) < noise, random.integers(0, clusters, images), truth % clusters)
    table = contingency_matrix(truth, found)
    rows, columns = linear_sum_assignment(-table)
    cases.append(
        {
            "classCount": classes,
            "clusterCount": clusters,
            "truth": truth.tolist(),
            "clusters": found.tolist(),
            "accuracy": table[rows, columns].sum() / images,
            "normalizedMutualInformation": normalized_mutual_info_score(truth, found, average_method="geometric"),
            "adjustedRandIndex": adjusted_rand_score(truth, found),
            "purity": table.max(axis=0).sum() / images,
        }
    )
print(json.dumps({"versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__}, "cases": cases}, default=float))
