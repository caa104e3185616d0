"""ResNets of basic blocks, in the forms that the benchmarks compare."""

import torch
from torch import nn
from torch.nn import functional as F


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        inner = F.relu(self.norm1(self.conv1(x)), inplace=True)
        residual = self.norm2(self.conv2(inner))
        return F.relu(residual + (x if self.shortcut is None else self.shortcut(x)), inplace=True)


class ResNet(nn.Module):
    """Images to pooled features of 8 x width channels."""

    def __init__(self, width, depths, kernel, stride, pool):
        super().__init__()
        convolution = nn.Conv2d(3, width, kernel, stride, kernel // 2, bias=False)
        self.stem = nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True), pool)
        blocks = []
        channels = width
        for stage, depth in enumerate(depths):
            for block in range(depth):
                outputs = width * 2**stage
                blocks.append(BasicBlock(channels, outputs, 2 if stage > 0 and block == 0 else 1))
                channels = outputs
        self.blocks = nn.Sequential(*blocks)
        self.feature_count = channels

    def forward(self, x):
        return torch.flatten(F.adaptive_avg_pool2d(self.blocks(self.stem(x)), 1), 1)


def resnet18_cifar(width):
    """A 3x3 stem with stride 1, no max-pool."""
    return ResNet(width, (2, 2, 2, 2), 3, 1, nn.Identity())


def clusterresnet(width):
    """A ResNet34 with a 3x3 stem of stride 1 and a 2x2 max-pool with a border of one."""
    return ResNet(width, (3, 4, 6, 3), 3, 1, nn.MaxPool2d(2, 2, 1))


def resnet34(width):
    """As for ImageNet: a 7x7 stem of stride 2 and a 3x3 max-pool."""
    return ResNet(width, (3, 4, 6, 3), 7, 2, nn.MaxPool2d(3, 2, 1))


backbones = {"resnet18-cifar": resnet18_cifar, "clusterresnet": clusterresnet, "resnet34": resnet34}
