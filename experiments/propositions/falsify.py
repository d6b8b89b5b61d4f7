"""The adversarial falsifier: the smallest change of parameters that reverses a claim.

A change is measured over the region's parameters, each in units of its range (by logarithms on a log scale),

    distance = √ Σ (u_i − u_i of the base)²        u_i from 0 to 1, the base's own value at its nearest in the range

so that 1 is one parameter moved over all of its range. The search starts from places of the region that reverse the
claim, nearest first, from single parameters at the ends of their ranges, and from places whose effect points that way.
Each that reverses the claim is made smaller: it halves the way back to the base, and puts single parameters back, as
long as the verdict stays reversed. What is found is judged again on seeds that no search has seen, the smallest change
first. It is a search: that it finds nothing is no proof that there is nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments.propositions.budget import CONFIDENCE, Budget, once
from experiments.propositions.claims import Claim
from experiments.propositions.evidence import find
from experiments.propositions.judge import verdict_of
from experiments.propositions.laboratory import Laboratory
from experiments.propositions.worlds import Spot
from experiments.sweep.factors import Factor

REVERSED = {
    "supported": ("contradicted", "negligible"), "contradicted": ("supported",), "negligible": ("supported",),
}  # fmt: skip
CONFIRMATIONS = 4
_STARTS, _HALVINGS = 3, 5
_FARTHER, _SAME = 1.1, 1e-9

Units = tuple[float, ...]


def planned_runs(claim: Claim, budget: Budget) -> int:
    """Return the most runs of a search and its confirmations."""
    arms = len(claim.only().arms)
    return arms * (math.prod(budget.search(arms)) + CONFIRMATIONS * _confirming(arms, budget))


def falsify(claim: Claim, result: dict[str, Any], laboratory: Laboratory, budget: Budget) -> dict[str, Any]:
    """Return the smallest confirmed reversal that a search finds, as plain data; ``result`` is the claim's result."""
    verdict = result["verdict"]
    search = Search(claim.only(), laboratory, budget, REVERSED.get(verdict, ()))
    told = {
        "id": claim.id, "base": verdict, "limit": search.limit, "seeds": search.seeds, "clipped": search.clipped
    }  # fmt: skip
    if not search.targets:
        return {**told, "outcome": "nothing to reverse", "evaluations": 0, "tried": []}
    places = result["region"]["places"]
    reversing = [place["values"] for place in places if place["verdict"] in search.targets]
    search.run(reversing, _promising(places, search.targets))
    tried = list(_confirmations(search, _apart(search)))
    told |= {"evaluations": len(search.seen), "tried": tried}
    if not tried or not tried[-1]["confirmed"]:
        return {**told, "outcome": "not confirmed" if tried else "none found"}
    return {**told, "outcome": "found", **tried[-1]}


