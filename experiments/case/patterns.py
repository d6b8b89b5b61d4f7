"""Patterns that runs are held to, and quantities that are read off them: values from readings, distances from facts.

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

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.case.setting import Compiled, Floats, Readings

Kind: TypeAlias = Literal["ratio", "difference", "order", "yes-no", "interval", "bound"]
Scale: TypeAlias = Literal["log", "linear"]
COUNTED: tuple[Kind, ...] = ("ratio", "difference")
"""Kinds whose distance is counted in discrepancies; the others are met or not."""


@dataclass(frozen=True)
class Pattern:
    """One fact and what it is compared with.

    Attributes:
        name: short, for tables.
        title: what the fact says.
        kind: how a run's distance from it is counted.
        fact: its value.
        derivation: in words, where the value comes from.
        operator: in words, what in a run it is compared with.
        compiled: the operator.
        discrepancy: of a ratio the standard deviation of its logarithm, of a difference its own; else NaN.
        low, high: ends of an interval; a bound has the high one only.
    """

    name: str
    title: str
    kind: Kind
    fact: float
    derivation: str
    operator: str
    compiled: Compiled
    discrepancy: float = math.nan
    low: float = 0.0
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
    """Something of a run that is no pattern: what could still be looked up, or what is predicted.

    Attributes:
        name: short, for tables.
        title: what it is.
        unit: of its values.
        scale: on which its values are to be compared.
        compiled: the operator.
        refuted: of a prediction, one sentence on what would refute it.
        known: of what could be looked up, how it is known already; empty if it is not.
    """

    name: str
    title: str
    unit: str
    scale: Scale
    compiled: Compiled
    refuted: str = ""
    known: str = ""

    @property
    def readings(self) -> tuple[str, ...]:
        """Return the readings that it needs."""
        return self.compiled.readings

    def value(self, table: Readings) -> Floats:
        """Return its values, shape (runs,)."""
        return self.compiled.value(table)


def stacked(columns: list[Floats]) -> Floats:
    """Return columns side by side, shape (runs, columns)."""
    return np.stack(columns, axis=1)


def off_all(patterns: tuple[Pattern, ...], values: Floats) -> Floats:
    """Return how many discrepancies each run is off each fact, shape (runs, patterns)."""
    return stacked([one.off(column) for one, column in zip(patterns, values.T, strict=True)])


def _met(holds: NDArray[np.bool_]) -> Floats:
    return np.where(holds, 0.0, np.inf)
