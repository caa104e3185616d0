"""MoCo v2 in PyTorch on the CPU, channels_last: the peer of moco-step.ts.

Its augmentation is in the DataLoader, image by image, or (--workers -1) on whole batches by torchvision v2, which draws once a batch.
"""

import argparse
import contextlib
import copy
import random

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import nn
from torch.nn import functional as F
from torchvision import transforms
from torchvision.transforms import v2

from resnet import backbones
from rounds import serve_training

QUEUE = 4096
PROJECTION = 128


class Blur:
    """SimCLR's blur, as MoCo v2 has it."""

    def __call__(self, image):
        return image.filter(ImageFilter.GaussianBlur(radius=random.uniform(0.1, 2.0)))


class TwoViews(torch.utils.data.Dataset):
    def __init__(self, count, side):
        self.pixels = np.random.default_rng(1).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
        self.view = transforms.Compose(
            [
                transforms.RandomResizedCrop(side, scale=(0.2, 1.0)),
                transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
                transforms.RandomGrayscale(p=0.2),
                transforms.RandomApply([Blur()], p=0.5),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]
        )

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, index):
        image = Image.fromarray(self.pixels[index])
        return self.view(image), self.view(image)


def batch_views(count, side, batch):
    """Both views of random batches, each by one draw for the whole batch: the fastest that torchvision has."""
    pixels = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (count, 3, side, side), dtype=np.uint8))
    view = v2.Compose(
        [
            v2.RandomResizedCrop(side, scale=(0.2, 1.0), antialias=True),
            v2.RandomApply([v2.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
            v2.RandomGrayscale(p=0.2),
            v2.RandomApply([v2.GaussianBlur(2 * (side // 20) + 3, (0.1, 2.0))], p=0.5),
            v2.RandomHorizontalFlip(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )
    while True:
        order = torch.randperm(count)
        for start in range(0, count - batch + 1, batch):
            images = pixels[order[start : start + batch]]
            yield view(images), view(images)


class Encoder(nn.Module):
    def __init__(self, backbone, width):
        super().__init__()
        self.backbone = backbones[backbone](width)
        features = self.backbone.feature_count
        self.head = nn.Sequential(nn.Linear(features, features), nn.ReLU(inplace=True), nn.Linear(features, PROJECTION))

    def forward(self, x):
        return F.normalize(self.head(self.backbone(x)), dim=1)


def endless(loader):
    while True:
        yield from loader


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--backbone", required=True)
    for name in ("width", "side", "batch", "images", "warmup", "steps", "workers"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--bfloat16", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(1)
    query = Encoder(given.backbone, given.width).to(memory_format=torch.channels_last).train()
    key = copy.deepcopy(query).requires_grad_(False)
    queue = F.normalize(torch.randn(QUEUE, PROJECTION), dim=1)
    pointer = 0
    optimizer = torch.optim.SGD(query.parameters(), lr=0.06, momentum=0.9, weight_decay=5e-4)
    if given.workers < 0:
        batches = batch_views(given.images, given.side, given.batch)
    else:
        loader = torch.utils.data.DataLoader(
            TwoViews(given.images, given.side), batch_size=given.batch, shuffle=True, drop_last=True, num_workers=given.workers,
            persistent_workers=given.workers > 0,
        )
        batches = endless(loader)
    narrow = (lambda: torch.autocast("cpu", dtype=torch.bfloat16)) if given.bfloat16 else contextlib.nullcontext
    target = torch.zeros(given.batch, dtype=torch.long)

    def step():
        nonlocal pointer
        first, second = next(batches)
        first = first.contiguous(memory_format=torch.channels_last)
        second = second.contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), narrow():
            for mine, theirs in zip(key.parameters(), query.parameters()):
                mine.mul_(0.99).add_(theirs, alpha=0.01)
            keys = key(second)
        with narrow():
            projections = query(first)
            positives = (projections * keys).sum(1, keepdim=True)
            loss = F.cross_entropy(torch.cat([positives, projections @ queue.T], 1) / 0.2, target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        queue[pointer : pointer + given.batch] = keys.float()
        pointer = (pointer + given.batch) % QUEUE
        return loss.item()

    serve_training(step, given.batch, given)


if __name__ == "__main__":
    main()
