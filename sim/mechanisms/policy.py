"""Policy: levers on a schedule of months; levels of the same lever add up.

Source: claim h.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Measure(NamedTuple):
    """One lever at one level from its first month to its last."""

    lever: str
    start: int
    end: int
    level: float


def in_force(schedule: Iterable[Measure], levers: Iterable[str], month: int) -> dict[str, float]:
    """Return the level of each lever in a month; 0 where none is in force."""
    levels = dict.fromkeys(levers, 0.0)
    for measure in schedule:
        if measure.start <= month <= measure.end:
            levels[measure.lever] += measure.level
    return levels
