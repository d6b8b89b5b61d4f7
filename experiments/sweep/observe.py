"""The task of a sweep: the model itself, loaded with this file so that no run's time counts its imports."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from experiments.config import Config
from experiments.store import simulate
from experiments.sweep.tasks import Observed
from sim import model as _loaded  # noqa: F401  (``simulate`` imports it when it is called)
from sim.parameters import Parameters


def observe(parameters: Parameters, seed: int, edges: NDArray[np.int64] | None) -> Observed:
    """Run the model to its end and return every column over its months."""
    observed: Observed = simulate(Config(parameters, edges), seed).datacollector.model_vars
    return observed
