"""ResNet18 in the form for 32-pixel images: a 3x3 stem with stride 1, no max-pool, four stages of two basic blocks."""

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


class ResNet18(nn.Module):
    """Images to pooled features of 8 x width channels."""

    def __init__(self, width):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        blocks = []
        channels = width
        for stage in range(4):
            for block in range(2):
                outputs = width * 2**stage
                blocks.append(BasicBlock(channels, outputs, 2 if stage > 0 and block == 0 else 1))
                channels = outputs
        self.blocks = nn.Sequential(*blocks)
        self.feature_count = channels

    def forward(self, x):
        return torch.flatten(F.adaptive_avg_pool2d(self.blocks(self.stem(x)), 1), 1)
