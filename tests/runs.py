"""What the tests share: short runs, and what a run observed."""

from __future__ import annotations

import inspect
import sys
import warnings
from typing import Any

import mesa
import numpy as np
import pytest

from sim.model import InnovationModel
from sim.parameters import Parameters
from tests.worlds import CLASSIC

ONCE = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="long, and the same on any Python: done on the oldest"
)
SMALL = CLASSIC | {"run.months": 24, "diffusion.adopters": 200, "diffusion.p": 0.02, "diffusion.q": 0.1}


def run(seed: int = 0, edges: Any = None, **changes: Any) -> InnovationModel:
    """Run a small world, changed as told, to its end."""
    model = InnovationModel(Parameters().replace(SMALL | changes), rng=seed, edges=edges)
    while model.running:
        model.step()
    return model


def in_batches(model: type[mesa.Model], parameters: dict[str, Any], seeds: list[int]) -> list[dict[str, Any]]:
    """Run a model by Mesa's batch_run, whose newer versions take seeds by an argument of their own."""
    own = "rng" in inspect.signature(mesa.batch_run).parameters
    seeded = {} if own else {"rng": seeds}
    given: dict[str, Any] = {"rng": seeds} if own else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Mesa 3.5 deprecates an argument that 3.3 needs
        rows = mesa.batch_run(model, parameters | seeded, number_processes=1, display_progress=False, **given)
    getattr(mesa.Agent, "_ids", {}).clear()  # Mesa 3.3 holds every model with registered agents for ever
    return list(rows)


def series(model: InnovationModel) -> dict[str, np.ndarray]:
    """Return every observed column as an array over months."""
    return {name: np.array(values, dtype=float) for name, values in model.datacollector.model_vars.items()}


def differs(a: InnovationModel, b: InnovationModel) -> set[str]:
    """Return the columns in which two runs differ anywhere."""
    left, right = series(a), series(b)
    return {name for name in left if not np.array_equal(left[name], right[name], equal_nan=True)}
