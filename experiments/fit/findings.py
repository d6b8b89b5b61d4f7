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
from experiments.fit.worlds import Seeds, World


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
        worlds: the plausible worlds.
        seeds: what they give over seeds.
        evidence: for each mechanism.
        luck: share of the worlds' seeds that meet each pattern, and last all, nothing off; shape (patterns + 1,).
        worths: facts worth finding, the best first.
    """

    prior: Prior
    places: Floats
    marginals: list[Marginal]
    pairs: list[Pair]
    rows: Rows
    worlds: list[World]
    seeds: Seeds
    evidence: list[Evidence]
    luck: Floats
    worths: list[Worth]

    @property
    def points(self) -> list[dict[str, Any]]:
        """Return the free parameters of each world, by key."""
        return [world.parameters for world in self.worlds]

    @property
    def ranked(self) -> list[Worth]:
        """Return the facts worth finding, the best first: not those that are known, or of which nothing can be said."""
        return [one for one in self.worths if one.ranked]
