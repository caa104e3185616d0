"""Weights and images that a formula gives, so that no golden file has to hold them. tests/ml/fixed-values.ts is its twin."""

import json
import platform
from pathlib import Path

import numpy
import torch
from torch import nn


def wave(count: int, index: int) -> numpy.ndarray:
    """count numbers in [-1, 1] that look like noise; another index gives other numbers."""
    place = numpy.arange(count, dtype=numpy.float64)
    return numpy.sin(0.37 * place + 0.0011 * place * place + 1.7 * index)


def fixed_images(shape: tuple[int, ...], index: int, dtype: torch.dtype) -> torch.Tensor:
    return torch.from_numpy(wave(int(numpy.prod(shape)), index).astype(numpy.float32).reshape(shape)).to(dtype)


def fill(module: nn.Module, offset: int) -> None:
    """Weights 2 / sqrt(fan in) * wave, scales 1 + 0.2 wave, offsets, biases and means 0.1 wave, variances 1 + 0.3 wave."""
    index = offset
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            entries = [(layer.weight, 1, 0.2), (layer.bias, 0, 0.1), (layer.running_mean, 0, 0.1), (layer.running_var, 1, 0.3)]
        elif isinstance(layer, (nn.Conv2d, nn.Linear)):
            entries = [(layer.weight, 0, 2 / numpy.sqrt(layer.weight[0].numel()))]
            if layer.bias is not None:
                entries.append((layer.bias, 0, 0.1))
        else:
            continue
        for tensor, base, scale in entries:
            values = (base + scale * wave(tensor.numel(), index)).astype(numpy.float32).reshape(tensor.shape)
            with torch.no_grad():
                tensor.copy_(torch.from_numpy(values))
            index += 1


def digest(tensor: torch.Tensor) -> float:
    """One number that changes with every value and its place."""
    values = tensor.detach().double().reshape(-1)
    return float((values * torch.sin(0.9 * torch.arange(len(values), dtype=torch.float64) + 0.3)).sum())


def write(script: str, content: dict) -> None:
    versions = {"python": platform.python_version(), "torch": torch.__version__.split("+")[0], "numpy": numpy.__version__}
    path = Path(script).with_suffix(".json")
    path.write_text(json.dumps({"versions": versions, **content}, indent=1) + "\n")
    print(path.name, path.stat().st_size, "bytes")
