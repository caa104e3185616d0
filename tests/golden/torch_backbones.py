"""The published encoders in plain PyTorch."""

import torch
from torch import nn
from torch.nn import functional


def width(channels: int, factor: float) -> int:
    return max(1, int(channels * factor + 0.5))


class Basic(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x)))))
        return torch.relu(y + self.shortcut(x))


def resnet(factor: float, depths: list[int], stem: nn.Conv2d, pool: nn.Module) -> nn.Module:
    channels = stem.out_channels
    layers: list[nn.Module] = [stem, nn.BatchNorm2d(channels), nn.ReLU(), pool]
    for stage, depth in enumerate(depths):
        outputs = width(64 * 2**stage, factor)
        for block in range(depth):
            layers.append(Basic(channels, outputs, 2 if stage > 0 and block == 0 else 1))
            channels = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class PreActivation(nn.Module):
    """As the PyTorch versions of FixMatch do it: where the shape changes in a later group, the raw input is convolved."""

    def __init__(self, inputs: int, outputs: int, stride: int, first_group: bool) -> None:
        super().__init__()
        self.changes = stride != 1 or inputs != outputs
        self.activates = first_group or not self.changes
        if self.activates:
            self.norm1 = nn.BatchNorm2d(inputs, momentum=0.001)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs, momentum=0.001)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        if self.changes:
            self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = functional.leaky_relu(self.norm1(x), 0.1) if self.activates else x
        y = self.conv2(functional.leaky_relu(self.norm2(self.conv1(a)), 0.1))
        return y + (self.shortcut(a) if self.changes else x)


def wide_resnet(factor: float, widths: list[int], strides: list[int]) -> nn.Module:
    channels = width(16, factor)
    layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, 1, 1, bias=False)]
    for group, (full, stride) in enumerate(zip(widths, strides)):
        outputs = width(full, factor)
        for block in range(4):
            layers.append(PreActivation(channels, outputs, stride if block == 0 else 1, group == 0))
            channels = outputs
    norm = nn.BatchNorm2d(channels, momentum=0.001)
    return nn.Sequential(*layers, norm, nn.LeakyReLU(0.1), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def create(name: str, factor: float) -> nn.Module:
    small = nn.Conv2d(3, width(64, factor), 3, 1, 1, bias=False)
    if name == "clusterresnet":
        return resnet(factor, [3, 4, 6, 3], small, nn.MaxPool2d(2, 2, 1))
    if name == "resnet18-cifar":
        return resnet(factor, [2, 2, 2, 2], small, nn.Identity())
    if name == "resnet18":
        return resnet(factor, [2, 2, 2, 2], small, nn.MaxPool2d(2, 2, 1))
    if name == "resnet34":
        return resnet(factor, [3, 4, 6, 3], nn.Conv2d(3, width(64, factor), 7, 2, 3, bias=False), nn.MaxPool2d(3, 2, 1))
    if name == "wide-resnet-28-2":
        return wide_resnet(factor, [32, 64, 128], [1, 2, 2])
    if name == "wide-resnet-28-8":
        return wide_resnet(factor, [128, 256, 512], [1, 2, 2])
    if name == "wide-resnet-stl":
        return wide_resnet(factor, [32, 64, 128, 256], [2, 2, 2, 2])
    raise ValueError(name)
