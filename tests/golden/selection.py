"""SPICE-Self's pseudo-labels and head loss on fixed features, in PyTorch, written from the published description.

python tests/golden/selection.py > tests/golden/selection.json
"""

import json
import platform

import torch
import torch.nn.functional as F

from lcg import Lcg

IMAGES, DIMENSION, CLUSTERS, HEADS, CENTER_RATIO = 300, 16, 7, 3, 0.5

lcg = Lcg(12345)
embeddings = F.normalize(torch.from_numpy(lcg.blobs(IMAGES, DIMENSION, CLUSTERS, 0.8)), dim=1)
logits = [torch.tensor([[4 * lcg.uniform() for _ in range(CLUSTERS)] for _ in range(IMAGES)], dtype=torch.float64).float() for _ in range(HEADS)]

label_count = IMAGES // CLUSTERS
support_count = int(CENTER_RATIO * label_count)
heads = []
for scores in logits:
    probabilities = scores.softmax(1)
    confident = probabilities.topk(support_count, dim=0).indices  # columns are independent
    prototypes = embeddings[confident].mean(dim=0)  # [clusters, dimension], not normalised again
    nearest = (prototypes @ embeddings.T).topk(label_count, dim=1).indices
    labels = torch.arange(CLUSTERS).repeat_interleave(label_count)
    # Cross-entropy applies a second softmax to what is a probability already.
    loss = F.cross_entropy(probabilities[nearest.flatten()].double(), labels)
    heads.append(
        {
            "supports": [sorted(column) for column in confident.T.tolist()],
            "prototypes": prototypes.flatten().tolist(),
            "selected": [sorted(row) for row in nearest.tolist()],
            "loss": loss.item(),
        }
    )

print(json.dumps({"versions": {"python": platform.python_version(), "torch": torch.__version__}, "heads": heads}))
