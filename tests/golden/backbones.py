"""Features of every backbone for fixed weights: inference, training, inference with the statistics that training left."""

import torch
import torchvision
from fixed_values import digest, fill, fixed_images, write
from torch_backbones import create

NAMES = ["clusterresnet", "resnet18-cifar", "resnet18", "resnet34", "wide-resnet-28-2", "wide-resnet-28-8", "wide-resnet-stl"]
FACTOR = 0.125
BATCH = 4


def outputs(model: torch.nn.Module, side: int, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    model = model.to(dtype)
    fill(model, 0)
    images = fixed_images((BATCH, 3, side, side), 1000, dtype)
    with torch.no_grad():
        before = model.eval()(images)
        training = model.train()(images)
        return {"inference": before, "training": training, "inferenceAfter": model.eval()(images)}


def case(name: str, side: int) -> dict:
    exact = outputs(create(name, FACTOR), side, torch.float64)
    rounded = outputs(create(name, FACTOR), side, torch.float32)
    deviation = max(float((rounded[mode] - exact[mode]).abs().max() / exact[mode].abs().max()) for mode in exact)
    result = {"name": name, "side": side, "featureCount": exact["training"].shape[1], "float32Deviation": deviation}
    for mode, features in exact.items():
        result[mode] = {"first": features[:2, :6].reshape(-1).tolist(), "digest": digest(features), "norm": float(features.norm())}
    print(name, side, deviation)
    return result


def check_against_torchvision() -> None:
    """Our ResNet34 at full width is torchvision's."""
    theirs = torchvision.models.resnet34(weights=None)
    theirs.fc = torch.nn.Identity()
    ours = create("resnet34", 1)
    for side in (32, 65):
        a, b = outputs(ours, side, torch.float64), outputs(theirs, side, torch.float64)
        for mode in a:
            torch.testing.assert_close(a[mode], b[mode])


check_against_torchvision()
cases = [case(name, side) for name in NAMES for side in (28, 32, 33)]
write(__file__, {"torchvision": torchvision.__version__.split("+")[0], "widthFactor": FACTOR, "batch": BATCH, "cases": cases})
