"""Features by a ResNet34 in inference mode, in PyTorch or in onnxruntime: the peers of embedding.ts."""

import argparse
import json
import os
import resource
import time

import numpy as np
import torch

from resnet import resnet34
from rounds import serve_rounds

MEAN, DEVIATION = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
STATES = {"scale": "weight", "offset": "bias", "mean": "running_mean", "variance": "running_var"}
DEPTHS = (3, 4, 6, 3)


def module_of(network, path):
    """The layer that Spicerack calls by this name."""
    if path[0] == "stem":
        return network.stem[len(path) - 1]
    stage, block = (int(name[5:]) for name in path[:2])
    layer = network.blocks[sum(DEPTHS[: stage - 1]) + block - 1]
    return layer.shortcut[len(path) - 3] if path[2] == "shortcut" else getattr(layer, path[2])


def load_network(folder):
    network = resnet34(64)
    weights = np.fromfile(os.path.join(folder, "weights.f32"), np.float32)
    with open(os.path.join(folder, "weights.json")) as file:
        entries = json.load(file)
    place = 0
    for entry in entries:
        size = int(np.prod(entry["shape"]))
        values = torch.from_numpy(weights[place : place + size].reshape(entry["shape"]).copy())
        place += size
        *path, kind = entry["name"].split(".")
        module = module_of(network, path)
        with torch.no_grad():
            if kind == "filter":
                module.weight.copy_(values.permute(3, 2, 0, 1))
            else:
                getattr(module, STATES[kind]).copy_(values)
    return network.to(memory_format=torch.channels_last).eval()


def torch_encoder(folder, compiled):
    network = load_network(folder)
    apply = torch.compile(network) if compiled else network
    mean, deviation = (torch.from_numpy(each).view(1, 3, 1, 1) for each in (MEAN, DEVIATION))

    def encode(pixels):
        with torch.inference_mode():
            images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
            return apply(((images.float() / 255) - mean) / deviation).numpy()

    return encode


def onnx_encoder(folder, side):
    import onnxruntime

    path = os.path.join(folder, "network.onnx")
    example = torch.zeros(2, 3, side, side)
    axes = {"images": {0: "batch"}, "features": {0: "batch"}}
    torch.onnx.export(
        load_network(folder), (example,), path, dynamo=False, input_names=["images"], output_names=["features"], dynamic_axes=axes
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def encode(pixels):
        images = (pixels.astype(np.float32) / 255 - MEAN) / DEVIATION
        return session.run(["features"], {"images": np.ascontiguousarray(images.transpose(0, 3, 1, 2))})[0]

    return encode


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--with", dest="runtime", required=True)
    for name in ("side", "batch"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    torch.set_num_threads(2)
    pixels = np.fromfile(os.path.join(given.folder, "pixels.u8"), np.uint8).reshape(-1, given.side, given.side, 3)
    if given.runtime == "onnxruntime":
        encode = onnx_encoder(given.folder, given.side)
    else:
        encode = torch_encoder(given.folder, given.runtime == "torch-compiled")

    def work(_):
        started_at = time.perf_counter()
        features = np.concatenate([encode(pixels[start : start + given.batch]) for start in range(0, len(pixels), given.batch)])
        seconds = time.perf_counter() - started_at
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"imagesPerSecond": len(pixels) / seconds, "peakMegabytes": peak, "features": features[0, :64].tolist()}

    serve_rounds(work)


if __name__ == "__main__":
    main()
