"""SPICE's reliable samples on fixed embeddings and probabilities, in PyTorch, written from the published description.

python tests/golden/local_consistency.py > tests/golden/local-consistency.json
"""

import json
import platform

import torch
import torch.nn.functional as F

from lcg import Lcg

IMAGES, DIMENSION, CLUSTERS, NEIGHBOURS, CONSISTENCY, CONFIDENCE = 400, 8, 4, 50, 0.9, 0.99

lcg = Lcg(2024)
embeddings = F.normalize(torch.from_numpy(lcg.blobs(IMAGES, DIMENSION, CLUSTERS, 0.7)), dim=1)
# Sharp probabilities around the blob of each image; about one in ten points elsewhere.
logits = torch.zeros(IMAGES, CLUSTERS, dtype=torch.float64)
for image in range(IMAGES):
    target = image % CLUSTERS if lcg.uniform() > 0.1 else int(lcg.uniform() * CLUSTERS)
    logits[image, target] = 5 + 4 * lcg.uniform()
probabilities = logits.float().softmax(1)

confidence, clusters = probabilities.max(1)
nearest = (embeddings @ embeddings.T).topk(NEIGHBOURS, dim=1).indices
own = clusters[nearest[:, :1]]
agreement = (clusters[nearest] == own).sum(1)
kept = (agreement >= NEIGHBOURS * CONSISTENCY) & (confidence > CONFIDENCE)
kept_counts = torch.bincount(clusters[kept], minlength=CLUSTERS)

print(
    json.dumps(
        {
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
            "clusters": clusters.tolist(),
            "agreement": agreement.tolist(),
            "kept": kept.int().tolist(),
            "keptCounts": kept_counts.tolist(),
            "balancedCount": int(kept_counts.min()),
        }
    )
)
