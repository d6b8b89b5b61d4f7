"""What to find out next: how much knowing a further fact is expected to move the evidence for each mechanism.

Pseudo-facts v are read from runs that fit, half of them with the mechanism and half without, as equal prior odds have
it. Each would multiply the Bayes factor by

    B(v) = share of fitting runs with the mechanism within a discrepancy of v / the same without it

(½ added to each count, the run that v is from left out). Its worth is the mean of |ln B(v)|, less what as many runs
give whose mechanism is drawn by lot: so a fact that tells nothing is worth 0. Intervals resample the runs.

Left out of this are facts that are known already, and what a fact tells of a mechanism by definition: without it all
runs, whether they fit or not, give the same value, as none where nobody tries anything.

A fact is thought to be known to within 10 %, or on a linear scale to a tenth of what runs give (5 to 95 %).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from experiments.case.patterns import Floats, Pattern, Quantity
from experiments.figures.words import number
from experiments.fit.inference import quantiles
from experiments.fit.table import thinned
from experiments.messages.language import phrase

QUARTILES = (0.25, 0.5, 0.75)
_MOST = 1000  # runs of each kind that are looked at
_LEAST = 20  # below, nothing is said
_RESAMPLED, _BY_LOT = 200, 20
_LOG, _LINEAR = 0.1, 0.1
_PLACES = 12  # decimals of a worth: what is less is of rounding


class Told(NamedTuple):
    """What a quantity would tell of one mechanism."""

    worth: float  # expected change of the log Bayes factor, beyond chance; NaN if too few runs fit
    low: float  # and high: its 90 % interval
    high: float
    with_it: Floats  # and without: quartiles of the values that either predicts, at ``QUARTILES``
    without: Floats
    # whether it tells it by definition: all runs without the mechanism give one value, those with it others
    defined: bool


class Without(NamedTuple):
    """What runs without a mechanism give of each quantity: those that fit, and whether all runs give one value."""

    fitting: list[Floats]
    constant: list[bool]


class Worth(NamedTuple):
    """A quantity worth finding."""

    quantity: Quantity  # what it is
    worth: float  # mean over the mechanisms that it does not tell by definition
    low: float  # and high: its 90 % interval
    high: float
    told: list[Told]  # what it tells of each mechanism
    known: str  # how it is known already; empty if it is not

    @property
    def ranked(self) -> bool:
        """Whether it has a place among the facts worth finding."""
        return not self.known and math.isfinite(self.worth)

    @property
    def most(self) -> int | None:
        """Return the mechanism of which it tells most, but not by definition; None if it tells nothing."""
        open_to = [n for n, one in enumerate(self.told) if not one.defined and one.worth > 0.0]
        return max(open_to, key=lambda n: self.told[n].worth, default=None)


def known_by(quantity: Quantity, patterns: Sequence[Pattern]) -> str:
    """Return how a quantity is known already: as the case says, or by a pattern that reads all it is made of."""
    fact = (one.title for one in patterns if {*quantity.readings} <= {*one.readings})
    return quantity.known or next(fact, "")


def rank(
    quantities: Sequence[Quantity], patterns: Sequence[Pattern], with_it: Sequence[Floats],
    without: Sequence[Without],
) -> list[Worth]:  # fmt: skip
    """Return the quantities, the one worth most first, those that have no rank behind.

    Args:
        quantities: what could be looked up.
        patterns: what is known.
        with_it: of each quantity what the fitting runs give, shape (runs,).
        without: the same for each mechanism, of runs with it off.
    """
    found = []
    for n, quantity in enumerate(quantities):
        told, samples = [], []
        for mechanism in without:
            one, sample = tell(quantity, with_it[n], mechanism.fitting[n], mechanism.constant[n])
            told.append(one)
            samples.append(sample)
        counted = [k for k, one in enumerate(told) if not one.defined and math.isfinite(one.worth)]
        worth = low = high = math.nan
        if counted:
            worth = float(np.mean([told[k].worth for k in counted]))
            low, high = np.quantile(np.mean([samples[k] for k in counted], axis=0), [0.05, 0.95]).tolist()
        found.append(Worth(quantity, worth, low, high, told, known_by(quantity, patterns)))
    return sorted(found, key=lambda each: (not each.ranked, -each.worth if math.isfinite(each.worth) else math.inf))


def one_value(values: Floats) -> bool:
    """Return whether all values that there are, and there are some, are the same."""
    finite = values[np.isfinite(values)]
    return bool(finite.size) and float(np.ptp(finite)) == 0.0


def tell(quantity: Quantity, with_it: Floats, without: Floats, constant: bool) -> tuple[Told, Floats]:
    """Return what a quantity would tell of a mechanism, and its worth in resampled runs, shape (resampled,)."""
    finite = [values[np.isfinite(values)] for values in (with_it, without)]
    before, after = (quantiles(each, QUARTILES) for each in finite)
    one, other = (thinned(each, _MOST) for each in finite)  # so that all that follows is quick
    if min(len(one), len(other)) < _LEAST:
        return Told(math.nan, math.nan, math.nan, before, after, False), np.full(_RESAMPLED, np.nan)
    defined = constant and bool((finite[0] != finite[1][0]).any())
    rng = np.random.default_rng(0)
    everything = np.concatenate([one, other])
    log = quantity.scale == "log" and float(everything.min()) > 0.0
    near = _near(log, everything)
    if log:
        one, other, everything = np.log(one), np.log(other), np.log(everything)
    lots = [rng.permutation(everything) for _ in range(_BY_LOT)]
    chance = float(np.mean([moved(lot[: len(one)], lot[len(one) :], near) for lot in lots]))
    sample = [moved(rng.choice(one, len(one)), rng.choice(other, len(other)), near) for _ in range(_RESAMPLED)]
    worth = moved(one, other, near)
    # Resampling repeats runs, which moves all its values up: its spread is taken, about what was found.
    about = np.maximum(np.array(sample) - float(np.mean(sample)) + worth - chance, 0.0)
    low, high = np.quantile(about, [0.05, 0.95])
    return Told(max(round(worth - chance, _PLACES), 0.0), float(low), float(high), before, after, defined), about


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


def _near(log: bool, values: Floats) -> float:
    """Return how nearly a fact is thought to be known."""
    low, high = np.quantile(values, [0.05, 0.95])
    return _LOG if log else _LINEAR * float(high - low)


def said_quartiles(told: Told) -> tuple[str, str]:
    """Return what a quantity is with and without a mechanism: its median, which may tie, and its quartiles."""
    with_it, without = (
        phrase("{factor} ({low} to {high})", factor=number(q50), low=number(q25), high=number(q75))
        for q25, q50, q75 in (told.with_it, told.without)
    )
    return with_it, without
