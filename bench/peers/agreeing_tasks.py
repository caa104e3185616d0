"""A labelling that is easy to learn from several kinds of features: the idea of TURTLE (Gadetsky, Jiang & Brbic 2024), our own version."""

import math

import torch
from torch.nn.functional import log_softmax, softmax

steps = 500
inner_steps = 5
inner_rate = 10.0
outer_rate = 0.01
balance = 10.0


def standardised(part):
    part = part - part.mean(0)
    return part / part.norm(dim=1).mean()


def turtle(parts, count, seed):
    """A linear map of each kind of features gives a soft label, their mean is the labelling; it moves to where linear classifiers, trained
    on the labelling for a few steps of each kind of features, are right about it, and stays spread over `count` labels by its entropy."""
    torch.manual_seed(seed)
    spaces = [standardised(torch.from_numpy(part)) for part in parts]
    task = [torch.nn.Parameter(torch.randn(space.shape[1], count) / math.sqrt(space.shape[1])) for space in spaces]
    outer = torch.optim.Adam(task, lr=outer_rate)
    probes = [torch.zeros(space.shape[1], count) for space in spaces]

    def labelling():
        return torch.stack([softmax(space @ weights, 1) for space, weights in zip(spaces, task)]).mean(0)

    for _ in range(steps):
        labels = labelling()
        given = labels.detach()
        with torch.no_grad():
            for space, probe in zip(spaces, probes):
                # The gradient of cross-entropy, on features of about unit length.
                for _ in range(inner_steps):
                    probe -= inner_rate * (space.T @ (softmax(space @ probe, 1) - given)) * (count / len(space))
        loss = -sum((labels * log_softmax(space @ probe, 1)).sum(1).mean() for space, probe in zip(spaces, probes))
        share = labels.mean(0)
        entropy = -(share * share.clamp_min(1e-12).log()).sum()
        outer.zero_grad()
        (loss - balance * entropy).backward()
        outer.step()
    return labelling().argmax(1).numpy()
