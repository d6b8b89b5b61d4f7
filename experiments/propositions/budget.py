"""How much a question may cost: seeds, looks at them, places in the region."""

from __future__ import annotations

from typing import NamedTuple

from experiments.errors import UsageError


class Budget(NamedTuple):
    """Planned looks (seeds at each), places of the region and seeds at each, and the most runs of either per claim.

    A claim of many arms gets fewer seeds and places, so that none takes the time of all others; never fewer than the
    first look and ``FEWEST_PLACES``.
    """

    name: str
    looks: tuple[int, ...]
    places: int
    place_seeds: int
    most_runs: int


FEWEST_PLACES = 4
BUDGETS = {
    budget.name: budget
    for budget in (
        Budget("quick", (10, 20), 16, 6, 700),
        Budget("standard", (20, 40, 80, 160), 40, 24, 4000),
        Budget("full", (20, 40, 80, 160, 320, 640, 1280), 256, 20, 60000),
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


def looks_for(budget: Budget, worlds: int) -> tuple[int, ...]:
    """Return the planned looks of a claim of so many worlds: those that its runs allow, the first one always."""
    return tuple(seeds for n, seeds in enumerate(budget.looks) if n == 0 or seeds * worlds <= budget.most_runs)


def places_for(budget: Budget, arms: int) -> int:
    """Return how many places of the region a claim of so many arms gets."""
    return max(FEWEST_PLACES, min(budget.places, budget.most_runs // (arms * budget.place_seeds)))
