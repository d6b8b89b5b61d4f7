"""What every method returns: indices, one a line of ``indices.csv``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from experiments.analysis.intervals import Estimate

MEASURES = {
    ("sobol", "first"): "share of the variance of the mean that the factor explains by itself",
    ("sobol", "total"): "share with its interactions; seed noise raises it",
    ("sobol", "second"): "share that two factors explain only together",
    ("sobol", "first, noise-corrected"): "share by itself of the variance that the factors make",
    ("sobol", "total, noise-corrected"): "share with its interactions of the variance that the factors make",
    ("morris", "mu_star"): "mean size of the change over the factor's range, in the outcome's unit",
    ("morris", "mu"): "mean change, with its sign",
    ("morris", "sigma"): "spread of the changes: bends and interactions, and seed noise",
    ("morris", "luck"): "mu_star that seed noise would give without any effect",
    ("levels", "first"): "share of the variance over the grid that the factor explains by itself",
    ("levels", "total"): "share over the grid with its interactions",
    ("levels", "pair"): "share that two factors explain only together",
    ("contrast", "effect"): "outcome at the higher level less that at the lower, in the outcome's unit",
    ("contrast", "interaction"): "half of what one factor's effect differs between the levels of the other",
    (
        "regression",
        "coefficient",
    ): "change in the outcome (SD) per SD of the factor; for factors with words as values, its size only",
    (
        "forest",
        "importance",
    ): "half the squared error that shuffling it adds for new points, over the variance",
}


IN_UNITS = ("contrast", "morris")  # methods whose estimates have the outcome's unit


class Index(NamedTuple):
    """One number of one method for one factor, or for two."""

    method: str
    measure: str
    factor: str
    factor2: str
    estimate: Estimate
    note: str = ""

    def times(self, scale: float) -> Index:
        """Return the index of an outcome in units of which one is so many of its own: the same if it is a share."""
        return self._replace(estimate=self.estimate.times(scale)) if self.method in IN_UNITS else self


def of(indices: Iterable[Index], method: str, measure: str) -> list[Index]:
    """Return the indices of one method and measure."""
    return [each for each in indices if (each.method, each.measure) == (method, measure)]
