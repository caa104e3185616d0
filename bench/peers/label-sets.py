"""Unpacks two labelled sets as CLASS/IMAGE: digits of scikit-learn, and clip art of the Debian package openclipart-png.

Arguments: NEW_FOLDER FOLDER_OF_OPENCLIPART (usr/share/openclipart/png of the unpacked package).
"""

import random
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

kinds = ["animals", "buildings", "electronics", "food", "geography", "office", "people", "plants", "tools", "transportation"]
most = 200
side = 256
Image.MAX_IMAGE_PIXELS = None


def digits(folder):
    found = load_digits()
    for index, (image, label) in enumerate(zip(found.images, found.target)):
        place = folder / str(label)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image * 255 / 16).round().astype(np.uint8)).save(place / f"{index:04d}.png")


def clip_art(folder, source):
    for kind in kinds:
        files = sorted(str(file) for file in (source / kind).rglob("*.png") if not file.is_symlink())
        random.Random(1).shuffle(files)
        place = folder / kind
        place.mkdir(parents=True, exist_ok=True)
        kept = 0
        for file in files:
            if kept == most:
                break
            try:
                image = Image.open(file).convert("RGBA")
            except OSError:
                continue
            image.thumbnail((side, side))
            paper = Image.new("RGBA", image.size, "white")
            paper.alpha_composite(image)
            paper.convert("RGB").save(place / f"{kept:03d}.png")
            kept += 1


if __name__ == "__main__":
    new_folder, source_folder = Path(sys.argv[1]), Path(sys.argv[2])
    digits(new_folder / "digits-8px")
    clip_art(new_folder / "clipart", source_folder)
