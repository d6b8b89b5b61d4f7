"""Our model by agentpy's ``Experiment``: a thin model of agentpy's that makes a run in one compiled call."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import agentpy
import numpy as np
from numpy.typing import NDArray

from benchmarks.sides.bare import finals
from sim.outcomes import COLUMNS

NAMES = [column.name for column in COLUMNS]


class Wrapped(agentpy.Model):  # type: ignore[misc]
    """A run as a model of agentpy's, of one step."""

    def step(self) -> None:
        """Make the run and report what came of it."""
        for name, value in zip(NAMES, finals(range(self.p.number, self.p.number + 1))[0].tolist(), strict=True):
            self.report(name, value)


def experiment(seeds: Sequence[int], processes: int) -> NDArray[np.float64]:
    """Return the last values of all columns, shape (seeds, columns)."""
    sample = [{"number": seed, "steps": 1} for seed in seeds]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas', of how agentpy calls it
        results = agentpy.Experiment(Wrapped, sample, record=False).run(n_jobs=processes, display=False)
    return np.asarray(results.reporters[NAMES].to_numpy(), dtype=float)
