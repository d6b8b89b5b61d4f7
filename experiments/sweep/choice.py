"""Which engine is the fastest for a design, where the reader names none.

Threads need no start and share what is loaded, but what of a run is Python holds up all of them: the founding of each
setting, which is what points differ in beside numbers and switches, or of each run whose design is drawn.
"""

from __future__ import annotations

import json
import math
from typing import NamedTuple

from experiments.sweep.design import Design
from experiments.sweep.engines import AUTO, default_workers
from experiments.sweep.factors import Factor
from experiments.sweep.tasks import MODEL
from sim.founding import DRAWN, is_alone

_FEW_RUNS = 1000  # a start of processes takes as long as founding as many runs
_FEW_SETTINGS = 64  # are founded once, and their runs still make blocks
_ONE = {"threads": "thread", "processes": "process"}


class Choice(NamedTuple):
    """An engine, and a line on why it was chosen; none if the reader named it."""

    engine: str
    line: str = ""


def choose(engine: str, design: Design, runs: int, workers: int | None = None, task: str = MODEL) -> Choice:
    """Return the engine that a reader named, or the fastest one for the runs of a design that are left."""
    if engine != AUTO:
        return Choice(engine)
    if task != MODEL:
        name, why = "processes", "the task is Python's"
    elif runs <= _FEW_RUNS:
        name, why = "threads", "there are few runs"
    elif _is_drawn(design):
        name, why = "processes", "each run draws a design of its own"
    elif (settings := _settings(design)) > _FEW_SETTINGS:
        name, why = "processes", "points differ in more than numbers and switches"
    else:
        why = "all points share their setting" if settings == 1 else f"points share {settings} settings"
        name = "threads"
    count = default_workers(workers)
    return Choice(name, f"engine: {count} {name if count > 1 else _ONE[name]}, because {why}")


def _is_drawn(design: Design) -> bool:
    """Return whether the design of some run is drawn with its seed."""
    varied = {factor.key: factor.values or () for factor in design.factors}
    for (section, name), drawn in DRAWN.items():
        given = getattr(getattr(design.config.parameters, section), name)
        if drawn in varied.get(f"{section}.{name}", (given,)):
            return True
    return False


def _settings(design: Design) -> float:
    """Return how many settings the points have at most."""
    places = [n for n, factor in enumerate(design.factors) if not is_alone(factor.key)]
    if design.kind == "list":
        return len({json.dumps([row[n] for n in places]) for row in design.listed})
    return math.prod(_values(design.factors[n], design) for n in places)


def _values(factor: Factor, design: Design) -> float:
    if factor.values is not None:
        return len(factor.values)
    levels = factor.levels or design.levels or math.inf
    if not factor.whole or factor.low is None or factor.high is None:
        return levels
    return min(levels, factor.high - factor.low + 1)
