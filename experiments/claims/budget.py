"""How much a question may cost: worlds, seeds a world, and the most runs of one claim."""

from __future__ import annotations

from typing import NamedTuple

from experiments.errors import UsageError


class Budget(NamedTuple):
    """What one claim may cost.

    Attributes:
        name: of the budget.
        worlds: worlds in which it is judged.
        seeds: most seeds a world.
        runs: most runs of a claim; one of many arms gets fewer seeds.
        beside: worlds of each control, null world and other form.
        places: places on each axis of a phase diagram.
    """

    name: str
    worlds: int
    seeds: int
    runs: int
    beside: int
    places: int

    def seeds_of(self, arms: int, worlds: int | None = None) -> int:
        """Return the seeds a world that a claim of so many arms gets."""
        return max(LEAST_SEEDS, min(self.seeds, self.runs // (arms * (self.worlds if worlds is None else worlds))))


LEAST_SEEDS = 8
BUDGETS = {
    budget.name: budget
    for budget in (
        Budget("quick", 16, 80, 10_000, 8, 4),
        Budget("standard", 64, 160, 80_000, 16, 6),
        Budget("full", 256, 160, 200_000, 16, 7),
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
