"""Points grouped by a factor: by its levels if they are few, else by equal counts of points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from experiments.analysis.intervals import Floats, Integers
from experiments.figures.words import number
from experiments.sweep.results import Factor

_FEW = 6  # levels that are kept apart though fewer groups were asked for


@dataclass(frozen=True)
class Axis:
    """A factor as an axis, and the groups along it.

    Attributes:
        factor: key of the factor.
        labels: a name for each group: its level, or the range it spans.
        centres: where each lies on the factor's scale; its number if the levels are no numbers.
        numeric: whether the centres are values of the factor.
        log: whether the factor's scale is logarithmic.
    """

    factor: str
    labels: tuple[str, ...]
    centres: tuple[float, ...]
    numeric: bool
    log: bool


class Groups(NamedTuple):
    """The groups of points by one factor: the axis that they lie on, and the group of each point, shape (points,)."""

    axis: Axis
    member: Integers

    @property
    def counts(self) -> list[int]:
        """Return how many points each group holds."""
        return [int(n) for n in np.bincount(self.member, minlength=len(self.axis.labels))]


def levels_of(factor: Factor, levels: Any) -> list[Any]:
    """Return the levels that occur, each once: numbers ascending, off before on, text as listed in the design."""
    found = set(levels.tolist())
    if levels.dtype != object:
        return sorted(found)
    listed = [str(value) for value in factor.values or ()]
    return [name for name in listed if name in found] + sorted(found - set(listed))


def name_of(level: Any) -> str:
    """Return a level as a label."""
    if isinstance(level, (bool, np.bool_)):
        return "on" if level else "off"
    return number(float(level), 3) if isinstance(level, (int, float)) else str(level)


def group(factor: Factor, levels: Any, most: int) -> Groups:
    """Return the points by a factor in at most so many groups; levels of text, or a few, are all kept apart."""
    found = levels_of(factor, levels)
    numeric, log = levels.dtype.kind == "f", factor.scale == "log"
    if len(found) <= max(most, _FEW) or not numeric:
        place = {level: n for n, level in enumerate(found)}
        member = np.array([place[level] for level in levels.tolist()], dtype=np.int64)
        centres = tuple(float(level) if numeric else float(n) for n, level in enumerate(found))
        return Groups(Axis(factor.key, tuple(map(name_of, found)), centres, numeric, log), member)
    member = _equal_counts(levels, most)
    parts = [levels[member == n] for n in range(int(member.max()) + 1)]
    names = tuple(_span(float(inside.min()), float(inside.max())) for inside in parts)
    middles = tuple(math.exp(np.log(inside).mean()) if log else float(inside.mean()) for inside in parts)
    return Groups(Axis(factor.key, names, middles, True, log), member)


def _span(low: float, high: float) -> str:
    for digits in (2, 3, 4):
        if low != high and number(low, digits) != number(high, digits):
            return f"{number(low, digits)} to {number(high, digits)}"
    return name_of(low)


def _equal_counts(levels: Floats, most: int) -> Integers:
    """Return a group for each value, with equal values together and about as many points in each group."""
    _, place, counts = np.unique(levels, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2.0
    raw = np.minimum((middle / len(levels) * most).astype(np.int64), most - 1)
    return np.asarray(np.unique(raw, return_inverse=True)[1][place], dtype=np.int64)
