"""All that a fit found, as its files and figures show it."""

from __future__ import annotations

from typing import Any, NamedTuple

from experiments.case.setting import Floats
from experiments.fit.accept import Compromise, Exclusion
from experiments.fit.config import Fit
from experiments.fit.evidence import Evidence
from experiments.fit.next_facts import Worth
from experiments.fit.posterior import Marginal, Pair
from experiments.fit.table import Rows, Table
from experiments.fit.worlds import Seeds


class Prior(NamedTuple):
    """What a table says before and whether or not any run fits.

    Attributes:
        fit: the config.
        table: the table of runs.
        rows: those that fit at the tolerance of the fit.
        rows_other: those that fit at the other.
        exclusions: of each pattern, at the tolerance.
        exclusions_other: likewise, at the other.
        compromises: the runs that come nearest, with their parameters.
    """

    fit: Fit
    table: Table
    rows: Rows
    rows_other: Rows
    exclusions: list[Exclusion]
    exclusions_other: list[Exclusion]
    compromises: list[tuple[Compromise, dict[str, Any]]]

    def most_excluding(self) -> int:
        """Return the pattern without which most runs would be accepted; if none then, the one most rarely met."""
        found = self.exclusions
        return max(range(len(found)), key=lambda n: (found[n].without, -found[n].share))


class Findings(NamedTuple):
    """What the runs that fit say.

    Attributes:
        prior: the table.
        places: where they lie on the scales of the priors, shape (priors, accepted).
        marginals: of each parameter.
        pairs: of parameters that go together.
        rows: those of the plausible worlds.
        points: their parameters.
        seeds: what they give over seeds.
        evidence: for each mechanism.
        worths: facts worth finding, the best first.
    """

    prior: Prior
    places: Floats
    marginals: list[Marginal]
    pairs: list[Pair]
    rows: Rows
    points: list[dict[str, Any]]
    seeds: Seeds
    evidence: list[Evidence]
    worths: list[Worth]
