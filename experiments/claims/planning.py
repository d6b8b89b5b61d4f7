"""Power analysis: what a budget costs and what it can decide, from a pilot on seeds of its own.

The pilot's 95 % interval of an effect in a world gives its spread a seed, σ, and so what n seeds would reach there,

    power  Φ(s √n / σ - t)        s the smallest effect size of interest, t the quantile of n - 1 degrees

the chance that an effect of twice s is found. A rung has the power of its weakest effect, or of its strongest if any
will do. A pilot is small: all this is a forecast, good to a factor of two in seeds. Holm's procedure is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from experiments.claims.answers import judged
from experiments.claims.budget import BUDGETS, Budget
from experiments.claims.claim import Claim
from experiments.claims.estimands import ESTIMANDS
from experiments.claims.estimands.base import Floats
from experiments.claims.judging import EffectFound, RungFound, quantile_t
from experiments.claims.laboratory import RUNS, Laboratory
from experiments.claims.ladder import ENOUGH_POWER
from experiments.claims.over import Worlds
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
    claims: Sequence[Claim], worlds: Worlds, laboratory: Laboratory, budgets: Sequence[Budget] = tuple(BUDGETS.values())
) -> list[Plan]:
    """Run a pilot of each claim, and forecast what each budget can decide.

    Args:
        claims: what is asked.
        worlds: where, all that the largest budget takes.
        laboratory: where runs are made.
        budgets: which.

    Raises:
        FlywheelError: a sweep was stopped, or could not be carried out.
    """
    return [_plan(claim, worlds, laboratory, budgets) for claim in claims]


def _plan(claim: Claim, worlds: Worlds, laboratory: Laboratory, budgets: Sequence[Budget]) -> Plan:
    found = judged(claim, laboratory.outcomes(claim, worlds.first(PILOT_WORLDS), PILOT_SEEDS, "pilot"))
    seconds = _seconds(laboratory, claim)
    powers, costs = list[Power](), list[Cost]()
    for budget in budgets:
        count = min(budget.worlds, len(worlds))
        seeds = budget.seeds_of(len(claim.arms), count)
        for rung in found:
            power = rung_power(rung, seeds)
            share = float((power >= ENOUGH_POWER).mean())
            powers.append(Power(rung.rung.name, budget.name, seeds, float(np.median(power)), share))
        runs = len(claim.arms) * count * seeds
        costs.append(Cost(budget.name, runs, runs * seconds / _workers(laboratory)))
    return Plan(claim.id, tuple(powers), tuple(costs))


def rung_power(found: RungFound, seeds: int) -> Floats:
    """Return the power that a rung would have in each world at so many seeds."""
    each = np.stack([power_at(effect, seeds) for effect in found.effects])
    return np.asarray(each.min(axis=0) if found.rung.need == "all" else each.max(axis=0))


def power_at(found: EffectFound, seeds: int) -> Floats:
    """Return the power that an effect would have in each world at so many seeds; 0 where it is not bounded."""
    low, high = ESTIMANDS[found.effect.kind].bounds(found.effect)
    spread = (found.high - found.low) / 2.0 / quantile_t(found.seeds) * np.sqrt(found.seeds)
    with np.errstate(divide="ignore"):
        away = (high - low) / 2.0 * np.sqrt(seeds) / spread
    return np.where(np.isfinite(spread), special.ndtr(away - quantile_t(np.array(seeds))), 0.0)


def _seconds(laboratory: Laboratory, claim: Claim) -> float:
    """Return the mean seconds of a run of the pilot; NaN if none is done."""
    with Ledger.read(laboratory.folder / RUNS / f"{claim.id}-pilot") as ledger:
        (mean,) = ledger.connection.execute("SELECT avg(seconds) FROM runs WHERE status = 'done'").fetchone()
    return float("nan") if mean is None else float(mean)


def _workers(laboratory: Laboratory) -> int:
    options = laboratory.options
    return 1 if options.engine == "serial" else default_workers(options.workers)
