"""A case compared with its patterns: what the operators read from each seed, and how far it is off the facts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from experiments.case.patterns import off_all, stacked
from experiments.case.reading import Case
from experiments.case.runs import NO_TRIALS, run_all
from experiments.case.setting import Floats
from experiments.config import Config
from experiments.figures.words import percent
from sim.world import Records

LOW, HIGH = 5.0, 95.0
"""Percentiles over seeds that are shown."""
NEAR, FAR = 2.0, 3.0
"""Discrepancies within which a run meets a fact: the strict tolerance and the wide one."""
MAJORITY = 0.5
"""Share of seeds from which on a pattern counts as met."""


class CaseResult(NamedTuple):
    """What the operators read from each seed and how far it is off the facts, with trials and without.

    Attributes:
        case: what they are compared with.
        releases: of the focal firm, shape (seeds, releases); of month 0 where none came out.
        values: shape (seeds, patterns).
        off: in discrepancies, shape (seeds, patterns).
        off_without: the same without trials.
    """

    case: Case
    releases: Records
    values: Floats
    off: Floats
    off_without: Floats

    def shares(self, tolerance: float = NEAR) -> Floats:
        """Return the share of seeds that meet each pattern."""
        return np.asarray((self.off <= tolerance).mean(axis=0))

    def whole(self, tolerance: float = NEAR) -> float:
        """Return the share of seeds that meet all patterns at once."""
        return float((self.off <= tolerance).all(axis=1).mean())

    def spread(self) -> Floats:
        """Return median and percentiles of what each operator read, where defined, shape (patterns, 3)."""
        seen = [column[np.isfinite(column)] for column in self.values.T]
        return np.array([np.percentile(one, [50.0, LOW, HIGH]) if one.size else [np.nan] * 3 for one in seen])


def compare(case: Case, config: Config, seeds: int) -> CaseResult:
    """Run a case over seeds, with trials and without, and compare it with its patterns."""
    without = Config(config.parameters.replace(NO_TRIALS), config.edges)
    runs, placebo = (run_all(given, seeds, case.readings) for given in (config, without))
    values, bare = (stacked([one.value(each.readings) for one in case.patterns]) for each in (runs, placebo))
    return CaseResult(case, runs.releases, values, off_all(case.patterns, values), off_all(case.patterns, bare))


def met_in_words(result: CaseResult) -> str:
    """Return how many patterns are met: 4 of 11 patterns met, never all at once."""
    shares, whole = result.shares(), result.whole()
    often = f"in {percent(whole)} of seeds all at once" if whole else "never all at once"
    return f"{int((shares >= MAJORITY).sum())} of {len(shares)} patterns met, {often}"
