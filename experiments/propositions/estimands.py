"""Estimands: from the runs of a place to an interval of any confidence. One function a kind.

    difference         d_s = y_a − y_b
    interaction        d_s = (y_11 − y_10) − (y_01 − y_00), the mean of several if there are more arms
    slope              d_s = least-squares slope of y on x over the arms of seed s
    scale-elasticity   AC / MC = 1 / (d ln cost / d ln output) over the arms
    hazard-ratio       ln of: pairs in which the first arm gets there first, over pairs in which the second does
    inverted-u         the rise from the better end of the doses to the best between; Lind and Mehlum's test must agree
    complements        the least of several interactions; both nulls of Kodde and Palm decide
    coefficient        of y on x beside controls, pooled over arms and seeds
    shapley            of what all mechanisms together add: the share beyond the largest one's, or that of interactions

On a log scale y is ln y (or ln (1 + y)); in levels an effect may be relative to the mean of an arm (Fieller). One seed
gives one d_s: the paired difference of a seed is the unit of evidence. Of differences the mean is estimated, or the
median: between order statistics, whatever their shape, so that its p-value is the sign test's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from experiments.inference import pairs, ratios, regression, shapley
from experiments.inference.intervals import Interval, median_interval, t_interval
from experiments.inference.inverted_u import inverted_u
from experiments.inference.supermodularity import supermodularity
from experiments.inference.verdict import Verdict, weigh
from experiments.propositions.claims import Claim
from experiments.propositions.schema import Effect
from experiments.propositions.worlds import Sample

if TYPE_CHECKING:
    from experiments.propositions.evidence import Look

Floats = NDArray[np.float64]
IntervalOf = Callable[[float], Interval]


@dataclass(frozen=True)
class Estimate:
    """What an estimand gives: an interval of any confidence, or a verdict of its own with one; and a note."""

    interval_of: IntervalOf
    note: str = ""
    own: Callable[[Look], Verdict] | None = None


def _scaled(values: Floats, scale: str) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return values if scale == "level" else np.log1p(values) if scale == "log1p" else np.log(values)


def _outcome(effect: Effect, sample: Sample, arm: str) -> Floats:
    return _scaled(sample.measure(arm, effect.measure), effect.scales[0])


def _known(*values: Floats) -> tuple[list[Floats], str]:
    """Return the values of the seeds that have them all, and a note on those that have not; (…, seeds)."""
    known = np.all([np.isfinite(each).reshape(-1, each.shape[-1]).all(axis=0) for each in values], axis=0)
    if known.sum() < _FEWEST:
        raise ValueError(f"only {int(known.sum())} seeds have a number for it")
    missing = int((~known).sum())
    note = f"{missing} seeds left out, as an outcome is no number there" if missing else ""
    return [each[..., known] for each in values], note


def _paired(effect: Effect, sample: Sample, differences: Floats) -> Estimate:
    """Return the estimate of a mean or median of paired differences, or of their mean as a share of an arm's."""
    if effect.of is None:
        (known,), note = _known(differences)
        interval = median_interval if effect.statistic == "median" else t_interval
        return Estimate(lambda confidence: interval(known, confidence), note)
    (above, below), note = _known(differences, sample.measure(effect.of, effect.measure))
    return Estimate(lambda confidence: ratios.ratio_interval(above, below, confidence), note)


def _difference(claim: Claim, effect: Effect, sample: Sample) -> Estimate:  # noqa: ARG001
    one, other = (_outcome(effect, sample, arm) for arm in effect.arms)
    return _paired(effect, sample, _minus(one, other))


def _interaction(claim: Claim, effect: Effect, sample: Sample) -> Estimate:  # noqa: ARG001
    return _paired(effect, sample, _contrasts(effect, sample).mean(axis=0))


def _contrasts(effect: Effect, sample: Sample) -> Floats:
    """Return the contrast of every four arms, shape (fours, seeds)."""
    return np.array([_contrast(effect, sample, effect.arms[n : n + 4]) for n in range(0, len(effect.arms), 4)])


def _contrast(effect: Effect, sample: Sample, arms: list[str]) -> Floats:
    both, one, other, neither = (_outcome(effect, sample, arm) for arm in arms)
    return _minus(_minus(both, one), _minus(other, neither))


