"""Power analysis: what a budget costs and what it can decide, from a pilot on seeds of its own.

The pilot is judged as answers are, and its spread a seed gives the power that more seeds would have: the chance that an
effect of twice the smallest one of interest is found, at Holm's first step over all claims of the folder. A pilot is
small: all this is a forecast, good to a factor of two in seeds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from experiments.claims.answers import judged
from experiments.claims.claim import Claim
from experiments.claims.laboratory import RUNS, Laboratory
from experiments.claims.ladder import ENOUGH_POWER
from experiments.claims.over import BUDGETS, Budget, Worlds
from experiments.claims.schema import RungName
from experiments.sweep.engines import default_workers
from experiments.sweep.ledger import Ledger

PILOT_WORLDS, PILOT_SEEDS = 16, 16


class Power(NamedTuple):
    """What a budget can decide of a rung.

    Attributes:
        rung, budget: which.
        seeds: a world.
        power: the median over worlds.
        powered: the share of worlds in which it is 0.8 or more.
    """

    rung: RungName
    budget: str
    seeds: int
    power: float
    powered: float


class Cost(NamedTuple):
    """What a budget takes: runs, and seconds with the workers there are."""

    budget: str
    runs: int
    seconds: float


@dataclass(frozen=True)
class Plan:
    """What each budget can decide of a claim, and what it takes."""

    id: str
    powers: tuple[Power, ...]
    costs: tuple[Cost, ...]


def plan(
    claim: Claim, worlds: Worlds, laboratory: Laboratory, family: int, budgets: Iterable[Budget] = BUDGETS.values()
) -> Plan:
    """Run a pilot of a claim, and forecast what each budget can decide.

    Args:
        claim: what is asked.
        worlds: where, all that the largest budget takes.
        laboratory: where runs are made.
        family: how many claims there are, all told, asked or not.
        budgets: which.

    Raises:
        FlywheelError: a sweep was stopped, or could not be carried out.
    """
    table = laboratory.outcomes(claim, worlds.first(PILOT_WORLDS), PILOT_SEEDS, "pilot")
    options, seconds = laboratory.options, _seconds(laboratory, claim)
    workers = 1 if options.engine == "serial" else default_workers(options.workers)
    powers, costs = list[Power](), list[Cost]()
    for budget in budgets:
        count = min(budget.worlds, len(worlds))
        seeds = budget.seeds_of(len(claim.arms), count)
        for rung in judged(claim, table, family, seeds):
            share = float((rung.power >= ENOUGH_POWER).mean())
            powers.append(Power(rung.rung.name, budget.name, seeds, float(np.median(rung.power)), share))
        runs = len(claim.arms) * count * seeds
        costs.append(Cost(budget.name, runs, runs * seconds / workers))
    return Plan(claim.id, tuple(powers), tuple(costs))


def _seconds(laboratory: Laboratory, claim: Claim) -> float:
    """Return the mean seconds of a run of the pilot; NaN if none is done."""
    with Ledger.read(laboratory.folder / RUNS / f"{claim.id}-pilot") as ledger:
        (mean,) = ledger.connection.execute("SELECT avg(seconds) FROM runs WHERE status = 'done'").fetchone()
    return float("nan") if mean is None else float(mean)
