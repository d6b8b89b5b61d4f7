"""What to find out next: how much knowing a further fact is expected to move the evidence for each mechanism.

Pseudo-facts v are read from runs that fit, half of them with the mechanism and half without, as equal prior odds have
it. Each would multiply the Bayes factor by

    B(v) = share of fitting runs with the mechanism within a discrepancy of v / the same without it

(½ added to each count, the run that v is from left out). Its worth is the mean of |ln B(v)|, less what as many runs
give whose mechanism is drawn by lot: so a fact that tells nothing is worth 0. Intervals resample the runs.

A fact is thought to be known to within 10 %, or on a linear scale to a tenth of what runs give (5 to 95 %), unless the
case declares its discrepancy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from experiments.case.patterns import Quantity
from experiments.case.setting import Floats

_MOST = 1000  # runs of each kind that are looked at
_LEAST = 20  # below, nothing is said
_RESAMPLED, _BY_LOT = 200, 20
_LOG, _LINEAR = 0.1, 0.1


class Told(NamedTuple):
    """What a quantity would tell of one mechanism.

    Attributes:
        worth: expected change of the log Bayes factor, beyond chance; NaN if too few runs fit.
        low, high: its 90 % interval.
        median_with, median_without: the value that either predicts.
    """

    worth: float
    low: float
    high: float
    median_with: float
    median_without: float


class Worth(NamedTuple):
    """A quantity worth finding: its worth, the mean over mechanisms, and what it tells of each."""

    quantity: Quantity
    worth: float
    low: float
    high: float
    told: list[Told]


def rank(quantities: Sequence[Quantity], with_it: Sequence[Floats], without: Sequence[Sequence[Floats]]) -> list[Worth]:
    """Return the quantities, the one worth most first.

    Args:
        quantities: what could be looked up.
        with_it: of each quantity what the fitting runs give, shape (runs,).
        without: the same for each mechanism, of runs that fit with it off.
    """
    found = []
    for n, quantity in enumerate(quantities):
        told, samples = [], []
        for mechanism in without:
            one, sample = tell(quantity, with_it[n], mechanism[n])
            told.append(one)
            samples.append(sample)
        means = _mean(np.array([one.worth for one in told])[:, None])
        low, high = np.quantile(_mean(np.array(samples)), [0.05, 0.95]) if samples else (math.nan, math.nan)
        found.append(Worth(quantity, float(means[0]) if told else math.nan, float(low), float(high), told))
    return sorted(found, key=lambda each: -each.worth if math.isfinite(each.worth) else math.inf)


def tell(quantity: Quantity, with_it: Floats, without: Floats) -> tuple[Told, Floats]:
    """Return what a quantity would tell of a mechanism, and its worth in resampled runs, shape (resampled,)."""
    one, other = (_fewer(values[np.isfinite(values)]) for values in (with_it, without))
    medians = [float(np.median(each)) if each.size else math.nan for each in (one, other)]
    if min(len(one), len(other)) < _LEAST:
        return Told(math.nan, math.nan, math.nan, *medians), np.full(_RESAMPLED, np.nan)
    rng = np.random.default_rng(0)
    everything = np.concatenate([one, other])
    near = _near(quantity, everything)
    log = getattr(quantity, "scale", "linear") == "log" and float(everything.min()) > 0.0
    if log:
        one, other, everything = np.log(one), np.log(other), np.log(everything)
    lots = [rng.permutation(everything) for _ in range(_BY_LOT)]
    chance = float(np.mean([moved(lot[: len(one)], lot[len(one) :], near) for lot in lots]))
    sample = [moved(rng.choice(one, len(one)), rng.choice(other, len(other)), near) for _ in range(_RESAMPLED)]
    worth = moved(one, other, near)
    # Resampling repeats runs, which moves all its values up: its spread is taken, about what was found.
    about = np.maximum(np.array(sample) - float(np.mean(sample)) + worth - chance, 0.0)
    low, high = np.quantile(about, [0.05, 0.95])
    return Told(max(worth - chance, 0.0), float(low), float(high), *medians), about


def moved(one: Floats, other: Floats, near: float) -> float:
    """Return the mean of |ln B(v)| over values of both kinds, each kind half."""
    return 0.5 * (_half(one, other, near) + _half(other, one, near))


def _half(own: Floats, other: Floats, near: float) -> float:
    counts = [_within(values, own, near) for values in (own, other)]
    shares = (counts[0] - 1 + 0.5) / len(own), (counts[1] + 0.5) / (len(other) + 1)
    return float(np.abs(np.log(shares[0] / shares[1])).mean())


def _within(values: Floats, about: Floats, near: float) -> Floats:
    """Return how many values lie so near each place."""
    values = np.sort(values)
    reach = np.searchsorted(values, about + near, "right") - np.searchsorted(values, about - near, "left")
    return reach.astype(np.float64)


def _near(quantity: Quantity, values: Floats) -> float:
    declared = getattr(quantity, "discrepancy", math.nan)
    if declared is not None and math.isfinite(declared):
        return float(declared)
    if getattr(quantity, "scale", "linear") == "log" and float(values.min()) > 0.0:
        return _LOG
    low, high = np.quantile(values, [0.05, 0.95])
    return _LINEAR * float(high - low)


def _fewer(values: Floats) -> Floats:
    """Return so many values, evenly spaced in their order, that all that follows is quick."""
    if len(values) <= _MOST:
        return values
    return values[np.floor((np.arange(_MOST) + 0.5) * len(values) / _MOST).astype(np.int64)]


def _mean(values: Floats) -> Floats:
    """Return means over mechanisms of which something is known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    return np.asarray(np.where(count > 0, np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan))
