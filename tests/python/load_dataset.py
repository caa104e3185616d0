"""Loads an exported dataset with the usual loader of its format and prints what it saw as JSON."""

import json
import sys
from pathlib import Path

format_name, folder = sys.argv[1], Path(sys.argv[2])
if format_name == "imagefolder":
    from torchvision.datasets import ImageFolder

    dataset = ImageFolder(str(folder))
    sizes = [image.size for image, _ in dataset]
    seen = {"classes": dataset.classes, "targets": dataset.targets, "sizes": sizes}
elif format_name in ("csv", "jsonl"):
    import pandas as pd

    if format_name == "csv":
        table = pd.read_csv(folder / "labels.csv", keep_default_na=False)
    else:
        table = pd.read_json(folder / "labels.jsonl", lines=True, dtype=False)
    seen = {"paths": table["path"].tolist(), "classes": table["class"].tolist(), "confidences": table["confidence"].tolist()}
else:
    import numpy as np

    embeddings, labels = np.load(folder / "embeddings.npy"), np.load(folder / "labels.npy")
    seen = {
        "types": [str(embeddings.dtype), str(labels.dtype)],
        "embeddings": embeddings.tolist(),
        "labels": labels.tolist(),
        "files": json.loads((folder / "files.json").read_text(encoding="utf-8")),
    }
print(json.dumps(seen))
