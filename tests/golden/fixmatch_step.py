"""Two FixMatch steps on a small WRN-28-2: losses, mask rate, weights, their moving average."""

import copy

import torch
from fixed_values import digest, fill, fixed_images, write
from torch import nn
from torch.nn import functional
from torch_backbones import create

FACTOR, SIDE, LABELED, UNLABELED, CLASSES, RATE, AVERAGE = 0.125, 16, 3, 6, 3, 0.03, 0.999
LABELS = torch.tensor([0, 2, 1])


def run(threshold: float, dtype: torch.dtype) -> list[dict]:
    network = nn.Sequential(create("wide-resnet-28-2", FACTOR), nn.Linear(int(128 * FACTOR), CLASSES)).to(dtype)
    fill(network, 0)
    network.train()
    average = copy.deepcopy(network)
    norms = {id(p) for m in network.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters()}
    spared = [p for p in network.parameters() if id(p) in norms]
    decayed = [p for p in network.parameters() if id(p) not in norms]
    groups = [{"params": decayed, "weight_decay": 5e-4}, {"params": spared, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, RATE, momentum=0.9, nesterov=True)
    steps = []
    for step in range(2):
        labeled = fixed_images((LABELED, 3, SIDE, SIDE), 4000 + 3 * step, dtype)
        weak = fixed_images((UNLABELED, 3, SIDE, SIDE), 4001 + 3 * step, dtype)
        strong = fixed_images((UNLABELED, 3, SIDE, SIDE), 4002 + 3 * step, dtype)
        logits = network(torch.cat([labeled, weak, strong]))
        of_labeled, of_weak, of_strong = logits.split([LABELED, UNLABELED, UNLABELED])
        probability, pseudo = of_weak.detach().softmax(1).max(1)
        mask = (probability >= threshold).to(dtype)
        labeled_loss = functional.cross_entropy(of_labeled, LABELS)
        unlabeled_loss = (functional.cross_entropy(of_strong, pseudo, reduction="none") * mask).mean()
        optimizer.zero_grad()
        (labeled_loss + 1.0 * unlabeled_loss).backward()
        gradients = [digest(parameter.grad) for parameter in network.parameters()]
        optimizer.step()
        with torch.no_grad():
            for own, other in zip(average.parameters(), network.parameters()):
                own.mul_(AVERAGE).add_(other, alpha=1 - AVERAGE)
            for own, other in zip(average.buffers(), network.buffers()):
                own.copy_(other)
        # A float32 run must decide alike: no probability lies at the threshold.
        assert (probability - threshold).abs().min() > 1e-3, probability
        steps.append(
            {
                "labeledLoss": labeled_loss.item(),
                "unlabeledLoss": unlabeled_loss.item(),
                "maskRate": mask.mean().item(),
                "pseudoLabels": pseudo.tolist(),
                "gradients": gradients,
                "weights": [digest(p) for p in network.parameters()],
                "averageWeights": [digest(p) for p in average.parameters()],
                "averageStatistics": [digest(b) for b in average.buffers() if b.dtype == dtype],
            }
        )
        print(threshold, probability.tolist(), mask.mean().item())
    return steps


def deviation(exact: list[dict], rounded: list[dict]) -> float:
    """How far PyTorch itself goes astray in float32, relative to the largest number of each kind."""
    names = [name for name in exact[0] if isinstance(exact[0][name], list)]
    return max(
        max(abs(a - b) for a, b in zip(s[name], t[name])) / max(abs(a) for a in s[name])
        for s, t in zip(exact, rounded)
        for name in names
    )


cases = []
for threshold in (0.95, 0.37):
    exact = run(threshold, torch.float64)
    cases.append({"threshold": threshold, "float32Deviation": deviation(exact, run(threshold, torch.float32)), "steps": exact})
settings = {
    "widthFactor": FACTOR, "side": SIDE, "labels": LABELS.tolist(), "unlabeled": UNLABELED, "classes": CLASSES, "learningRate": RATE,
    "momentum": 0.9, "weightDecay": 5e-4, "averageMomentum": AVERAGE, "unlabeledLossWeight": 1.0,
}  # fmt: skip
write(__file__, {"settings": settings, "cases": cases})
