"""Batch norm in training: output, running statistics after two updates, gradients of input, scale and offset."""

import torch
from fixed_values import fixed_images, write

BATCH, CHANNELS, HEIGHT, WIDTH = 3, 2, 2, 3


def last(tensor: torch.Tensor) -> list:
    """Channels last, flat."""
    return tensor.detach().permute(0, 2, 3, 1).reshape(-1).tolist()


norm = torch.nn.BatchNorm2d(CHANNELS).double()
with torch.no_grad():
    norm.weight.copy_(torch.tensor([1.5, -0.5]))
    norm.bias.copy_(torch.tensor([0.25, 2.0]))
shape = (BATCH, CHANNELS, HEIGHT, WIDTH)
first = (2 * fixed_images(shape, 1, torch.float64) + 3).requires_grad_()
second = fixed_images(shape, 2, torch.float64) - 1
weights = fixed_images(shape, 3, torch.float64)
output = norm(first)
(output * weights).sum().backward()
norm(second)
write(
    __file__,
    {
        "shape": [BATCH, HEIGHT, WIDTH, CHANNELS],
        "first": last(first),
        "second": last(second),
        "outputWeights": last(weights),
        "scale": norm.weight.tolist(),
        "offset": norm.bias.tolist(),
        "output": last(output),
        "inputGradient": last(first.grad),
        "scaleGradient": norm.weight.grad.tolist(),
        "offsetGradient": norm.bias.grad.tolist(),
        "mean": norm.running_mean.tolist(),
        "variance": norm.running_var.tolist(),
        "inference": last(norm.eval()(first)),
    },
)
