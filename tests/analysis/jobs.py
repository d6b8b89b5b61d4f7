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
STEPPED = "tests.analysis.jobs:stepped"
HUGE, TINY = "tests.analysis.jobs:huge", "tests.analysis.jobs:tiny"
TOO_LARGE, TOO_SMALL = "tests.analysis.jobs:too_large", "tests.analysis.jobs:too_small"


def known(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Return three months of outcomes that hang on a few parameters as the comments say."""
    elasticity, openness = parameters.flywheel.elasticity, parameters.firm.openness
    mixed = int((elasticity + 7.0 * openness) * 1e9) + 1000 * parameters.reuse.interval + parameters.flywheel.enabled
    common, own = np.random.default_rng(seed).normal(), np.random.default_rng([seed, mixed]).normal()
    switches = parameters.flywheel.enabled, parameters.flywheel.topology == "acyclic", parameters.reuse.enabled
    last = {
        "unit_cost": 10.0 * elasticity,  # no luck
        "users": 10.0 * elasticity + 5.0 * common,  # luck that pairs
        "capability": 10.0 * elasticity + own,  # luck that does not pair
        "cash": elasticity * openness,  # an interaction
        "trials": common,  # the seed alone
        "kept": math.nan if parameters.rival.count == 0 else elasticity,
        "modules": 3.0 * parameters.flywheel.enabled + (parameters.flywheel.topology == "acyclic"),
        "loop_gain": own,  # nothing but luck
        "surplus": 2.0 * sum(switches) + np.random.default_rng([seed, *switches]).normal(),  # effects of switches, luck
    }
    observed = {column.name: [1.0, 1.0, 1.0] for column in COLUMNS}
    return observed | {name: [value / 3.0, value / 2.0, value] for name, value in last.items()}


def failing(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Fail where the elasticity is high, in every seed."""
    if parameters.flywheel.elasticity > 0.7:
        raise ValueError("too elastic")
    return known(parameters, seed, edges)


def stepped(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Return outcomes of which each rises by 10 over the whole range of one factor, with its own luck from the seed."""
    last = {
        "unit_cost": 10.0 * parameters.reuse.enabled,  # a switch
        "users": 5.0 * (parameters.reuse.interval - 1),  # whole numbers 1 to 3
        "capability": 10.0 * (parameters.reuse.lines - 1),  # whole numbers 1 to 2
        "cash": 12.5 * parameters.flywheel.elasticity,  # 0 to 0.8
        "modules": 10.0 * (parameters.flywheel.topology == "acyclic"),  # two words
        "trials": 10.0 * math.log(parameters.search.gamma / 0.5) / math.log(4.0),  # 0.5 to 2, by its logarithm
        "kept": 10.0 * parameters.firm.openness,  # 0 to 1, unevenly spaced
    }
    luck = float(np.random.default_rng(seed).normal())
    observed = {column.name: [1.0, 1.0, 1.0] for column in COLUMNS}
    return observed | {name: [value + luck] * 3 for name, value in last.items()}


def _sized(size: float, parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    observed = known(parameters, seed, edges)
    return {name: [size * value for value in values] for name, values in observed.items()} | {
        "month": observed["month"], "trials": [math.inf] * 3,
    }  # fmt: skip


def huge(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Return the known outcomes times 2^664, some 10^200, whose squares are no numbers."""
    return _sized(2.0**664, parameters, seed, edges)


def tiny(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Return the known outcomes times 2^-664."""
    return _sized(2.0**-664, parameters, seed, edges)


def too_large(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Return the known outcomes times 2^1019, of which differences may be no numbers, and modules as they are."""
    own = {"modules": known(parameters, seed, edges)["modules"]}
    return _sized(2.0**1019, parameters, seed, edges) | own


def too_small(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Return the known outcomes times 2^-1040, of fewer digits than other numbers, and modules as they are."""
    own = {"modules": known(parameters, seed, edges)["modules"]}
    return _sized(2.0**-1040, parameters, seed, edges) | own
