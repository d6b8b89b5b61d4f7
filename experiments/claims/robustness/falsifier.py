"""The falsifier: the smallest change of a world in which a rung holds, at which its first effect is gone or reversed.

A change is measured over the fit's free parameters, each in units of its prior,

    distance = √ Σ (u_i - u_i of the world)²        u_i from 0 to 1 over the prior (by logarithms on a log scale)

so that 1 is one parameter moved over all of its prior. Three rounds look for it: each parameter at both ends, and the
worlds that the rung fails in; the parameters that weaken the effect most, moved together; and the way back to the world
from the nearest places that reversed it. What is found is confirmed on seeds that no search has seen, the nearest
first. It is a search: that it finds nothing is no proof that there is nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from experiments.claims.answers import ClaimAnswer, judged
from experiments.claims.claim import Claim, part_of
from experiments.claims.estimands.base import Floats
from experiments.claims.judging import CONFIDENCE, CONTRADICTED, NEGLIGIBLE, SUPPORTED, VERDICTS
from experiments.claims.laboratory import Laboratory
from experiments.claims.ladder import effect_strength, strength_of
from experiments.claims.over import Budget, Worlds
from experiments.claims.schema import Changes, RungName
from experiments.sweep.factors import Factor

CONFIRMATIONS = 4
_TOGETHER, _STARTS, _STEPS = 8, 4, 16  # parameters moved together at most; ways back; places on each
_FARTHER = 1.1  # of the distance of the last: nearer ones are not confirmed by themselves
_SHARE = 4  # each round takes at most this part of a claim's runs: a quarter
_SAME = 1e-9

Units = tuple[float, ...]


class Moved(NamedTuple):
    """A parameter that was changed: from which value to which, and how far in units of its prior."""

    key: str
    was: Any
    value: Any
    units: float


@dataclass(frozen=True)
class Falsified:
    """What the falsifier found.

    Attributes:
        id, rung, effect: what was to be made to fail.
        world: the number of the world that was changed; nothing if the rung holds in none.
        outcome: "found", "not confirmed", "none found", or "holds nowhere".
        looked: places that were looked at.
        distance: how far the change is; NaN if none was confirmed.
        verdict: on the effect there.
        size: of the effect there.
        changes: what was changed, the most first.
    """

    id: str
    rung: RungName
    effect: str
    world: int | None
    outcome: str
    looked: int = 0
    distance: float = math.nan
    verdict: str = ""
    size: float = math.nan
    changes: tuple[Moved, ...] = ()


@dataclass
class _Search:
    """A search around one world: places as units of each factor, and of those looked at the effect's strength."""

    claim: Claim
    worlds: Worlds
    factors: Sequence[Factor]
    own: Changes
    laboratory: Laboratory
    budget: Budget
    rounds: int = 0
    strength: dict[Units, float] = field(default_factory=dict)
    reversed: set[Units] = field(default_factory=set)

    @property
    def base(self) -> Units:
        """Return where the world itself is."""
        return tuple(_unit(factor, self.own[factor.key]) for factor in self.factors)

    def distance(self, units: Units) -> float:
        """Return how far a place is from the world."""
        return math.dist(units, self.base)

    def nearest(self) -> list[Units]:
        """Return the places that reverse the effect, the nearest first."""
        return sorted(self.reversed, key=self.distance)

    def changes(self, units: Units) -> Changes:
        """Return a place as changes of the claim's base: what is where the world has it stays as it is."""
        moved = zip(self.factors, units, self.base, strict=True)
        return self.worlds.changes[0] | {f.key: f.value(u) for f, u, own in moved if abs(u - own) > _SAME}

    def snapped(self, units: Sequence[float]) -> Units:
        """Return the units of the values that these stand for: whole numbers and listed values lie apart."""
        moved = zip(self.factors, units, self.base, strict=True)
        return tuple(own if abs(u - own) <= _SAME else _unit(f, f.value(u)) for f, u, own in moved)

    def look(self, places: Sequence[Sequence[float]]) -> None:
        """Judge the effect at places that were not looked at yet."""
        new = [each for each in dict.fromkeys(map(self.snapped, places)) if each not in self.strength]
        if not new:
            return
        self.rounds += 1
        strength, verdict, _, _ = self.judge(new, f"search-{self.rounds}")
        self.strength |= zip(new, np.nan_to_num(strength, nan=np.inf).tolist(), strict=True)
        gone = np.isin(verdict, (CONTRADICTED, NEGLIGIBLE)).tolist()
        self.reversed |= {units for units, reverses in zip(new, gone, strict=True) if reverses}

    def judge(self, places: Sequence[Units], purpose: str) -> tuple[Floats, Any, Floats, Floats]:
        """Return strength, verdict, size and p-values (3, places) of the effect at places."""
        count = len(places)
        there = replace(
            self.worlds, changes=tuple(map(self.changes, places)), numbers=self.worlds.numbers * count,
            typicality=(math.nan,) * count,
        )  # fmt: skip
        seeds = self.budget._replace(runs=self.budget.runs // _SHARE).seeds_of(len(self.claim.arms), count)
        ((rung,),) = [judged(self.claim, self.laboratory.outcomes(self.claim, there, seeds, purpose))]
        (found,) = rung.effects
        return effect_strength(found), found.verdict, found.size, found.p


def falsify(
    answer: ClaimAnswer,
    laboratory: Laboratory,
    budget: Budget,
    factors: Sequence[Factor],
    rung: RungName = "effect",
) -> Falsified:
    """Look for the smallest change at which a rung's first effect is gone.

    Args:
        answer: that has the rung; its runs are read again, not made.
        laboratory: where runs are made.
        budget: how many; four rounds take at most a quarter of a claim's runs each.
        factors: the free parameters, such as those of the fit.
        rung: which.

    Raises:
        FlywheelError: a sweep was stopped, or could not be carried out.
    """
    claim = part_of(answer.claim, rung, 1)
    effect = claim.rungs[0].effect[0].name
    table = laboratory.outcomes(answer.claim, answer.worlds, answer.seeds)
    (found,) = (each for each in judged(answer.claim, table) if each.rung.name == rung)  # by itself: without Holm
    held = np.flatnonzero((found.verdict == SUPPORTED) & (found.effects[0].verdict == SUPPORTED))
    if not held.size:
        return Falsified(claim.id, rung, effect, None, "holds nowhere")
    start = int(held[np.argsort(strength_of(found)[held], kind="stable")[len(held) // 2]])  # a middling one
    search = _search(claim, answer.worlds, start, factors, laboratory, budget)
    failing = np.flatnonzero(np.isin(found.verdict, (CONTRADICTED, NEGLIGIBLE)))
    _rounds(search, [_own(claim, answer.worlds.changes[n], search.factors) for n in failing.tolist()])
    number = answer.worlds.numbers[start]
    return _confirmed(search, Falsified(claim.id, rung, effect, number, "none found", len(search.strength)))


def _search(
    claim: Claim, worlds: Worlds, start: int, factors: Sequence[Factor], laboratory: Laboratory, budget: Budget
) -> _Search:
    taken = {*claim.file.world, *(key for changes in claim.arms.values() for key in changes)}
    free = [factor for factor in factors if factor.key not in taken]
    here = replace(
        worlds, changes=(worlds.changes[start],), numbers=(worlds.numbers[start],),
        typicality=(worlds.typicality[start],),
    )  # fmt: skip
    return _Search(claim, here, free, _own(claim, worlds.changes[start], free), laboratory, budget)


def _own(claim: Claim, world: Changes, factors: Sequence[Factor]) -> Changes:
    """Return the value of each factor in a world."""
    base = json.loads(claim.config.parameters.model_dump_json())
    sections = {factor.key: factor.key.partition(".") for factor in factors}
    return {key: world.get(key, base[section][name]) for key, (section, _, name) in sections.items()}


def _rounds(search: _Search, failing: Sequence[Changes]) -> None:
    """Look at ends of parameters and failing worlds, at what weakens the effect most, and on the way back."""
    base, count = search.base, len(search.factors)
    ends = [(*base[:n], end, *base[n + 1 :]) for n in range(count) for end in (0.0, 1.0)]
    others = [tuple(_unit(f, values[f.key]) for f in search.factors) for values in failing]
    search.look([*ends, *sorted(others, key=search.distance)[:_TOGETHER]])
    worst = sorted(ends, key=lambda units: search.strength.get(search.snapped(units), math.inf))
    moved = list(
        dict.fromkeys(next(n for n in range(count) if units[n] != base[n]) for units in worst if units != base)
    )
    harm = {n: next(units[n] for units in worst if units[n] != base[n]) for n in moved}
    together = [moved[:many] for many in range(2, min(_TOGETHER, count) + 1)]
    search.look([[harm[n] if n in some else base[n] for n in range(count)] for some in together])
    back = np.arange(1, _STEPS) / _STEPS
    search.look([
        [own + step * (u - own) for u, own in zip(far, base, strict=True)]
        for far in search.nearest()[:_STARTS] for step in back.tolist()
    ])  # fmt: skip


def _confirmed(search: _Search, told: Falsified) -> Falsified:
    """Judge the nearest reversing places on fresh seeds, each at a level that allows for all of them."""
    chosen: list[Units] = []
    for units in search.nearest():
        if not chosen or search.distance(units) >= _FARTHER * search.distance(chosen[-1]):
            chosen.append(units)
    if not (chosen := chosen[:CONFIRMATIONS]):
        return told
    _, verdict, size, p = search.judge(chosen, "confirm")
    sure = p[1:].min(axis=0) <= (1.0 - CONFIDENCE) / CONFIRMATIONS
    if not sure.any():
        return replace(told, outcome="not confirmed")
    n = int(np.argmax(sure))
    return replace(
        told, outcome="found", distance=search.distance(chosen[n]), verdict=VERDICTS[verdict[n]], size=float(size[n]),
        changes=tuple(_moved(search, chosen[n])),
    )  # fmt: skip


def _moved(search: _Search, units: Units) -> list[Moved]:
    moved = [
        Moved(f.key, search.own[f.key], f.value(u), u - own)
        for f, u, own in zip(search.factors, units, search.base, strict=True)
        if abs(u - own) > _SAME
    ]
    return sorted(moved, key=lambda each: -abs(each.units))


def _unit(factor: Factor, value: Any) -> float:
    """Return where a value stands in its prior, from 0 to 1; one outside stands at the nearer end."""
    if factor.values is not None:
        place = factor.values.index(value) if value in factor.values else 0
        return (place + 0.5) / len(factor.values)
    assert factor.low is not None
    assert factor.high is not None
    edge = 0.5 if factor.whole else 0.0  # a whole number has a width
    held, low, high = min(max(value, factor.low), factor.high), factor.low - edge, factor.high + edge
    if factor.scale == "log":
        return math.log(held / low) / math.log(high / low)
    return float((held - low) / (high - low))
