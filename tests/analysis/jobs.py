"""Tasks of which the analysis is known: what hangs on which factor, and how much is luck of which kind."""

# ruff: noqa: ARG001  (a task is called with all three arguments)

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.outcomes import COLUMNS
from sim.parameters import Parameters

KNOWN = "tests.analysis.jobs:known"
FAILING = "tests.analysis.jobs:failing"


def known(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Return three months of outcomes that hang on a few parameters as the comments say."""
    elasticity, openness = parameters.flywheel.elasticity, parameters.firm.openness
    mixed = int((elasticity + 7.0 * openness) * 1e9) + 1000 * parameters.reuse.interval + parameters.flywheel.enabled
    common, own = np.random.default_rng(seed).normal(), np.random.default_rng([seed, mixed]).normal()
    last = {
        "unit_cost": 10.0 * elasticity,  # no luck
        "users": 10.0 * elasticity + 5.0 * common,  # luck that pairs
        "capability": 10.0 * elasticity + own,  # luck that does not pair
        "cash": elasticity * openness,  # an interaction
        "trials": common,  # the seed alone
        "kept": math.nan if parameters.rival.count == 0 else elasticity,
        "modules": 3.0 * parameters.flywheel.enabled + (parameters.flywheel.topology == "acyclic"),
        "loop_gain": own,  # nothing but luck
    }
    observed = {column.name: [1.0, 1.0, 1.0] for column in COLUMNS}
    return observed | {name: [value / 3.0, value / 2.0, value] for name, value in last.items()}


def failing(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Fail where the elasticity is high, in every seed."""
    if parameters.flywheel.elasticity > 0.7:
        raise ValueError("too elastic")
    return known(parameters, seed, edges)
