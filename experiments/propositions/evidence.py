"""From the runs of a place to findings: each effect with its interval and verdict. One function a kind of estimand.

    difference         d_s = y_a − y_b
    interaction        d_s = y_11 + y_00 − y_10 − y_01
    slope              d_s = least-squares slope of y on x over the arms of seed s
    scale-elasticity   d_s = AC / MC of seed s: AC the cost per unit of the smaller arm, MC that of what the larger adds
    hazard-ratio       pairs in which the first arm gets there first, over pairs in which the second does
    inverted-u         the rise of the fitted parabola from the better end of the doses to its top (Lind, Mehlum 2010)
    coefficient        of y on x beside controls, pooled over arms and seeds, clustered by seed
    shapley            shares of what all mechanisms together add: by the largest, and by interactions

On a log scale y is ln y (or ln (1 + y)); in levels an effect may be relative to the mean of an arm. One seed gives one
d_s: the paired difference of a seed is the unit of evidence.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.inference.intervals import Interval, mean_interval
from experiments.inference.verdict import judge
from experiments.propositions.claims import Claim
from experiments.propositions.schema import Effect
from experiments.propositions.worlds import Sample

Floats = NDArray[np.float64]

_MOST_NINES, _BISECTIONS = 6, 12


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
        method: how the interval came about.
        verdict: supported, contradicted, negligible or undecided.
        p: the smallest level at which it would be decided so.
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
    method: str
    verdict: str
    p: float
    note: str = ""

    @property
    def strength(self) -> float:
        """Return the effect in units of its smallest effect of interest, positive in the direction claimed."""
        if self.kind == "hazard-ratio":
            value = math.log(self.estimate) / math.log(self.sesoi) if self.estimate > 0.0 else -math.inf
        else:
            value = (self.estimate - self.nothing) / self.sesoi
        return value if self.sign == "+" else -value

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def find(claim: Claim, sample: Sample, confidence: float) -> list[Finding]:
    """Return the findings of a claim at one place, in the order of its effects."""
    return [find_one(claim, effect, sample, confidence) for effect in claim.effects]


def find_one(claim: Claim, effect: Effect, sample: Sample, confidence: float) -> Finding:
    """Return the finding of one effect."""
    estimate = _KINDS[effect.kind](claim, effect, sample)
    interval, note = estimate(confidence)
    nothing = 1.0 if effect.kind == "hazard-ratio" else effect.threshold
    verdict = judge(interval, effect.sign, effect.sesoi, nothing, ratio=effect.kind == "hazard-ratio")
    p = _least_level(effect, estimate, nothing, verdict, interval)
    if sample.failed:
        note = "; ".join(part for part in (note, f"{sample.failed} seeds left out, as a run of theirs failed") if part)
    return Finding(
        name=effect.name, kind=effect.kind, scale=effect.scales[0], required=effect.required, sign=effect.sign,
        sesoi=effect.sesoi, nothing=nothing, unit=_unit(claim, effect), estimate=interval.estimate, low=interval.low,
        high=interval.high, confidence=confidence, seeds=interval.n, method=interval.method, verdict=verdict, p=p,
        note=note,
    )  # fmt: skip


Estimator = Callable[[float], tuple[Interval, str]]
"""From a confidence to an interval and a note."""


def _unit(claim: Claim, effect: Effect) -> str:
    if effect.kind == "hazard-ratio":
        return "hazard ratio"
    if effect.kind in ("slope", "coefficient", "scale-elasticity"):
        return "elasticity"
    if effect.kind == "shapley":
        return "share"
    if effect.scales[0] != "level" or effect.kind == "inverted-u":
        return "log points"
    if effect.of is not None:
        return f"share of {effect.of}"
    measure = claim.file.measures.get(effect.measure)
    return measure.unit if measure is not None else "outcome's"


def _scaled(values: Floats, scale: str) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return values if scale == "level" else np.log1p(values) if scale == "log1p" else np.log(values)


def _outcome(effect: Effect, sample: Sample, arm: str) -> Floats:
    return _scaled(sample.measure(arm, effect.measure), effect.scales[0])


def _paired(differences: Floats) -> Estimator:
    """Return the estimator of a mean of paired differences; seeds without a number are told of and left out."""
    known = differences[np.isfinite(differences)]
    missing = len(differences) - len(known)
    note = f"{missing} seeds left out, as the outcome is no number there" if missing else ""
    return lambda confidence: (mean_interval(known, confidence), note)


def _difference(claim: Claim, effect: Effect, sample: Sample) -> Estimator:  # noqa: ARG001
    one, other = (_outcome(effect, sample, arm) for arm in effect.arms)
    return _paired((one - other) / _reference(effect, sample))


def _interaction(claim: Claim, effect: Effect, sample: Sample) -> Estimator:  # noqa: ARG001
    both, one, other, neither = (_outcome(effect, sample, arm) for arm in effect.arms)
    return _paired((both + neither - one - other) / _reference(effect, sample))


def _reference(effect: Effect, sample: Sample) -> float:
    """Return what an effect is a share of: the mean of an arm, or 1."""
    if effect.of is None:
        return 1.0
    mean = abs(float(np.nanmean(sample.measure(effect.of, effect.measure))))
    return mean if mean > 0.0 else math.nan


def _slope(claim: Claim, effect: Effect, sample: Sample) -> Estimator:  # noqa: ARG001
    assert effect.against is not None
    y = np.array([_outcome(effect, sample, arm) for arm in effect.arms])
    x = np.array([_scaled(sample.measure(arm, effect.against), effect.scales[0]) for arm in effect.arms])
    x = x - x.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _paired((x * (y - y.mean(axis=0))).sum(axis=0) / (x**2).sum(axis=0))


def _scale_elasticity(claim: Claim, effect: Effect, sample: Sample) -> Estimator:  # noqa: ARG001
    assert effect.against is not None
    (few, many), (less, more) = (
        [sample.measure(arm, name) for arm in effect.arms] for name in (effect.measure, effect.against)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return _paired((few / less) / ((many - few) / (more - less)))


_KINDS: dict[str, Callable[[Claim, Effect, Sample], Estimator]] = {
    "difference": _difference,
    "interaction": _interaction,
    "slope": _slope,
    "scale-elasticity": _scale_elasticity,
}


def _least_level(effect: Effect, estimate: Estimator, nothing: float, verdict: str, known: Interval) -> float:
    """Return the smallest level at which the interval decides as it does; 1 if it does not."""
    if verdict == "undecided":
        return 1.0
    if known.low == known.high:
        return 0.0
    low, high = -_MOST_NINES * math.log(10.0), math.log(1.0 - known.confidence)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        interval, _ = estimate(1.0 - math.exp(middle))
        same = judge(interval, effect.sign, effect.sesoi, nothing, ratio=effect.kind == "hazard-ratio") == verdict
        low, high = (low, middle) if same else (middle, high)
    return math.exp(high)
