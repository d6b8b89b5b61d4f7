"""How much a question may cost: seeds and looks at them, places in the region and seeds at each."""

from __future__ import annotations

from typing import NamedTuple

from experiments.errors import UsageError
from experiments.inference.looking import looks
from experiments.propositions.evidence import Look

FEWEST_PLACES = 2
CONFIDENCE = 0.95
FEWEST_SEEDS = 5


class Budget(NamedTuple):
    """The most seeds, the fewest at a look, places of the region, seeds at each, and the most runs of either.

    A claim of many arms gets fewer seeds and places, so that none takes the time of all others.
    """

    name: str
    cap: int
    fewest: int
    places: int
    place_seeds: int
    most_runs: int

    def looks(self, worlds: int) -> list[Look]:
        """Return the planned looks of a claim of so many worlds: as many seeds as its runs allow."""
        cap = self.cap
        while cap // 2 >= self.fewest and cap * worlds > self.most_runs:
            cap //= 2
        return [Look(seeds, cap, self.fewest, CONFIDENCE) for seeds in looks(cap, self.fewest)]

    def places_for(self, arms: int) -> int:
        """Return how many places of the region a claim of so many arms gets."""
        return max(FEWEST_PLACES, min(self.places, self.most_runs // (arms * self.place_seeds)))

    def seeds_for(self, worlds: int) -> int:
        """Return the seeds for many worlds of one claim that are judged once each: those at a place, or fewer."""
        return max(FEWEST_SEEDS, min(self.place_seeds, 4 * self.most_runs // worlds))

    @property
    def at_a_place(self) -> Look:
        """The one look at a place of the region."""
        return Look(self.place_seeds, self.place_seeds, self.place_seeds, CONFIDENCE)


BUDGETS = {
    budget.name: budget
    for budget in (
        Budget("quick", 20, 10, 12, 6, 500),
        Budget("standard", 80, 20, 24, 16, 1000),
        Budget("full", 1280, 20, 256, 40, 60000),
    )
}


def budget_named(name: str) -> Budget:
    """Return a budget.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in BUDGETS:
        raise UsageError(f"--budget: must be one of {', '.join(BUDGETS)}, not {name!r}")
    return BUDGETS[name]
