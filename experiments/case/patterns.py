"""Patterns that runs are held to, quantities that are read off them, and what their operators are compiled for.

The distance of a run from a fact is counted in discrepancies, so that patterns of different kinds can be compared:

    ratio         |ln(value / fact)| / discrepancy
    difference    |value - fact| / discrepancy
    order         0 if the value is on the fact's side of 1, else infinite
    yes-no        0 if the value is the fact, else infinite
    interval      0 within it, else infinite
    bound         0 up to it, else infinite

A value that a run does not have, as of a release that never came out, is infinitely far.

Source: brief, the case as evidence.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.case.facts import Facts
from experiments.tables import meant
from sim.outcomes import COLUMNS

Floats: TypeAlias = NDArray[np.float64]
Readings: TypeAlias = Mapping[str, Floats]
"""Values by name of the reading, shape (runs,) each."""


class Compiled(NamedTuple):
    """What an operator reads from runs, and what it makes of it, shape (runs,)."""

    readings: tuple[str, ...]
    value: Callable[[Readings], Floats]


@dataclass(frozen=True)
class Setting:
    """What operators may refer to."""

    facts: Facts  # the case's
    releases: dict[str, int]  # month for which each release of the config is planned, by name and in order
    slots: tuple[str, ...]  # of the product
    months: int  # length of the run

    def number(self, release: str) -> int:
        """Return the number of a release, from 1."""
        if release not in self.releases:
            raise ValueError(f"no release is '{release}'; {meant(release, list(self.releases))}")
        return list(self.releases).index(release) + 1

    def slot(self, slot: str) -> str:
        """Return the name of a slot, if there is one."""
        if slot not in self.slots:
            raise ValueError(f"no slot is '{slot}'; {meant(slot, self.slots)}")
        return slot

    def month(self, text: str) -> int:
        """Return the month of a run in which a month of the calendar falls."""
        try:
            date = datetime.date.fromisoformat(f"{text}-01")
        except ValueError:
            raise ValueError(f"a month must be written as 2024-05, not '{text}'") from None
        month = self.facts.month(date)
        if not 1 <= month <= self.months:
            raise ValueError(f"{text} is month {month}, outside the run's 1 to {self.months}")
        return month

    def at(self, column: str, month: int) -> str:
        """Return the reading of a column at the end of a month."""
        if column not in (known := [one.name for one in COLUMNS]):
            raise ValueError(f"no column is '{column}'; {meant(column, known)}")
        return f"{column}_at_{month}"

    def field(self, field: str, release: str) -> str:
        """Return the reading of a field of a release."""
        return f"{field}_of_{self.number(release)}"


Kind: TypeAlias = Literal["ratio", "difference", "order", "yes-no", "interval", "bound"]
Scale: TypeAlias = Literal["log", "linear"]
COUNTED: tuple[Kind, ...] = ("ratio", "difference")
"""Kinds whose distance is counted in discrepancies; the others are met or not."""


@dataclass(frozen=True)
class Pattern:
    """One fact and what it is compared with."""

    name: str  # short, for tables
    title: str  # what the fact says
    kind: Kind  # how a run's distance from it is counted
    fact: float  # its value
    derivation: str  # in words, where the value comes from
    operator: str  # in words, what in a run it is compared with
    compiled: Compiled  # the operator
    # of a ratio the standard deviation of its logarithm, of a difference its own; else NaN
    discrepancy: float = math.nan
    low: float = 0.0  # and high: ends of an interval; a bound has the high one only
    high: float = math.inf

    @property
    def readings(self) -> tuple[str, ...]:
        """Return the readings that it needs."""
        return self.compiled.readings

    def value(self, table: Readings) -> Floats:
        """Return what the operator gives, shape (runs,)."""
        return self.compiled.value(table)

    def off(self, values: Floats) -> Floats:
        """Return how many discrepancies values are off the fact, of the same shape."""
        return self.off_from(values, self.fact)

    def off_from(self, values: Floats, pseudo: float) -> Floats:
        """Return the same as if a value read from a run were the fact.

        An interval keeps its factors about it; the kinds that are met or not ask for its own verdict on the fact. Of
        what that run does not have, nothing is near.
        """
        given = np.asarray(values, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            off = self._off(given, pseudo)
        return np.where(np.isnan(given) | np.isnan(off) | math.isnan(pseudo), np.inf, off)

    def _off(self, values: Floats, pseudo: float) -> Floats:
        if self.kind == "ratio":
            return np.asarray(np.abs(np.log(values / pseudo)) / self.discrepancy)
        if self.kind == "difference":
            return np.asarray(np.abs(values - pseudo) / self.discrepancy)
        if self.kind == "interval":
            low, high = self.low / self.fact * pseudo, self.high / self.fact * pseudo
            if pseudo == self.fact:  # to the last bit
                low, high = self.low, self.high
            return _met((low <= values) & (values <= high))
        verdict = self._verdict(np.asarray(pseudo)) if pseudo != self.fact else True
        return _met(self._verdict(values) == verdict)

    def _verdict(self, values: Floats) -> NDArray[np.bool_]:
        """Return whether values agree with the fact, of a kind that is met or not."""
        if self.kind == "order":
            return np.asarray((values < 1.0) == (self.fact < 1.0))
        return np.asarray(values == self.fact) if self.kind == "yes-no" else np.asarray(values <= self.high)

    def plausible(self, k: float) -> tuple[float, float]:
        """Return the ends of the values within so many discrepancies."""
        if self.kind == "ratio":
            factor = math.exp(k * self.discrepancy)
            return self.fact / factor, self.fact * factor
        if self.kind == "difference":
            return self.fact - k * self.discrepancy, self.fact + k * self.discrepancy
        if self.kind == "order":
            return (0.0, 1.0) if self.fact < 1.0 else (1.0, math.inf)
        return (self.fact, self.fact) if self.kind == "yes-no" else (self.low, self.high)


@dataclass(frozen=True)
class Quantity:
    """Something of a run that is no pattern: what could still be looked up, or what is predicted."""

    name: str  # short, for tables
    title: str  # what it is
    unit: str  # of its values
    scale: Scale  # on which its values are to be compared
    compiled: Compiled  # the operator
    refuted: str = ""  # of a prediction, one sentence on what would refute it
    known: str = ""  # of what could be looked up, how it is known already; empty if it is not

    @property
    def readings(self) -> tuple[str, ...]:
        """Return the readings that it needs."""
        return self.compiled.readings

    def value(self, table: Readings) -> Floats:
        """Return its values, shape (runs,)."""
        return self.compiled.value(table)


def values_of(patterns: Sequence[Pattern], readings: Readings) -> Floats:
    """Return what each pattern's operator gives, shape (patterns, runs)."""
    return np.array([one.value(readings) for one in patterns])


def distances(patterns: Sequence[Pattern], values: Floats) -> Floats:
    """Return how many discrepancies each value is off its fact; both of shape (patterns, …)."""
    return np.array([one.off(each) for one, each in zip(patterns, values, strict=True)])


def _met(holds: NDArray[np.bool_]) -> Floats:
    return np.where(holds, 0.0, np.inf)
