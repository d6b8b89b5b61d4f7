"""What is answered: claims judged in worlds, typed from the run to the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from experiments.claims.claim import Claim
from experiments.claims.estimands.base import Ask, Floats
from experiments.claims.estimands.shapley import portions
from experiments.claims.judging import RungFound, holm, judge_rung
from experiments.claims.laboratory import Laboratory
from experiments.claims.ladder import Decider, RungAnswer, Share, Spread, answer, spread_of
from experiments.claims.over import Budget, Worlds
from experiments.claims.schema import RUNGS, RungName


class Arm(NamedTuple):
    """What a measure is in an arm: over worlds, the median and the 10 and 90 % quantiles of the means over seeds."""

    name: str
    measure: str
    median: float
    low: float
    high: float
    missing: float


class Portion(NamedTuple):
    """What a switch gives of a joint effect: its Shapley value as a share, over worlds.

    Attributes:
        effect: the effect whose outcome is shared out.
        title: of the switch.
        share: median, and 10 and 90 % quantiles.
    """

    effect: str
    title: str
    share: Spread


class Control(NamedTuple):
    """What came of a rung under a negative control.

    Attributes:
        name: of the control.
        why: the rung must fail there.
        rung: which.
        shares: the share of worlds with each verdict, in the order of ``VERDICTS``.
        outcome: "fails as it must", "holds though it must fail", "not settled", or "says nothing" where the rung
            hardly holds without the control either.
    """

    name: str
    why: str
    rung: RungName
    shares: tuple[Share, ...]
    outcome: str


class Null(NamedTuple):
    """What an effect is in the world whose payoff links are cut.

    Attributes:
        rung, effect: which.
        worlds: how many it was measured in.
        beyond: in how many its interval excludes "no effect".
        allowed: in how many it may by chance (the 99 % quantile of a binomial of 5 %).
    """

    rung: RungName
    effect: str
    worlds: int
    beyond: int
    allowed: int

    @property
    def passes(self) -> bool:
        """Return whether no more worlds show an effect than chance allows."""
        return self.beyond <= self.allowed


class Line(NamedTuple):
    """A boundary of the theory in a phase diagram: its name in words and its points."""

    title: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class PhaseDiagram:
    """Where a rung holds over two parameters, all else as in the worlds.

    Attributes:
        rung: which.
        x, y: the values of both parameters.
        supported: the share of worlds in which it is supported, shape (y, x).
        contradicted: likewise.
        size: the median size of its first effect, likewise.
        worlds, seeds: behind each place.
        lines: boundaries of the theory.
    """

    rung: RungName
    x: tuple[float, ...]
    y: tuple[float, ...]
    supported: Floats
    contradicted: Floats
    size: Floats
    worlds: int
    seeds: int
    lines: tuple[Line, ...]


class Status(NamedTuple):
    """Whether an answer confirms what was preregistered or explores, and why."""

    confirmatory: bool
    because: str


@dataclass(frozen=True)
class ClaimAnswer:
    """What is answered about a claim.

    Attributes:
        claim: what was asked.
        worlds: where it was judged.
        seeds: seeds a world.
        rungs: the answer to each rung, the lowest first.
        arms: what was compared.
        deciders: of each rung what decides, the strongest first.
        status: whether it was preregistered.
        controls: what came of the negative controls, if they were run.
        null: what came of the null world, if it was run.
        phase: where a rung holds over two parameters, if that was run.
        portions: what each switch gives, if the claim has switches.
    """

    claim: Claim
    worlds: Worlds
    seeds: int
    rungs: tuple[RungAnswer, ...]
    arms: tuple[Arm, ...] = ()
    deciders: tuple[tuple[Decider, ...], ...] = ()
    status: Status | None = None
    controls: tuple[Control, ...] = ()
    null: tuple[Null, ...] = ()
    phase: PhaseDiagram | None = None
    portions: tuple[Portion, ...] = ()

    def rung(self, name: RungName) -> RungAnswer | None:
        """Return a rung's answer, if the claim has that rung."""
        return next((rung for rung in self.rungs if rung.name == name), None)


def judge(
    claims: Sequence[Claim], worlds: Worlds, laboratory: Laboratory, budget: Budget, family: int
) -> list[ClaimAnswer]:
    """Run and judge claims over worlds.

    Args:
        claims: what is asked.
        worlds: where.
        laboratory: where runs are made.
        budget: how many.
        family: how many claims there are, all told, asked or not: Holm's procedure counts them.

    Raises:
        FlywheelError: a sweep was stopped, or could not be carried out.
    """
    found, tables = list[list[RungFound]](), list[xr.Dataset]()
    seeds = [budget.seeds_of(len(claim.arms), len(worlds)) for claim in claims]
    for claim, count in zip(claims, seeds, strict=True):
        table = laboratory.outcomes(claim, worlds, count)
        tables.append(table)
        found.append(judged(claim, table, family))
    corrected = over_claims(found, family)
    return [
        ClaimAnswer(claim, worlds, count, tuple(map(answer, rungs)), tuple(arms_of(table)),
                    portions=tuple(portions_of(claim, table)))
        for claim, count, rungs, table in zip(claims, seeds, corrected, tables, strict=True)
    ]  # fmt: skip


def judged(claim: Claim, table: xr.Dataset, family: int = 1, seeds: int | None = None) -> list[RungFound]:
    """Return what each rung of a claim is in each world of a table, before Holm's procedure.

    Args:
        claim: what is asked.
        table: measures over arm, world and seed.
        family: claims that Holm's procedure will be over, for power and need.
        seeds: a world, for which power is told; those of the table if None.
    """
    return [judge_rung(rung, table, claim.doses, claim.units, family, seeds) for rung in claim.rungs]


def over_claims(found: Sequence[list[RungFound]], family: int) -> list[list[RungFound]]:
    """Return rungs after Holm's procedure over claims, rung by rung; claims not asked count as if undecided."""
    corrected = {}
    for name in RUNGS:
        same = [(n, rung) for n, rungs in enumerate(found) for rung in rungs if rung.rung.name == name]
        absent = max(family - len(same), 0)
        for (n, _), rung in zip(same, holm([rung for _, rung in same], absent), strict=True):
            corrected[n, name] = rung
    return [[corrected[n, rung.rung.name] for rung in rungs] for n, rungs in enumerate(found)]


def arms_of(table: xr.Dataset) -> list[Arm]:
    """Return what each measure is in each arm, over worlds."""
    found = []
    for measure in table.data_vars:
        for name, values in zip(table["arm"].to_numpy(), table[measure].to_numpy(), strict=True):
            known = np.isfinite(values)
            count = known.sum(axis=1)
            means = np.where(known, values, 0.0).sum(axis=1)[count > 0] / count[count > 0]
            found.append(Arm(str(name), str(measure), *spread_of(means), float(1.0 - known.mean())))
    return found


def portions_of(claim: Claim, table: xr.Dataset) -> list[Portion]:
    """Return what each switch gives of each outcome that is shared out, over worlds."""
    asked = {
        (effect.measure, effect.scale): effect for rung in claim.rungs for effect in rung.effect
        if effect.kind == "shapley"
    }  # fmt: skip
    return [
        Portion(effect.name, switch.title, spread_of(shares))
        for effect in asked.values()
        for switch, shares in zip(claim.file.switches.values(), portions(Ask(effect, table, {})), strict=True)
    ]
