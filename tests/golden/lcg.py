"""Numbers that Python and TypeScript make alike (tests/golden/lcg.ts), so that no inputs need to be stored."""

import numpy as np


class Lcg:
    """Numerical Recipes' linear congruential generator; values are exact in float64."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def uniform(self) -> float:
        self.state = (1664525 * self.state + 1013904223) % 2**32
        return self.state / 2**32

    def blobs(self, count: int, dimension: int, clusters: int, spread: float) -> np.ndarray:
        """Row i lies around centre i % clusters; float32, rows not normalised."""
        centres = [[self.uniform() - 0.5 for _ in range(dimension)] for _ in range(clusters)]
        rows = [[centres[i % clusters][j] + spread * (self.uniform() - 0.5) for j in range(dimension)] for i in range(count)]
        return np.array(rows, dtype=np.float64).astype(np.float32)
