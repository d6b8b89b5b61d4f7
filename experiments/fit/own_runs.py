"""Worlds run again in this process, each with its own seed: the very run that fits, or that run with something changed.

Chance is drawn by decision, so that what no decision asks for anew stays as it was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from experiments.case.setting import Floats, Readings
from experiments.fit.config import Fit, Mechanism
from experiments.fit.table import distances
from experiments.fit.worlds import World
from experiments.sweep.observe import observe
from experiments.sweep.tasks import Context, Job


def run_on(fit: Fit, worlds: Sequence[World], readings: Sequence[str]) -> Readings:
    """Return what worlds read in their own run, each of shape (worlds,)."""
    context = Context(fit.config.parameters.model_dump_json(), fit.config.edges, tuple(readings), ())
    jobs = [Job(n, json.dumps(world.parameters), world.seed) for n, world in enumerate(worlds)]
    found = np.full((len(jobs), len(readings)), np.nan)
    while jobs:
        done = observe(context, jobs)  # as many as its time allows
        found[done.outcomes.number] = done.outcomes.final
        over = {*done.outcomes.number.tolist(), *(failure.number for failure in done.failures)}
        jobs = [job for job in jobs if job.number not in over]
    return dict(zip(readings, found.T, strict=True))


def off_without(fit: Fit, mechanism: Mechanism, worlds: Sequence[World]) -> Floats:
    """Return how many discrepancies the worlds' own runs are off each fact with a mechanism off; (patterns, worlds)."""
    patterns = fit.case.patterns
    readings = sorted({reading for pattern in patterns for reading in pattern.readings})
    stripped = [world._replace(parameters=mechanism.stripped(world.parameters)) for world in worlds]
    found = run_on(fit.without(mechanism), stripped, readings)
    return distances(patterns, np.array([pattern.value(found) for pattern in patterns]))
