"""What plausible worlds predict.

What is run on is of each world the run that fits, with its own seed and the further releases of the case: up to the
facts' end it is the same run, so that the quantiles are those of the posterior. Beside them are those of all seeds that
fit, in which worlds count by their typicality; with few such runs nothing is said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.case import Quantity
from experiments.case.setting import Floats, Readings
from experiments.errors import RunError
from experiments.fit.config import Fit
from experiments.fit.own_runs import run_on
from experiments.fit.pipeline import Sweeps
from experiments.fit.table import distances, list_design, read_readings
from experiments.fit.worlds import World

QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)
_LEAST = 40  # seeds that fit, for quantiles over them


class Predicted(NamedTuple):
    """What plausible worlds give of one quantity.

    Attributes:
        quantity: what is predicted.
        quantiles: at ``QUANTILES``, over the worlds' own runs.
        typical: at the same, over all seeds that fit.
        missing: share of the worlds whose run does not have it.
    """

    quantity: Quantity
    quantiles: Floats
    typical: Floats
    missing: float


class Predictions(NamedTuple):
    """All predictions, from how many worlds, and how many of their runs over seeds fit."""

    each: list[Predicted]
    worlds: int
    runs: int


def predict(fit: Fit, worlds: list[World], sweeps: Sweeps) -> Predictions:
    """Return what worlds predict.

    Raises:
        RunError: a world's own run no longer fits.
    """
    case = fit.case
    later = replace(fit, config=replace(fit.config, parameters=case.predicted(fit.config.parameters)))
    readings = sorted({*(each for one in case.patterns for each in one.readings), *case.prediction_readings})
    own = run_on(later, worlds, readings)
    if lost := np.flatnonzero(~_fits(fit, own)).tolist():
        raise RunError(f"{len(lost)} of {len(worlds)} worlds do not fit as they did; 'flywheel fit' makes them anew")
    points = [world.parameters for world in worlds]
    folder = sweeps.run(list_design(later, points, fit.settings.seeds, readings), "predict")
    seeds = read_readings(folder, readings)
    fits = _fits(fit, seeds)
    each = []
    for quantity in case.predictions:
        values, typical = quantity.value(own), quantity.value(seeds)[fits]
        missing = float(np.mean(~np.isfinite(values)))
        each.append(Predicted(quantity, quantiles(values), quantiles(typical, _LEAST), missing))
    return Predictions(each, len(worlds), int(fits.sum()))


def _fits(fit: Fit, readings: Readings) -> NDArray[np.bool_]:
    patterns = fit.case.patterns
    off = distances(patterns, np.array([pattern.value(readings) for pattern in patterns]))
    return np.asarray((off <= fit.settings.tolerance).all(axis=0))


def quantiles(values: Floats, least: int = 1) -> Floats:
    """Return quantiles of the values that are finite; NaN if there are fewer than ``least``."""
    finite = values[np.isfinite(values)]
    return np.quantile(finite, QUANTILES) if len(finite) >= least else np.full(len(QUANTILES), np.nan)
