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

from experiments.inference import inverted_u, pairs, regression, shapley
from experiments.inference.intervals import Interval, mean_interval
from experiments.inference.verdict import judge
from experiments.propositions.claims import Claim
from experiments.propositions.schema import Effect
from experiments.propositions.worlds import Sample

Floats = NDArray[np.float64]

_MOST_NINES, _BISECTIONS, _DRAWS = 6, 12, 2000


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
    with np.errstate(divide="ignore", invalid="ignore"):
        x = x - x.mean(axis=0)
        return _paired((x * (y - y.mean(axis=0))).sum(axis=0) / (x**2).sum(axis=0))


def _scale_elasticity(claim: Claim, effect: Effect, sample: Sample) -> Estimator:  # noqa: ARG001
    assert effect.against is not None
    (few, many), (less, more) = (
        [sample.measure(arm, name) for arm in effect.arms] for name in (effect.measure, effect.against)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return _paired((few / less) / ((many - few) / (more - less)))


def _hazard_ratio(claim: Claim, effect: Effect, sample: Sample) -> Estimator:  # noqa: ARG001
    one, other = (pairs.as_times(sample.measure(arm, effect.measure)) for arm in effect.arms)
    counted = pairs.count_pairs(one, other)
    note = f"first in {counted.first} pairs, second in {counted.second}, {counted.silent} say nothing"
    return lambda confidence: (pairs.hazard_ratio(one, other, confidence), note)


def _inverted_u(claim: Claim, effect: Effect, sample: Sample) -> Estimator:
    assert claim.file.dose is not None
    arms = effect.arms or list(claim.arms)
    doses = np.array([float(claim.arms[arm][claim.file.dose.key]) for arm in arms])
    outcomes = np.array([_outcome(effect, sample, arm) for arm in arms]).T
    outcomes = outcomes[np.isfinite(outcomes).all(axis=1)]
    found = inverted_u.fit(doses, outcomes)
    top = f"top at {found.top:.3g}" if math.isfinite(found.top) else "no top"
    note = f"Lind-Mehlum p = {found.p:.3g}, {top}"

    def estimate(confidence: float) -> tuple[Interval, str]:
        interval = inverted_u.rise_interval(doses, outcomes, confidence)
        if interval.low > effect.sesoi and found.p > 1.0 - confidence:  # a rise alone is not yet an inverted U
            interval = interval._replace(low=0.0)
        return interval, note

    return estimate


def _coefficient(claim: Claim, effect: Effect, sample: Sample) -> Estimator:  # noqa: ARG001
    assert effect.against is not None
    names = (effect.measure, effect.against, *effect.controls)
    values = [
        np.array([_scaled(sample.measure(arm, name), effect.scales[0]) for arm in effect.arms]).T for name in names
    ]

    def estimate(confidence: float) -> tuple[Interval, str]:
        try:
            return regression.coefficient(values[0], values[1], values[2:], confidence), ""
        except ValueError as error:
            return Interval(math.nan, -math.inf, math.inf, confidence, len(values[0]), "none"), str(error)

    return estimate


def _shapley(claim: Claim, effect: Effect, sample: Sample) -> Estimator:
    outcomes = np.array([_outcome(effect, sample, arm) for arm in claim.arms])
    random = np.random.default_rng(outcomes.shape[1])
    drawn = outcomes[:, random.integers(outcomes.shape[1], size=(_DRAWS, outcomes.shape[1]))].mean(axis=2)
    mean = outcomes.mean(axis=1, keepdims=True)
    part = _spread if effect.part == "spread" else shapley.interaction_share
    value, shares = float(part(mean)[0]), part(drawn)
    total = drawn[-1] - drawn[0]

    def estimate(confidence: float) -> tuple[Interval, str]:
        tails = [50.0 * (1.0 - confidence), 50.0 * (1.0 + confidence)]
        n = outcomes.shape[1]
        least, most = np.percentile(total, tails)
        if not np.isfinite(shares).all() or least <= 0.0 <= most:
            return Interval(value, -math.inf, math.inf, confidence, n, "bootstrap"), "together they add nothing sure"
        low, high = np.percentile(shares, tails)
        return Interval(value, float(low), float(high), confidence, n, "bootstrap"), ""

    return estimate


def _spread(outcomes: Floats) -> Floats:
    """Return the share of what all mechanisms add beyond the largest Shapley value."""
    values = shapley.values_of(outcomes)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 - (values / values.sum(axis=0)).max(axis=0))


_KINDS: dict[str, Callable[[Claim, Effect, Sample], Estimator]] = {
    "difference": _difference,
    "interaction": _interaction,
    "slope": _slope,
    "scale-elasticity": _scale_elasticity,
    "hazard-ratio": _hazard_ratio,
    "inverted-u": _inverted_u,
    "coefficient": _coefficient,
    "shapley": _shapley,
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