@dataclass
class Search:
    """A search over one claim's region.

    Attributes:
        claim: the claim, its required effects alone.
        laboratory: where runs come from.
        budget: how much it may cost.
        targets: verdicts that would reverse the claim.
        seen: the verdict at each place looked at, by its units.
        limit: how many places it may look at.
        seeds: seeds at each.
    """

    claim: Claim
    laboratory: Laboratory
    budget: Budget
    targets: Sequence[str]
    seen: dict[Units, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.limit, self.seeds = self.budget.search(len(self.claim.arms))
        own = [_own(self.claim, factor) for factor in self.claim.region]
        self.base: Units = tuple(_unit(f, value) for f, value in zip(self.claim.region, own, strict=True))
        self.clipped = [f.key for f, value in zip(self.claim.region, own, strict=True) if not _inside(f, value)]

    @property
    def left(self) -> int:
        """How many places may still be looked at."""
        return self.limit - len(self.seen)

    def run(self, reversing: Sequence[dict[str, Any]], promising: Sequence[dict[str, Any]]) -> None:
        """Search from places that reversed the claim, from single parameters at their ends, and from likely places."""
        starts = sorted((self._placed(place) for place in reversing), key=self.distance)[:_STARTS]
        starts += sorted(self._ends(), key=self.distance)
        starts += [self._placed(place) for place in promising]
        self.look(starts[: max(1, self.left // 2)])
        if not self.reversals():  # nothing to make smaller yet: look at all
            self.look(starts)
        for start in self.reversals():
            self.shrink(start)

    def look(self, places: Sequence[Units]) -> None:
        """Judge the claim at places not seen yet, as far as the limit goes."""
        new = [units for units in dict.fromkeys(places) if units not in self.seen and any(self.changes(units))]
        if not (new := new[: self.left]):
            return
        spots = [Spot(f"search {n + 1}", self.changes(each)) for n, each in enumerate((*self.seen, *new))]
        samples = self.laboratory.samples(self.claim, spots, self.seeds, "search")
        for units, sample in zip(new, samples[-len(new) :], strict=True):
            self.seen[units] = verdict_of(find(self.claim, sample, once(self.seeds))).kind

    def reverses(self, units: Units) -> bool:
        """Whether the claim is reversed there; not known, and so not, once the limit is reached."""
        self.look([units])
        return self.seen.get(units) in self.targets

    def reversals(self) -> list[Units]:
        """Return the places seen that reverse the claim, nearest first."""
        return sorted((units for units, verdict in self.seen.items() if verdict in self.targets), key=self.distance)

    def shrink(self, start: Units) -> None:
        """Make a reversing change smaller as long as it reverses."""
        halved = self._halved(start)
        if (fewer := self._put_back(halved)) != halved:
            self._halved(fewer)

    def _halved(self, far: Units) -> Units:
        """Return the nearest reversing place found on the way back to the base."""
        near = self.base
        for _ in range(_HALVINGS):
            middle = self._snapped([(a + b) / 2.0 for a, b in zip(near, far, strict=True)])
            if middle in (near, far):
                break
            near, far = (near, middle) if self.reverses(middle) else (middle, far)
        return far

    def _put_back(self, found: Units) -> Units:
        """Put single parameters back to the base, the most changed first, as long as the claim stays reversed."""
        for n in sorted(range(len(found)), key=lambda n: -abs(found[n] - self.base[n])):
            fewer = (*found[:n], self.base[n], *found[n + 1 :])
            if fewer != found and self.reverses(fewer):
                found = fewer
        return found

    def _ends(self) -> Iterator[Units]:
        for n in range(len(self.base)):
            for end in (0.0, 1.0):
                units = self._snapped((*self.base[:n], end, *self.base[n + 1 :]))
                if units != self.base:
                    yield units

    def _placed(self, values: dict[str, Any]) -> Units:
        return self._snapped([_unit(factor, values[factor.key]) for factor in self.claim.region])

    def _snapped(self, units: Sequence[float]) -> Units:
        """Return the units of the values that these stand for: whole numbers and listed values lie apart."""
        both = zip(self.claim.region, units, self.base, strict=True)
        return tuple(own if abs(u - own) <= _SAME else _unit(f, f.value(u)) for f, u, own in both)

    def distance(self, units: Units) -> float:
        """Return how far a place is from the base."""
        return math.dist(units, self.base)

    def changes(self, units: Units) -> dict[str, Any]:
        """Return what a place changes of the base: what is at the base's own unit stays as it is."""
        both = zip(self.claim.region, units, self.base, strict=True)
        return {factor.key: factor.value(u) for factor, u, own in both if u != own}


def _promising(places: Sequence[dict[str, Any]], targets: Sequence[str]) -> list[dict[str, Any]]:
    """Return the values of the other places of the region, those first whose effect points most to a reversal."""
    sign = -1.0 if "supported" in targets else 1.0
    known = [place for place in places if place["verdict"] not in targets and math.isfinite(place["effect"])]
    return [place["values"] for place in sorted(known, key=lambda place: sign * place["effect"])]


def _apart(search: Search) -> list[Units]:
    """Return the places to confirm: the nearest reversal, and then others that are clearly farther, a few in all."""
    chosen: list[Units] = []
    for units in search.reversals():
        if not chosen or search.distance(units) >= _FARTHER * search.distance(chosen[-1]):
            chosen.append(units)
    return chosen[:CONFIRMATIONS]


def _confirmations(search: Search, places: Sequence[Units]) -> Iterator[dict[str, Any]]:
    """Judge reversing places on fresh seeds until one is confirmed, at a level that allows for as many as may come."""
    claim, seeds = search.claim, _confirming(len(search.claim.arms), search.budget)
    level = 1.0 - (1.0 - CONFIDENCE) / CONFIRMATIONS
    spots: list[Spot] = []
    for units in places:
        spots.append(Spot(f"confirm {len(spots) + 1}", search.changes(units)))
        sample = search.laboratory.samples(claim, spots, seeds, "confirm")[-1]
        verdict = verdict_of(find(claim, sample, once(seeds, level)))
        confirmed = verdict.kind in search.targets
        yield {
            "distance": search.distance(units), "changes": _told(search, units), "searched": search.seen[units],
            "verdict": verdict.kind, "decided_by": verdict.why, "confirmed": confirmed, "seeds": seeds,
            "confidence": level,
        }  # fmt: skip
        if confirmed:
            return


def _told(search: Search, units: Units) -> list[dict[str, Any]]:
    """Return each changed parameter: its key, the base's value, its new one, and how far that is in units of range."""
    changes = search.changes(units)
    both = zip(search.claim.region, units, search.base, strict=True)
    return [
        {"key": f.key, "base": _own(search.claim, f), "value": changes[f.key], "units": u - own}
        for f, u, own in both
        if f.key in changes
    ]


def _confirming(arms: int, budget: Budget) -> int:
    """Return the seeds of a confirmation: all that may come take half as much as the search, or as the base has."""
    return budget.beyond(2 * CONFIRMATIONS * arms, budget.looks(arms)[-1].seeds)


def _own(claim: Claim, factor: Factor) -> Any:
    section, _, name = factor.key.partition(".")
    return getattr(getattr(claim.config.parameters, section), name)


def _inside(factor: Factor, value: Any) -> bool:
    if factor.values is not None:
        return value in factor.values
    assert factor.low is not None
    assert factor.high is not None
    return bool(factor.low <= value <= factor.high)


def _unit(factor: Factor, value: Any) -> float:
    """Return where a value stands in its range, from 0 to 1; one outside stands at the nearer end."""
    if factor.values is not None:
        place = factor.values.index(value) if value in factor.values else 0
        return (place + 0.5) / len(factor.values)
    assert factor.low is not None
    assert factor.high is not None
    held, edge = min(max(value, factor.low), factor.high), 0.5 if factor.whole else 0.0  # a whole number has a width
    low, high = factor.low - edge, factor.high + edge
    if factor.scale == "log":
        return math.log(held / low) / math.log(high / low)
    return float((held - low) / (high - low))
