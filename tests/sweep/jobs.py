"""Small tasks in place of the model: quick, and some that fail, hang or kill their worker."""

# ruff: noqa: ARG001  (a task is called with all three arguments)

from __future__ import annotations

import os
import signal
import time
from typing import Any

import numpy as np

from sim.outcomes import COLUMNS
from sim.parameters import Parameters

QUICK = "tests.sweep.jobs:quick"
BAD = "tests.sweep.jobs:bad"
SLOW = "tests.sweep.jobs:slow"
ALL_FAIL = "tests.sweep.jobs:all_fail"


def quick(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Draw three months that hang on parameters and seed alone; one column is never a number, one is -0."""
    key = [seed, int(parameters.flywheel.elasticity * 1e9), parameters.rival.count]
    draws = np.random.default_rng(key).normal(size=(len(COLUMNS), 3)).tolist()
    observed = {column.name: draws[n] for n, column in enumerate(COLUMNS)}
    observed["month"] = [1.0, 2.0, 3.0]
    observed["rival_cash"] = [float("nan")] * 3
    observed["gap"] = [-0.0] * 3
    common = np.random.default_rng(seed).normal(size=3).tolist()
    observed["users"] = [value + parameters.flywheel.elasticity for value in common]
    return observed


def slow(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Take a while."""
    time.sleep(0.05)
    return quick(parameters, seed, edges)


def bad(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Raise, hang or die, as the number of rivals says."""
    kind = parameters.rival.count
    if kind == 1:
        raise ValueError(f"no good\nat {parameters.flywheel.elasticity}")
    while kind == 2:
        time.sleep(0.01)
    if kind == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(parameters, seed, edges)


def all_fail(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Fail, each time with another number."""
    raise RuntimeError(f"seed {seed} is no good")


def stuck(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Never return from one call into compiled code, which no signal handler of Python's can interrupt."""
    if parameters.rival.count == 2:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        time.sleep(60)
    return quick(parameters, seed, edges)