def _minus(one: Floats, other: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(one - other)


def _over_arms(effect: Effect, sample: Sample, name: str) -> Floats:
    """Return a measure in every arm, shape (arms, seeds)."""
    return np.array([_scaled(sample.measure(arm, name), effect.scales[0]) for arm in effect.arms])


def _slope(claim: Claim, effect: Effect, sample: Sample) -> Estimate:  # noqa: ARG001
    assert effect.against is not None
    (y, x), note = _known(_over_arms(effect, sample, effect.measure), _over_arms(effect, sample, effect.against))
    x = x - x.mean(axis=0)
    if not (np.ptp(x, axis=0) > 0.0).all():
        raise ValueError(f"{effect.against} is the same in all arms for some seed")
    slopes = (x * y).sum(axis=0) / (x**2).sum(axis=0)
    return Estimate(lambda confidence: t_interval(slopes, confidence), note)


def _scale_elasticity(claim: Claim, effect: Effect, sample: Sample) -> Estimate:  # noqa: ARG001
    assert effect.against is not None
    cost, output = (
        np.concatenate([sample.measure(arm, name) for arm in effect.arms]) for name in (effect.measure, effect.against)
    )
    seeds = np.tile(np.arange(sample.seeds), len(effect.arms))
    return Estimate(lambda confidence: regression.scale_elasticity(cost, output, seeds, confidence))


def _coefficient(claim: Claim, effect: Effect, sample: Sample) -> Estimate:  # noqa: ARG001
    assert effect.against is not None
    names = dict.fromkeys((effect.measure, effect.against, *effect.controls))
    values = {name: _over_arms(effect, sample, name).ravel() for name in names}
    seeds = np.tile(np.arange(sample.seeds), len(effect.arms))
    response = values.pop(effect.measure)
    against = effect.against
    return Estimate(lambda confidence: regression.regress(response, values, seeds, confidence)[against])


def _hazard_ratio(claim: Claim, effect: Effect, sample: Sample) -> Estimate:  # noqa: ARG001
    one, other = (_never_is_nan(sample.measure(arm, effect.measure)) for arm in effect.arms)
    found = pairs.hazard_ratio(one, other)
    if found.ties == len(one):
        return Estimate(lambda confidence: Interval(0.0, 0.0, 0.0, confidence, len(one), "ties"), "all pairs tie")
    ratio = math.exp(found.log_hazard_ratio.estimate) if found.treated_first + found.control_first else math.nan
    note = (
        f"hazard ratio {ratio:.3g}: first in {found.treated_first} pairs, second in {found.control_first}; "
        f"{found.ties} ties, {found.censored} never"
    )
    return Estimate(lambda confidence: pairs.hazard_ratio(one, other, confidence).log_hazard_ratio, note)


def _never_is_nan(times: Floats) -> Floats:
    return np.where(np.isfinite(times), times, np.nan)


def _inverted_u(claim: Claim, effect: Effect, sample: Sample) -> Estimate:
    assert claim.file.dose is not None
    arms = effect.arms or list(claim.arms)
    doses = np.array([float(claim.arms[arm][claim.file.dose.key]) for arm in arms])
    (outcomes,), note = _known(np.array([_outcome(effect, sample, arm) for arm in arms]))
    responses = outcomes.T
    shape = inverted_u(doses, responses)
    said = f"Lind-Mehlum p = {shape.p_parabola:.2g}, top at {shape.optimum.estimate:.2g}"

    def interval_of(confidence: float) -> Interval:
        found = _rise(responses, confidence)
        hump = shape.p_parabola <= 1.0 - confidence  # a dose between that is better is not yet an inverted U
        return found if hump else found._replace(low=min(found.low, 0.0))

    return Estimate(interval_of, "; ".join(part for part in (said, note) if part))


def _rise(responses: Floats, confidence: float) -> Interval:
    """Return how far the best dose between lies above the better end; responses (seeds, doses).

    The least over both ends, the most over doses between: below by Bonferroni over these, above over the two ends.
    """
    inner, alpha = range(1, responses.shape[1] - 1), 1.0 - confidence
    above = [[responses[:, k] - responses[:, end] for end in (0, -1)] for k in inner]
    lows = [[t_interval(d, 1.0 - alpha / len(above)).low for d in ends] for ends in above]
    highs = [[t_interval(d, 1.0 - alpha / 2.0).high for d in ends] for ends in above]
    value = max(min(float(d.mean()) for d in ends) for ends in above)
    return Interval(value, max(map(min, lows)), max(map(min, highs)), confidence, len(responses), "t over doses")


def _complements(claim: Claim, effect: Effect, sample: Sample) -> Estimate:  # noqa: ARG001
    (contrasts,), note = _known(_contrasts(effect, sample))
    found = supermodularity(contrasts.T)
    p_super, p_sub = found.supermodular.p_high, found.submodular.p_high
    said = f"Kodde-Palm: complements rejected at p = {p_super:.2g}, substitutes at {p_sub:.2g}"

    def interval_of(confidence: float) -> Interval:
        each = [t_interval(contrast, 1.0 - (1.0 - confidence) / len(contrasts)) for contrast in contrasts]
        least = min(each, key=lambda interval: interval.estimate)
        return least._replace(low=min(e.low for e in each), high=min(e.high for e in each), confidence=confidence)

    def own(look: Look) -> Verdict:
        return weigh(look.p(p_sub), look.p(p_super), look.confidence)

    return Estimate(interval_of, "; ".join(part for part in (said, note) if part), own)


def by_settings(claim: Claim, values: Mapping[str, Floats]) -> Floats:
    """Return the outcomes of all settings of a claim's switches, (seeds, 2^k); bit i of a column is switch i."""
    k = len(claim.file.switches)
    names = ["".join(str(number >> i & 1) for i in range(k)) for number in range(1 << k)]
    return np.array([values[name] for name in names]).T


def _shapley(claim: Claim, effect: Effect, sample: Sample) -> Estimate:
    outcomes = by_settings(claim, {arm: _outcome(effect, sample, arm) for arm in claim.arms})
    (known,), note = _known(outcomes.T)
    outcomes = known.T

    def spread(confidence: float) -> Interval:
        each = shapley.shares(outcomes, 1.0 - (1.0 - confidence) / len(claim.file.switches))
        largest = max(each, key=lambda share: share.estimate)
        high, low = max(share.high for share in each), max(share.low for share in each)
        return Interval(1.0 - largest.estimate, 1.0 - high, 1.0 - low, confidence, len(outcomes), "Fieller")

    def interactions(confidence: float) -> Interval:
        return shapley.interaction_share(outcomes, confidence)

    return Estimate(spread if effect.part == "spread" else interactions, note)


_FEWEST = 3
KINDS: dict[str, Callable[[Claim, Effect, Sample], Estimate]] = {
    "difference": _difference,
    "interaction": _interaction,
    "slope": _slope,
    "scale-elasticity": _scale_elasticity,
    "coefficient": _coefficient,
    "hazard-ratio": _hazard_ratio,
    "inverted-u": _inverted_u,
    "complements": _complements,
    "shapley": _shapley,
}
