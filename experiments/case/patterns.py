"""The ten patterns of the case: for each a fact, what in a run it is compared with, and how far off is plausible.

The distance of a run from a fact is counted in discrepancies, so that patterns of different kinds can be compared:

    log ratio     |ln(value / fact)| / discrepancy
    difference    |value - fact| / discrepancy
    yes-no        0 if the value is the fact, else infinite
    interval      0 within it, else infinite
    bound         0 up to it, else infinite

H and Q are the unit cost of a release over its systems and its algorithm slots, when it comes out. A value that a run
does not have, as a release that never came out, is infinitely far.

Source: brief, the case as evidence; facts in ``experiments/data``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.case import facts
from experiments.case.facts import CODER, DENSE, EXPERTS, LAST_MONTH, LATEST, MATH, MERGED, SPARSE
from experiments.case.runs import CaseRun
from sim.world import WAYS

Floats: TypeAlias = NDArray[np.float64]
Operator: TypeAlias = Callable[[CaseRun], float]
Kind: TypeAlias = Literal["log ratio", "difference", "yes-no", "interval", "bound"]

ROOTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (SPARSE, "experts", (EXPERTS,)),
    (SPARSE, "alignment", (MATH,)),
    (LATEST, "attention", (SPARSE,)),
    (LATEST, "experts", (EXPERTS,)),
    (LATEST, "alignment", (MATH,)),
    (LATEST, "base", (CODER, DENSE)),
    (LATEST, "framework", (CODER,)),
)
"""A release, a slot, and the releases from one of which its module there descends, by reuse or copying."""
_SERVED = 4  # months after V2


@dataclass(frozen=True)
class Pattern:
    """One fact and its operator.

    Attributes:
        name: short, for tables.
        title: what the fact says.
        kind: how a run's distance from it is counted.
        fact: its value.
        derivation: where the value comes from.
        operator: in words, what in a run it is compared with.
        read: the operator.
        discrepancy: for a ratio the standard deviation of its logarithm, for a difference its own.
        low, high: ends of an interval; a bound has the high one only.
        condition: what else must be true of a run.
    """

    name: str
    title: str
    kind: Kind
    fact: float
    derivation: str
    operator: str
    read: Operator
    discrepancy: float = math.nan
    low: float = 0.0
    high: float = math.inf
    condition: Callable[[CaseRun], bool] = lambda _: True

    def off(self, value: float) -> float:
        """Return how many discrepancies a value is off the fact."""
        if math.isnan(value):
            return math.inf
        if self.kind == "log ratio":
            return abs(math.log(value / self.fact)) / self.discrepancy if 0.0 < value < math.inf else math.inf
        if self.kind == "difference":
            return abs(value - self.fact) / self.discrepancy
        low, high = self.plausible(0.0)
        return 0.0 if low <= value <= high else math.inf

    def distance(self, run: CaseRun) -> float:
        """Return how many discrepancies a run is off the fact."""
        return self.off(self.read(run)) if self.condition(run) else math.inf

    def plausible(self, tolerance: float) -> tuple[float, float]:
        """Return the values within so many discrepancies."""
        if self.kind == "log ratio":
            factor = math.exp(tolerance * self.discrepancy)
            return self.fact / factor, self.fact * factor
        if self.kind == "difference":
            return self.fact - tolerance * self.discrepancy, self.fact + tolerance * self.discrepancy
        return (self.fact, self.fact) if self.kind == "yes-no" else (self.low, self.high)


def values(runs: Sequence[CaseRun]) -> Floats:
    """Return what the operators read, shape (runs, patterns)."""
    return np.array([[pattern.read(run) for pattern in patterns()] for run in runs])


def distances(runs: Sequence[CaseRun]) -> Floats:
    """Return how many discrepancies each run is off each fact, shape (runs, patterns)."""
    return np.array([[pattern.distance(run) for pattern in patterns()] for run in runs])


# Operators.


def _ratio(column: str, one: str, other: str) -> Operator:
    def read(run: CaseRun) -> float:
        if one not in run.releases or other not in run.releases:
            return math.nan
        return float(run.releases[one][column] / run.releases[other][column])

    return read


def kept_lineages(run: CaseRun) -> float:
    """Return how many of ``ROOTS`` hold in a run; a root must be the firm's own, not adopted."""
    return float(sum(_descends(run, *link) for link in ROOTS))


def _descends(run: CaseRun, product: str, slot: str, roots: tuple[str, ...]) -> bool:
    place, adopted = run.slots.index(slot), WAYS.index("adopted")
    if product not in run.releases:
        return False
    own = [run.releases[root] for root in roots if root in run.releases]
    lineages = {int(row.lineages[place]) for row in own if row.ways[place] != adopted}
    return int(run.releases[product].lineages[place]) in lineages


def reuse_rise(run: CaseRun) -> float:
    """Return the share of slots that reuse an own module, later four dated releases less earlier four."""
    if any(name not in run.releases for name in facts.releases()):
        return math.nan
    return facts.later_less_earlier([run.filled(name, "reused") / len(run.slots) for name in facts.releases()])


def halving_time(run: CaseRun) -> float:
    """Return the months in which the outside's mean cost halves, by least squares of its logarithm; inf if it rises."""
    costs = np.log(run.record["frontier_cost"][:LAST_MONTH])
    slope = float(np.polyfit(np.arange(len(costs)), costs, 1)[0])
    return math.log(2.0) / -slope if slope < 0.0 else math.inf


def users_ratio(run: CaseRun) -> float:
    """Return users at the last count of integrations over those at the first."""
    months = list(facts.integrations())
    return growth(_users(run), months[0], months[-1])


