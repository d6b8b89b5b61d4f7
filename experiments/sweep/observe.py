"""The task of a sweep: the model itself, loaded and compiled with this file so that no run's time counts that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from experiments.config import Config
from experiments.store import simulate
from experiments.sweep.tasks import Observed
from sim.parameters import Parameters


def observe(parameters: Parameters, seed: int, edges: NDArray[np.int64] | None) -> Observed:
    """Run the model to its end and return every column over its months."""
    observed: Observed = simulate(Config(parameters, edges), seed).datacollector.model_vars
    return observed


observe(Parameters().replace({"run.months": 1, "diffusion.adopters": 9, "diffusion.seeds": 1.0}), 0, None)
