"""From the runs of a place to findings: each effect with its interval and verdict.

Estimands are those of ``experiments.propositions.estimands``. Intervals hold over all planned looks together.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from experiments.inference.intervals import Interval
from experiments.inference.looking import confidence_at, p_at
from experiments.inference.verdict import Kind, Verdict, decide, judge
from experiments.propositions.claims import Claim
from experiments.propositions.estimands import KINDS, Estimate
from experiments.propositions.schema import Effect
from experiments.propositions.worlds import Sample


@dataclass(frozen=True)
class Look:
    """Which of the planned looks this is: at ``seeds``, of at most ``cap``; all together have ``confidence``."""

    seeds: int
    cap: int
    fewest: int
    confidence: float = 0.95

    def level(self, confidence: float) -> float:
        """Return the confidence that this look's interval needs."""
        return confidence_at(self.seeds, self.cap, confidence, self.fewest)

    def p(self, p: float) -> float:
        """Return a p-value of this look, made valid over all."""
        return p_at(p, self.seeds, self.cap, self.fewest)


@dataclass(frozen=True)
class Finding:
    """One effect at one place.

    Attributes:
        name: the effect's name.
        kind: its kind of estimand.
        scale: level, log or log1p.
        required: whether the claim's verdict hangs on it.
        sign: the expected sign.
        sesoi: smallest effect of interest, in the unit of the estimate.
        nothing: the value that means no effect.
        unit: of the estimate.
        estimate: point estimate.
        low: lower end of the interval.
        high: upper end.
        confidence: of the interval, over all looks.
        seeds: seeds that it rests on.
        verdict: supported, contradicted, negligible or undecided.
        p: the smallest level at which it would be decided.
        note: what a reader must know beside, or nothing.
    """

    name: str
    kind: str
    scale: str
    required: bool
    sign: str
    sesoi: float
    nothing: float
    unit: str
    estimate: float
    low: float
    high: float
    confidence: float
    seeds: int
    verdict: Kind
    p: float
    note: str = ""

    @property
    def strength(self) -> float:
        """Return the effect in units of its smallest effect of interest, positive in the direction claimed."""
        value = (self.estimate - self.nothing) / self.sesoi
        return value if self.sign == "+" else -value

    @property
    def contains_nothing(self) -> bool:
        """Return whether the interval contains the value that means no effect."""
        return self.low <= self.nothing <= self.high

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def find(claim: Claim, sample: Sample, look: Look) -> list[Finding]:
    """Return the findings of a claim at one place, in the order of its effects."""
    return [find_one(claim, effect, sample, look) for effect in claim.effects]


def find_one(claim: Claim, effect: Effect, sample: Sample, look: Look) -> Finding:
    """Return the finding of one effect; one that cannot be estimated is undecided, and its note says why."""
    try:
        estimate = KINDS[effect.kind](claim, effect, sample)
        verdict, interval = _judged(effect, estimate, look)
        note = estimate.note
    except ValueError as error:
        interval = Interval(math.nan, -math.inf, math.inf, look.confidence, sample.seeds, "none")
        verdict, note = Verdict("undecided", 1.0, 1.0, interval, ""), f"cannot be estimated: {error}"
    if sample.failed:
        note = "; ".join(part for part in (note, f"{sample.failed} seeds left out, as a run of theirs failed") if part)
    return Finding(
        name=effect.name, kind=effect.kind, scale=effect.scales[0], required=effect.required, sign=effect.sign,
        sesoi=_sesoi(effect), nothing=effect.threshold, unit=_unit(claim, effect), estimate=interval.estimate,
        low=interval.low, high=interval.high, confidence=look.confidence, seeds=interval.n, verdict=verdict.kind,
        p=verdict.p, note=note,
    )  # fmt: skip


def glimpse(claim: Claim, effect: Effect, sample: Sample, look: Look) -> tuple[Kind, Interval]:
    """Return an effect's verdict and interval without its p-value: quick, for judging many samples.

    Raises:
        ValueError: it cannot be estimated.
    """
    estimate = KINDS[effect.kind](claim, effect, sample)
    interval = estimate.interval_of(look.level(look.confidence))
    if estimate.own is not None:
        return estimate.own(look).kind, interval
    shifted = interval._replace(low=interval.low - effect.threshold, high=interval.high - effect.threshold)
    return judge(shifted, 1 if effect.sign == "+" else -1, _sesoi(effect)), interval


def _judged(effect: Effect, estimate: Estimate, look: Look) -> tuple[Verdict, Interval]:
    interval = estimate.interval_of(look.level(look.confidence))
    if estimate.own is not None:
        return estimate.own(look), interval

    def shifted(confidence: float) -> Interval:
        found = estimate.interval_of(look.level(confidence))
        return found._replace(low=found.low - effect.threshold, high=found.high - effect.threshold)

    return decide(shifted, 1 if effect.sign == "+" else -1, _sesoi(effect), look.confidence), interval


def _sesoi(effect: Effect) -> float:
    return math.log(effect.sesoi) if effect.kind == "hazard-ratio" else effect.sesoi


def _unit(claim: Claim, effect: Effect) -> str:
    if effect.kind == "hazard-ratio":
        return "log hazard ratio"
    if effect.kind in ("slope", "coefficient", "scale-elasticity"):
        return "elasticity"
    if effect.kind in ("shapley", "loop-share"):
        return "share"
    if effect.scales[0] != "level":
        return "log points"
    if effect.of is not None:
        return f"share of {effect.of}"
    measure = claim.file.measures.get(effect.measure)
    return measure.unit if measure is not None else "outcome's"