def growth_slows(run: CaseRun) -> bool:
    """Return whether users grow by a smaller factor a month after the middle count than before it."""
    return slows(_users(run))


def slows(counts: dict[int, float]) -> bool:
    """Return whether counts by month grow by a smaller factor a month after the middle one than before it."""
    months = list(facts.integrations())
    first, middle, last = months[0], months[len(months) // 2], months[-1]
    early, late = growth(counts, first, middle), growth(counts, middle, last)
    return bool(late ** (1.0 / (last - middle)) < early ** (1.0 / (middle - first)))


def growth(counts: dict[int, float], first: int, last: int) -> float:
    """Return the factor by which counts grow from one month to another; NaN from nothing."""
    return counts[last] / counts[first] if counts[first] > 0.0 else math.nan


def _users(run: CaseRun) -> dict[int, float]:
    return {month: float(run.record["users"][month - 1]) for month in facts.integrations()}


def serving_fall(run: CaseRun) -> float:
    """Return the factor by which the commons' cost falls in the four months after V2."""
    if SPARSE not in run.releases:
        return math.nan
    month, costs = int(run.releases[SPARSE].month), run.record["commons_cost"]
    return float(costs[month - 1] / costs[month - 1 + _SERVED]) if month + _SERVED <= len(costs) else math.nan


# The patterns.


@cache
def patterns() -> tuple[Pattern, ...]:
    """Return the ten patterns, their facts computed from the data."""
    return (*_costs(), *_gains(), *_modules(), *_outside())


def _costs() -> tuple[Pattern, ...]:
    hours = {name: facts.hours_per_parameter(name) for name in (DENSE, SPARSE, LATEST)}

    def hump(name: str, title: str, one: str, other: str) -> Pattern:
        said = f"GPU-hours per token and active parameter, {hours[one]:.2f} / {hours[other]:.2f}"
        words = f"H({_short(one)}) / H({_short(other)}), systems"
        return Pattern(
            name, title, "log ratio", hours[one] / hours[other], said, words, _ratio("systems", one, other), 0.16
        )

    return (
        hump("hump up", "Systems cost up from 67B to V2", SPARSE, DENSE),
        hump("hump down", "Systems cost down from V2 to V3", LATEST, SPARSE),
    )


def _gains() -> tuple[Pattern, ...]:
    slope = facts.yardstick_slope()

    def gained(name: str, title: str, before: str, after: str, benchmark: str, discrepancy: float) -> Pattern:
        scores = facts.measured(benchmark)
        said = (
            f"{benchmark} {scores[before]:g} to {scores[after]:g} % in logits, {slope:.2f} a decade of compute, less "
            f"compute × {facts.compute(after) / facts.compute(before):.2f}"
        )
        words = f"Q({_short(before)}) / Q({_short(after)}), algorithms"
        fact, read = facts.gain(before, after, benchmark), _ratio("algorithms", before, after)
        return Pattern(name, title, "log ratio", fact, said, words, read, discrepancy)

    return (
        gained("gain to V2", "Algorithms gain from 67B to V2", DENSE, SPARSE, facts.BASE, 0.25),
        gained("gain to V2.5", "Gain without introductions", SPARSE, MERGED, facts.CHAT, 0.35),
        gained("gain to V3", "Little gain from V2.5 to V3", MERGED, LATEST, facts.CHAT, 0.35),
    )


def _modules() -> tuple[Pattern, ...]:
    shares = list(facts.reuse_shares().values())
    return (
        Pattern(
            "introductions", "Introductions take root", "yes-no", float(len(ROOTS)),
            "V2 reuses DeepSeekMoE and GRPO; V3 reuses MLA, DeepSeekMoE, GRPO, base line and HAI-LLM",
            "own lineages kept, 2 in V2 and 5 in V3", kept_lineages,
        ),
        Pattern(
            "reuse", "Later releases reuse more", "difference", facts.later_less_earlier(shares),
            "share of named modules reused, mean of the later four releases less that of the earlier four",
            "slots reused, later four releases less earlier four", reuse_rise, 0.14,
        ),
    )  # fmt: skip


def _outside() -> tuple[Pattern, ...]:
    halving, counts = facts.measured, list(facts.integrations().values())
    grown = counts[-1] / counts[0]
    return (
        Pattern(
            "outside progress", "Outside cost halves in months", "interval",
            halving(facts.HALVING)["language models"], "compute for a fixed performance, Ho et al. 2024, 95 % interval",
            "months to halve its mean cost", halving_time,
            low=halving(f"{facts.HALVING}, low end")["language models"],
            high=halving(f"{facts.HALVING}, high end")["language models"],
        ),
        Pattern(
            "diffusion", "Integrations grow, ever slower", "interval", grown,
            f"rows of the integration list, {counts[0]:g} in 2024-01 and {counts[-1]:g} in 2024-12, "
            "within a factor 1.5; growth a month falls after 2024-07",
            "users 2024-12 / 2024-01", users_ratio, low=grown / 1.5, high=grown * 1.5,
            condition=growth_slows,
        ),
        Pattern(
            "serving", "Outsiders make serving cheaper", "bound", facts.measured(facts.SERVING)["SGLang v0.3"],
            "throughput of V2's attention in SGLang v0.3, four months after V2: up to",
            "commons' cost, fall in 4 months after V2", serving_fall,
            high=facts.measured(facts.SERVING)["SGLang v0.3"],
        ),
    )  # fmt: skip


def _short(product: str) -> str:
    return product.removeprefix("DeepSeek").removeprefix(" LLM").removeprefix("-").strip()
