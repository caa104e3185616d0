"""The published loop of SPICE-Self on cached features, straightforwardly in PyTorch: the peer of self-heads.ts."""

import argparse
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from rounds import serve_rounds

SET, BATCH, REPEATS, HEADS, CENTER_RATIO = 5000, 128, 8, 10, 0.5


def select(embedding, probabilities, clusters):
    """Pairs of image and label: images nearest to the mean of each column's most confident images."""
    count = len(embedding) // clusters
    nearest = int(CENTER_RATIO * count)
    centers = torch.stack([embedding[probabilities[:, c].topk(nearest).indices].mean(0) for c in range(clusters)])
    images = (centers @ embedding.T).topk(count, dim=1).indices
    labels = torch.arange(clusters).repeat_interleave(count)
    return images.reshape(-1), labels


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--file", required=True)
    for name in ("images", "dimension", "clusters", "weak", "strong", "epochs"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    torch.set_num_threads(2)
    set_size = min(SET, given.images)
    views = torch.from_numpy(np.fromfile(given.file, dtype=np.float32)).reshape(-1, given.images, given.dimension)
    plain, weak, strong = views[0], views[1 : 1 + given.weak], views[1 + given.weak :]
    embedding = F.normalize(plain, dim=1)
    seed = 0

    def work(_):
        nonlocal seed
        seed += 1
        torch.manual_seed(seed)
        size = given.dimension
        heads = [nn.Sequential(nn.Linear(size, size), nn.ReLU(), nn.Linear(size, given.clusters), nn.Softmax(1)) for _ in range(HEADS)]
        optimizer = torch.optim.Adam([p for head in heads for p in head.parameters()], lr=0.005)
        seconds, losses, steps, sets = [], [], 0, 0
        started_at = time.perf_counter()
        for _epoch in range(given.epochs):
            for _set in range(given.images // set_size):
                chosen = torch.randperm(given.images)[:set_size]
                with torch.no_grad():
                    scored = [head(weak[sets % given.weak][chosen]) for head in heads]
                    pairs = [select(embedding[chosen], probabilities, given.clusters) for probabilities in scored]
                sets += 1
                for _repeat in range(REPEATS):
                    order = torch.randperm(len(pairs[0][1]))
                    for start in range(0, len(order) - BATCH + 1, BATCH):
                        loss = 0
                        for head, (images, labels) in zip(heads, pairs):
                            places = order[start : start + BATCH]
                            view = torch.randint(given.strong, (BATCH,))
                            loss = loss + F.cross_entropy(head(strong[view, chosen[images[places]]]), labels[places])
                        optimizer.zero_grad(set_to_none=True)
                        (loss / HEADS).backward()
                        optimizer.step()
                        steps += 1
            with torch.no_grad():
                best = float("inf")
                for head in heads:
                    probabilities = head(plain)
                    images, labels = select(embedding, probabilities, given.clusters)
                    best = min(best, F.cross_entropy(probabilities[images], labels).item())
            seconds.append(time.perf_counter() - started_at)
            losses.append(best)
        return {"seconds": seconds, "losses": losses, "steps": steps}

    serve_rounds(work)


if __name__ == "__main__":
    main()
