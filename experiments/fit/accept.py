"""Which runs fit: those whose patterns all lie within a tolerance of their facts.

Such runs' parameters are the posterior of rejection ABC: exact for facts that are known evenly to within the
tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from experiments.case.patterns import Pattern
from experiments.case.setting import Floats
from experiments.fit.table import Rows

FEW = 256
"""Fewer accepted runs than these are called few."""


class Exclusion(NamedTuple):
    """How often a pattern is met.

    Attributes:
        share: share of runs within the tolerance.
        without: share of runs that would be accepted if this pattern were not asked for.
    """

    share: float
    without: float


class Compromise(NamedTuple):
    """A run that comes near: its row, how many patterns it misses, and its largest distance where there is one."""

    row: int
    missed: int
    largest: float


def accepted(off: Floats, tolerance: float) -> Rows:
    """Return the rows within the tolerance of every fact; ``off`` has shape (patterns, runs)."""
    return np.flatnonzero((off <= tolerance).all(axis=0))


def exclusions(off: Floats, tolerance: float) -> list[Exclusion]:
    """Return for each pattern how often it is met, and what would be accepted without it."""
    met = off <= tolerance
    missed = (~met).sum(axis=0)
    return [Exclusion(float(one.mean()), float((missed - ~one == 0).mean())) for one in met]


def compromises(off: Floats, tolerance: float, most: int = 10) -> list[Compromise]:
    """Return the runs that come nearest: those that miss the fewest patterns, and of them the least far off."""
    missed = (off > tolerance).sum(axis=0)
    largest = np.where(np.isfinite(off), off, -np.inf).max(axis=0)
    order = np.lexsort((largest, missed))[:most]
    return [Compromise(int(row), int(missed[row]), float(largest[row])) for row in order]


def like(patterns: Sequence[Pattern], values: Floats, pseudo: Floats, tolerance: float) -> Rows:
    """Return the rows of a table that fit pseudo-facts, read from a run; ``values`` has shape (patterns, runs)."""
    rows = np.arange(values.shape[1])
    for pattern, known, fact in zip(patterns, values, pseudo.tolist(), strict=True):
        rows = rows[pattern.off_from(known[rows], fact) <= tolerance]
    return rows
