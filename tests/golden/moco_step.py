"""Two MoCo v2 steps on a small ResNet18: loss, gradients, query and key weights, queue. One group of keys, no shuffling."""

import torch
from fixed_values import digest, fill, fixed_images, write
from torch import nn
from torch.nn import functional
from torch_backbones import create

FACTOR, SIDE, BATCH, DIMENSION, QUEUE, TEMPERATURE, RATE = 0.0625, 16, 4, 8, 12, 0.2, 0.05


def encoder(offset: int, dtype: torch.dtype) -> nn.Module:
    backbone = create("resnet18-cifar", FACTOR)
    size = int(512 * FACTOR)
    network = nn.Sequential(backbone, nn.Linear(size, size), nn.ReLU(), nn.Linear(size, DIMENSION)).to(dtype)
    fill(network, offset)
    return network.train()


def run(momentum: float, dtype: torch.dtype) -> list[dict]:
    query, key = encoder(0, dtype), encoder(500, dtype)
    optimizer = torch.optim.SGD(query.parameters(), RATE, momentum=0.9, weight_decay=1e-4)
    queue = functional.normalize(fixed_images((QUEUE, DIMENSION), 2000, dtype), dim=1)
    pointer = 0
    steps = []
    for step in range(2):
        view1 = fixed_images((BATCH, 3, SIDE, SIDE), 3000 + 2 * step, dtype)
        view2 = fixed_images((BATCH, 3, SIDE, SIDE), 3001 + 2 * step, dtype)
        queries = functional.normalize(query(view1), dim=1)
        with torch.no_grad():
            for own, other in zip(key.parameters(), query.parameters()):
                own.mul_(momentum).add_(other, alpha=1 - momentum)
            keys = functional.normalize(key(view2), dim=1)
        logits = torch.cat([(queries * keys).sum(1, keepdim=True), queries @ queue.T], 1) / TEMPERATURE
        loss = functional.cross_entropy(logits, torch.zeros(BATCH, dtype=torch.long))
        optimizer.zero_grad()
        loss.backward()
        gradients = [digest(parameter.grad) for parameter in query.parameters()]
        optimizer.step()
        queue[pointer : pointer + BATCH] = keys
        pointer = (pointer + BATCH) % QUEUE
        steps.append(
            {
                "loss": loss.item(),
                "gradients": gradients,
                "queryWeights": [digest(parameter) for parameter in query.parameters()],
                "keyWeights": [digest(parameter) for parameter in key.parameters()],
                "keyStatistics": [digest(buffer) for buffer in key.buffers() if buffer.dtype == dtype],
                "keys": keys.reshape(-1).tolist(),
                "pointer": pointer,
                # Oldest first, as a queue that shifts keeps its rows.
                "queueDigest": digest(torch.roll(queue, -pointer, 0)),
            }
        )
    return steps


def deviation(exact: list[dict], rounded: list[dict]) -> dict[str, float]:
    """How far PyTorch itself goes astray in float32, relative to the largest number of each kind."""
    result = {}
    for name in exact[0]:
        pairs = [
            (a, b)
            for s, t in zip(exact, rounded)
            for a, b in (zip(s[name], t[name]) if isinstance(s[name], list) else [(s[name], t[name])])
        ]
        result[name] = max(abs(a - b) for a, b in pairs) / max(abs(a) for a, _ in pairs)
    return result


cases = []
for momentum in (0.999, 0.5):
    exact = run(momentum, torch.float64)
    cases.append({"keyMomentum": momentum, "float32Deviation": deviation(exact, run(momentum, torch.float32)), "steps": exact})
    print(cases[-1]["float32Deviation"])
settings = {
    "widthFactor": FACTOR, "side": SIDE, "batch": BATCH, "dimension": DIMENSION, "queueSize": QUEUE,
    "temperature": TEMPERATURE, "learningRate": RATE, "momentum": 0.9, "weightDecay": 1e-4,
}  # fmt: skip
write(__file__, {"settings": settings, "cases": cases})
