"""FixMatch in PyTorch on the CPU, channels_last, with augmentation on whole batches: the peer of fixmatch-step.ts."""

import argparse
import contextlib
import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.transforms import v2

from rounds import serve_training

MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class PreActivationBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, both):
        super().__init__()
        self.both = both
        self.same = inputs == outputs and stride == 1
        self.norm1 = nn.BatchNorm2d(inputs, momentum=0.001)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs, momentum=0.001)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.shortcut = None if self.same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        active = F.leaky_relu(self.norm1(x), 0.1, inplace=True) if self.same or self.both else x
        kept = active if self.both else x
        inner = F.leaky_relu(self.norm2(self.conv1(active)), 0.1, inplace=True)
        return self.conv2(inner) + (kept if self.shortcut is None else self.shortcut(kept))


class WideResNet(nn.Module):
    """Wide ResNet 28-2: three groups of four blocks."""

    def __init__(self, classes):
        super().__init__()
        layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False)]
        channels = 16
        for group, outputs in enumerate((32, 64, 128)):
            for block in range(4):
                layers.append(PreActivationBlock(channels, outputs, 2 if group > 0 and block == 0 else 1, group == 0 and block == 0))
                channels = outputs
        self.layers = nn.Sequential(*layers)
        self.norm = nn.BatchNorm2d(channels, momentum=0.001)
        self.head = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.leaky_relu(self.norm(self.layers(x)), 0.1, inplace=True)
        return self.head(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


def main():
    parser = argparse.ArgumentParser()
    for name in ("labeled", "unlabeled", "images", "classes", "side", "warmup", "steps"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--bfloat16", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(1)
    network = WideResNet(given.classes).to(memory_format=torch.channels_last).train()
    average = copy.deepcopy(network).requires_grad_(False)
    decayed = [p for n, p in network.named_parameters() if "norm" not in n]
    spared = [p for n, p in network.named_parameters() if "norm" in n]
    optimizer = torch.optim.SGD(
        [{"params": decayed, "weight_decay": 5e-4}, {"params": spared, "weight_decay": 0.0}], lr=0.03, momentum=0.9, nesterov=True
    )
    numbers = np.random.default_rng(1)
    pixels = torch.from_numpy(numbers.integers(0, 256, (given.images, 3, given.side, given.side), dtype=np.uint8))
    labels = torch.from_numpy(numbers.integers(0, given.classes, given.images))
    finish = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, DEVIATION)]
    move = [v2.RandomHorizontalFlip(), v2.RandomCrop(given.side, padding=4)]
    weak = v2.Compose([*move, *finish])
    strong = v2.Compose([v2.RandAugment(num_ops=3), v2.RandomErasing(1, (0.02, 0.25), (1, 1), 123), *move, *finish])
    narrow = (lambda: torch.autocast("cpu", dtype=torch.bfloat16)) if given.bfloat16 else contextlib.nullcontext

    def step():
        with_labels = torch.randint(400, (given.labeled,))
        without = torch.randint(given.images, (given.unlabeled,))
        others = pixels[without]
        views = torch.cat([weak(pixels[with_labels]), weak(others), strong(others)])
        with narrow():
            logits = network(views.contiguous(memory_format=torch.channels_last))
        of_labeled, of_weak, of_strong = logits.float().split([given.labeled, given.unlabeled, given.unlabeled])
        confidence, guessed = of_weak.detach().softmax(1).max(1)
        kept = (confidence >= 0.95).float()
        loss = F.cross_entropy(of_labeled, labels[with_labels])
        loss = loss + (F.cross_entropy(of_strong, guessed, reduction="none") * kept).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 0.001)
            for mine, theirs in zip(average.buffers(), network.buffers()):
                mine.copy_(theirs)
        return loss.item()

    serve_training(step, given.labeled + given.unlabeled, given)


if __name__ == "__main__":
    main()
