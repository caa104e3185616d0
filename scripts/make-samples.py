"""Makes resources/samples/fashion-mnist-1000 from an archive of the Fashion-MNIST test split.

    python3 scripts/make-samples.py fashion-mnist-10k.tar.xz resources/samples

The archive holds fashion-mnist-10k/<class>/<index>.png. Of each class, the images with the smallest
SHA-256 of (seed, class, index) are taken, then all of them are ordered by a second hash and numbered in that
order, so that neither name nor order tells the class. Standard library only; the same archive gives the
same bytes.
"""

import csv
import hashlib
import shutil
import sys
import tarfile
from pathlib import Path

SEED = 20170825
IMAGES_PER_CLASS = 100
NAME = "fashion-mnist-1000"


def order(purpose: str, member: str) -> bytes:
    return hashlib.sha256(f"{SEED} {purpose} {member}".encode()).digest()


def main(archive_path: str, samples_path: str) -> None:
    folder = Path(samples_path) / NAME
    by_class: dict[str, dict[str, bytes]] = {}
    with tarfile.open(archive_path) as archive:
        for member in archive:
            if not member.isfile() or not member.name.endswith(".png"):
                continue
            class_name = Path(member.name).parent.name
            by_class.setdefault(class_name, {})[f"{class_name}/{Path(member.name).name}"] = archive.extractfile(member).read()

    chosen: dict[str, bytes] = {}
    for images in by_class.values():
        for key in sorted(images, key=lambda key: order("choose", key))[:IMAGES_PER_CLASS]:
            chosen[key] = images[key]

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with open(folder.parent / "labels.csv", "w", newline="", encoding="utf-8") as labels_file:
        labels = csv.writer(labels_file, lineterminator="\n")
        labels.writerow(["path", "label"])
        for number, key in enumerate(sorted(chosen, key=lambda key: order("number", key))):
            name = f"{number:04d}.png"
            (folder / name).write_bytes(chosen[key])
            labels.writerow([name, key.split("/")[0]])
    print(f"{len(chosen)} images of {len(by_class)} classes in {folder}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
