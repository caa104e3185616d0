"""Loads an exported dataset with the usual loader of its format and prints what it saw as JSON."""

import json
import sys
from pathlib import Path


def load_imagefolder(folder):
    from torchvision.datasets import ImageFolder

    dataset = ImageFolder(str(folder))
    return {"classes": dataset.classes, "targets": dataset.targets, "sizes": [image.size for image, _ in dataset]}


def load_yolo(folder):
    """Ultralytics reads each side with torchvision's ImageFolder."""
    return {side.name: load_imagefolder(side) for side in sorted(folder.iterdir()) if side.is_dir()}


def load_coco(folder):
    from PIL import Image
    from pycocotools.coco import COCO

    seen = {}
    for file in sorted((folder / "annotations").glob("*.json")):
        coco = COCO(str(file))
        images = coco.loadImgs(sorted(coco.getImgIds()))
        annotations = coco.loadAnns(coco.getAnnIds())
        names = {category["id"]: category["name"] for category in coco.loadCats(coco.getCatIds())}
        seen[file.stem] = {
            "categories": names,
            "opened": [Image.open(folder / "images" / file.stem / image["file_name"]).size for image in images],
            "sizes": [[image["width"], image["height"]] for image in images],
            "paths": [image["original_path"] for image in images],
            "classes": [names[annotation["category_id"]] for annotation in annotations],
            "boxes": [annotation["bbox"] for annotation in annotations],
            "masks": [int(coco.annToMask({**annotation, "segmentation": box_polygon(annotation)}).sum()) for annotation in annotations],
        }
    return seen


def box_polygon(annotation):
    x, y, width, height = annotation["bbox"]
    return [[x, y, x + width, y, x + width, y + height, x, y + height]]


def load_huggingface(folder):
    from datasets import load_dataset

    loaded = load_dataset("imagefolder", data_dir=str(folder), cache_dir=str(folder.parent / "cache"))
    seen = {}
    for side, dataset in loaded.items():
        labels = dataset.class_encode_column("label")
        seen[side] = {
            "columns": sorted(dataset.column_names),
            "names": labels.features["label"].names,
            "labels": dataset["label"][:],
            "paths": dataset["path"][:],
            "confidences": dataset["confidence"][:],
            "sizes": [image.size for image in dataset["image"][:]],
        }
    return seen


def load_table(table):
    return {"paths": table["path"].tolist(), "classes": table["class"].tolist(), "confidences": table["confidence"].tolist()}


def load_csv(folder):
    import pandas as pd

    return load_table(pd.read_csv(folder / "labels.csv", keep_default_na=False))


def load_jsonl(folder):
    import pandas as pd

    return load_table(pd.read_json(folder / "labels.jsonl", lines=True, dtype=False))


def load_parquet(folder):
    import pandas as pd
    import pyarrow.parquet as pq

    file = pq.ParquetFile(folder / "labels.parquet")
    seen = load_table(pd.read_parquet(folder / "labels.parquet"))
    types = {field.name: str(field.type) for field in file.schema_arrow}
    nulls = {name: file.read().column(name).null_count for name in types}
    return {**seen, "types": types, "nulls": {name: count for name, count in nulls.items() if count}}


def crc32c(data):
    """Bit by bit, from the polynomial: no table, so that no table can be wrong."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """Number and bytes of each field of a protocol buffer that has fields of wire type 2 alone."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        assert tag & 7 == 2, tag
        length, at = varint(data, at)
        yield tag >> 3, data[at : at + length]
        at += length


def feature(data):
    import struct

    ((kind, values),) = fields(data)
    ((number, value),) = fields(values)
    assert number == 1
    if kind == 1:
        return value
    if kind == 2:
        return struct.unpack("<f", value)[0]
    whole, _ = varint(value, 0)
    return whole - (1 << 64) if whole >> 63 else whole


def load_tfrecord(folder):
    import hashlib
    import io
    import struct

    from PIL import Image

    assert crc32c(b"123456789") == 0xE3069283  # The check value of RFC 3720.
    seen = {"classes": json.loads((folder / "classes.json").read_text(encoding="utf-8")), "shards": {}}
    for file in sorted(folder.glob("*.tfrecord")):
        data, at, examples = file.read_bytes(), 0, []
        while at < len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            assert struct.unpack_from("<I", data, at + 8)[0] == masked(data[at : at + 8])
            record = data[at + 12 : at + 12 + length]
            assert len(record) == length
            assert struct.unpack_from("<I", data, at + 12 + length)[0] == masked(record)
            at += 16 + length
            ((_, features),) = fields(record)
            entries = [dict(fields(entry)) for _, entry in fields(features)]
            example = {entry[1].decode(): feature(entry[2]) for entry in entries}
            encoded = example.pop("image/encoded")
            assert hashlib.sha256(encoded).hexdigest() == example.pop("image/key/sha256").decode()
            assert list(Image.open(io.BytesIO(encoded)).size) == [example["image/width"], example["image/height"]]
            examples.append({key: value.decode() if isinstance(value, bytes) else value for key, value in example.items()})
        seen["shards"][file.name] = examples
    return seen


def load_npy(folder):
    import numpy as np

    embeddings, labels = np.load(folder / "embeddings.npy"), np.load(folder / "labels.npy")
    return {
        "types": [str(embeddings.dtype), str(labels.dtype)],
        "embeddings": embeddings.tolist(),
        "labels": labels.tolist(),
        "files": json.loads((folder / "files.json").read_text(encoding="utf-8")),
    }


format_name, dataset_folder = sys.argv[1], Path(sys.argv[2])
seen = globals()[f"load_{format_name}"](dataset_folder)
# Loaders talk on the standard output, too.
print("\n" + json.dumps(seen))
