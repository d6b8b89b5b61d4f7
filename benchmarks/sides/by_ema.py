"""Our model by the EMA Workbench's evaluator of processes: a thin function that makes a run in one compiled call."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.sides.bare import finals
from sim.outcomes import COLUMNS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own, of what is not installed
    from ema_workbench import IntegerParameter, Model, MultiprocessingEvaluator, ScalarOutcome, Scenario

NAMES = [column.name for column in COLUMNS]


def run(number: int) -> dict[str, float]:
    """Make a run and tell what came of it."""
    return dict(zip(NAMES, finals(range(number, number + 1))[0].tolist(), strict=True))


def evaluator(seeds: Sequence[int], processes: int) -> NDArray[np.float64]:
    """Return the last values of all columns, shape (seeds, columns)."""
    model = Model("flywheel", function=run)
    model.uncertainties = [IntegerParameter("number", 0, max(seeds) + 1)]
    model.outcomes = [ScalarOutcome(name) for name in NAMES]
    with MultiprocessingEvaluator(model, n_processes=processes) as pool:
        given, outcomes = pool.perform_experiments([Scenario(str(seed), number=seed) for seed in seeds])
    order = np.argsort(given["number"].to_numpy())
    return np.array([outcomes[name] for name in NAMES]).T[order]
