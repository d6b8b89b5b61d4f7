"""How much a question may cost: seeds and looks at them, places in the region and seeds at each."""

from __future__ import annotations

from typing import NamedTuple

from experiments.errors import UsageError
from experiments.inference.looking import looks
from experiments.propositions.evidence import Look

FEWEST_PLACES, FEWEST_EVALUATIONS = 2, 8
CONFIDENCE = 0.95


class Budget(NamedTuple):
    """What one claim may cost: seeds, places, and the most runs of each part, by which claims of many arms get fewer.

    Attributes:
        name: of the budget.
        cap: most seeds of the base, and of each cell.
        fewest: fewest seeds of a look there.
        most_runs: of the base, and of each cell.
        places: most places of the region.
        place_seeds: most seeds of a place.
        region_runs: of the region.
        beyond_runs: of the audit, of the multiverse and of the falsifier.
        least_seeds: of anything, however many runs that are.
    """

    name: str
    cap: int
    fewest: int
    most_runs: int
    places: int
    place_seeds: int
    region_runs: int
    beyond_runs: int
    least_seeds: int

    def looks(self, arms: int) -> list[Look]:
        """Return the planned looks at a world in so many arms: as many seeds as its runs allow."""
        cap = self.cap
        while cap // 2 >= self.fewest and cap * arms > self.most_runs:
            cap //= 2
        cap = self._seeds(arms, self.most_runs, cap)
        fewest = min(self.fewest, cap)
        return [Look(seeds, cap, fewest, CONFIDENCE) for seeds in looks(cap, fewest)]

    def region(self, arms: int) -> tuple[int, int]:
        """Return how many places of the region so many arms get, and seeds at each; seeds give way first."""
        seeds = self._seeds(self.places * arms, self.region_runs, self.place_seeds)
        return max(FEWEST_PLACES, min(self.places, self.region_runs // (arms * seeds))), seeds

    def search(self, arms: int) -> tuple[int, int]:
        """Return how many places a falsifier may look at, and seeds at each: half of those of the region."""
        seeds = max(self.least_seeds, self.region(arms)[1] // 2)
        return max(FEWEST_EVALUATIONS, min(2 * self.places, self.beyond_runs // (arms * seeds))), seeds

    def beyond(self, worlds: int, most: int | None = None) -> int:
        """Return the seeds of so many worlds that are judged once each."""
        return self._seeds(worlds, self.beyond_runs, self.place_seeds if most is None else most)

    def _seeds(self, worlds: int, runs: int, most: int) -> int:
        return max(self.least_seeds, min(most, runs // worlds))


def once(seeds: int, confidence: float = CONFIDENCE) -> Look:
    """Return the one look at so many seeds."""
    return Look(seeds, seeds, seeds, confidence)


BUDGETS = {
    budget.name: budget
    for budget in (
        Budget("quick", 10, 5, 320, 6, 4, 100, 150, 3),
        Budget("standard", 80, 20, 1600, 24, 16, 4000, 1100, 5),
        Budget("full", 1280, 20, 30000, 256, 40, 60000, 40000, 10),
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
