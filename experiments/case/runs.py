"""Runs of the case as one block over seeds, and how far what they read is off the facts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.case.patterns import Floats, Readings, distances, values_of
from experiments.case.reading import Case
from experiments.config import Config, load
from experiments.errors import UsageError
from experiments.figures.words import percent
from experiments.messages.language import marked, phrase
from experiments.shipped import shipped
from sim.block import Block
from sim.founding import network_of, releases_of
from sim.parameters import Parameters
from sim.readings import Seen, parse, read
from sim.world import Records

NO_TRIALS = {"search.enabled": False}
"""The placebo: nobody redesigns anything. Patches and imitation end too, as both rest on experience with trials."""


class Runs(NamedTuple):
    """What runs observed."""

    readings: Readings  # by name, shape (runs,) each
    releases: Records  # of the focal firm in order, shape (runs, releases); of month 0 where none came out


def default_config() -> Path:
    """Return the project's own config of the case: in the checkout, or as installed with the package."""
    if not (found := shipped("configs/case.toml")).exists():
        raise UsageError("case: no configs/case.toml beside the program; name a config: flywheel case CONFIG")
    return found


def case_parameters() -> Parameters:
    """Return the parameters of the case."""
    return load(default_config()).parameters


def run_all(config: Config, seeds: int, names: Sequence[str]) -> Runs:
    """Run seeds 0 to ``seeds`` - 1 and take readings.

    Raises:
        UsageError: values that are each in range, but do not go together.
    """
    parameters, wanted = config.parameters, [parse(name) for name in names]
    told = sorted({one.told for one in wanted if one.told})
    most = len(releases_of(parameters, 0))
    try:
        network = network_of(parameters, config.edges)
        block = Block(parameters, range(seeds), network, told=told, released=most)
        block.go_on()
    except ValueError as error:
        raise UsageError(str(error)) from error
    kept = block.kept
    series = {name: kept.series[:, :, place] for place, name in enumerate(told)}
    values = read(wanted, Seen(series, kept.releases, parameters.architecture.slots))
    return Runs(dict(zip(names, values.T, strict=True)), kept.releases)


LOW, HIGH = 5.0, 95.0
"""Percentiles over seeds that are shown."""
NEAR, FAR = 2.0, 3.0
"""Discrepancies within which a run meets a fact: the strict tolerance and the wide one."""
MAJORITY = 0.5
"""Share of seeds from which on a pattern counts as met."""


class CaseResult(NamedTuple):
    """What the operators read from each seed and how far it is off the facts, with trials and without."""

    case: Case  # what they are compared with
    releases: Records  # of the focal firm, shape (seeds, releases); of month 0 where none came out
    values: Floats  # shape (seeds, patterns)
    off: Floats  # in discrepancies, shape (seeds, patterns)
    off_without: Floats  # the same without trials

    def shares(self, tolerance: float = NEAR) -> Floats:
        """Return the share of seeds that meet each pattern."""
        return np.asarray((self.off <= tolerance).mean(axis=0))

    def whole(self, tolerance: float = NEAR) -> float:
        """Return the share of seeds that meet all patterns at once."""
        return float((self.off <= tolerance).all(axis=1).mean())

    def shares_three(self) -> Floats:
        """Return the shares at both tolerances, and at the strict one without trials, shape (patterns, 3)."""
        return np.stack([self.shares(), self.shares(FAR), (self.off_without <= NEAR).mean(axis=0)], axis=1)

    def whole_three(self) -> tuple[float, float, float]:
        """Return the same for all patterns at once."""
        return self.whole(), self.whole(FAR), float((self.off_without <= NEAR).all(axis=1).mean())

    def spread(self) -> Floats:
        """Return median and percentiles of what each operator read, where defined, shape (patterns, 3)."""
        seen = [column[np.isfinite(column)] for column in self.values.T]
        return np.array([np.percentile(one, [50.0, LOW, HIGH]) if one.size else [np.nan] * 3 for one in seen])


def compare(case: Case, config: Config, seeds: int) -> CaseResult:
    """Run a case over seeds, with trials and without, and compare it with its patterns."""
    without = Config(config.parameters.replace(NO_TRIALS), config.edges)
    runs, placebo = (run_all(given, seeds, case.readings) for given in (config, without))
    values, bare = (values_of(case.patterns, each.readings) for each in (runs, placebo))
    off, off_without = (distances(case.patterns, each).T for each in (values, bare))
    return CaseResult(case, runs.releases, values.T, off, off_without)


def met_in_words(result: CaseResult) -> str:
    """Return how many patterns are met: 4 of 11 patterns met, never all at once."""
    shares, whole = result.shares(), result.whole()
    said = marked("{met} of {all} patterns met, in {share} of seeds all at once" if whole else
                  "{met} of {all} patterns met, never all at once")  # fmt: skip
    return phrase(said, met=int((shares >= MAJORITY).sum()), all=len(shares), share=percent(whole))
