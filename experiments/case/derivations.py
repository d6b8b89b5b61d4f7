"""How a pattern's fact comes from the case's facts: a small vocabulary, used by name in ``case.toml``.

Each raises ``ValueError`` if it does not follow from the facts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from experiments.case.facts import INTRODUCES, REUSES, Facts
from experiments.case.vocabulary import Vocabulary


class Derived(NamedTuple):
    """A fact as computed, and how, in numbers; ends are NaN if its source gives none."""

    value: float
    said: str = ""
    low: float = math.nan
    high: float = math.nan


DERIVATIONS = Vocabulary[Facts, Derived]()


@DERIVATIONS.named("value")
def value(facts: Facts, *, measure: str, subject: str) -> Derived:
    """Value of a measure of a subject."""
    return Derived(facts.value(measure, subject))


@DERIVATIONS.named("interval")
def interval(facts: Facts, *, measure: str, low: str, high: str, subject: str) -> Derived:
    """Value of a measure of a subject, and the measures that are its ends, as its source gives them."""
    middle, least, most = (facts.value(each, subject) for each in (measure, low, high))
    if not 0.0 < least <= middle <= most:
        raise ValueError(f"'{measure}' of '{subject}' is {middle:g}, not between {least:g} and {most:g}")
    return Derived(middle, low=least, high=most)


@DERIVATIONS.named("ratio")
def ratio(facts: Facts, *, measure: str, per: str = "", of: str, to: str) -> Derived:
    """A measure of one subject over that of another, or of one measure per another."""

    def level(subject: str) -> float:
        found = facts.value(measure, subject)
        return _over(found, facts.value(per, subject)) if per else found

    one, other = level(of), level(to)
    return Derived(_over(one, other), f"{one:.3g} / {other:.3g}")


@DERIVATIONS.named("gain")
def gain(
    facts: Facts, *, benchmark: str, before: str, after: str, yardstick: str, yardstick_benchmark: str,
    parameters: str = "active parameters", tokens: str = "training tokens",
) -> Derived:  # fmt: skip
    """Gain in capability from one model to another at equal compute, as a factor of compute.

        10^((logit after - logit before) / slope) / (compute after / compute before)

    Compute is 6 · parameters · tokens, and the slope the rise of the logit a decade of compute, from the least to the
    largest of a yardstick family: the same recipe. A gain above 1 means more capability than the compute alone would
    have bought: better algorithms and data.
    """
    known = facts.measured(yardstick_benchmark)
    scores = {model: score for model, score in known.items() if model.startswith(f"{yardstick} ")}
    compute = {model: training_compute(facts, model, parameters, tokens) for model in (*scores, before, after)}
    slope = logit_slope(scores, compute, yardstick)
    levels = facts.value(benchmark, before), facts.value(benchmark, after)
    decades = (_logit(levels[1]) - _logit(levels[0])) / slope
    return Derived(
        float(10.0**decades * compute[before] / compute[after]),
        f"{benchmark} {levels[0]:g} to {levels[1]:g} % in logits, {slope:.2f} a decade of compute, less compute × "
        f"{compute[after] / compute[before]:.2f}",
    )


def logit_slope(scores: dict[str, float], compute: dict[str, float], yardstick: str) -> float:
    """Return the rise of the logit with a decade of compute over the sizes of a yardstick family."""
    if len(scores) < 2:
        raise ValueError(f"yardstick: '{yardstick}' has {len(scores)} sizes in the facts, and needs 2 or more")
    small, large = (pick(scores, key=lambda model: compute[model]) for pick in (min, max))
    rise = _logit(scores[large]) - _logit(scores[small])
    decades = math.log10(compute[large] / compute[small])
    if decades == 0.0 or rise <= 0.0:
        raise ValueError(f"yardstick: '{yardstick}' does not rise with compute")
    return rise / decades


def training_compute(
    facts: Facts, model: str, parameters: str = "active parameters", tokens: str = "training tokens"
) -> float:
    """Return training compute, FLOP: parameters in 10⁹, tokens in 10¹²."""
    return 6.0 * facts.value(parameters, model) * 1e9 * facts.value(tokens, model) * 1e12


@DERIVATIONS.named("growth")
def growth(facts: Facts, *, measure: str, subject: str) -> Derived:
    """Last over first value of a series."""
    series = facts.series(measure, subject)
    first, last = min(series), max(series)
    said = f"{series[first]:g} in {first:%Y-%m} and {series[last]:g} in {last:%Y-%m}"
    return Derived(_over(series[last], series[first]), said)


@DERIVATIONS.named("slowing")
def slowing(facts: Facts, *, measure: str, subject: str) -> Derived:
    """Factor a month by which a series grows after its middle date, over that before it."""
    series = {facts.month(date): value for date, value in facts.series(measure, subject).items()}
    months = sorted(series)
    if len(months) < 3:
        raise ValueError(f"'{measure}' of '{subject}' needs three months or more")
    first, middle, last = months[0], months[len(months) // 2], months[-1]
    early = _over(series[middle], series[first]) ** (1.0 / (middle - first))
    late = _over(series[last], series[middle]) ** (1.0 / (last - middle))
    return Derived(late / early, f"× {early:.3f} a month before the middle date, × {late:.3f} after it")


@DERIVATIONS.named("lineages")
def lineages(facts: Facts, *, reused: dict[str, list[str]]) -> Derived:
    """How many slots hold an earlier own module: by release, the slots, each a fact of ``modules.csv``."""
    known = {(one.product, one.slot) for one in facts.modules if one.relation == REUSES}
    claimed = [(product, slot) for product, slots in reused.items() for slot in slots]
    for product, slot in claimed:
        if (product, slot) not in known:
            raise ValueError(f"reused: modules.csv does not say that '{product}' reuses a module for '{slot}'")
    return Derived(float(len(claimed)))


@DERIVATIONS.named("reuse-rise")
def reuse_rise(facts: Facts) -> Derived:
    """Share of a release's named modules that it did not introduce, later half of the releases less earlier half."""
    shares = []
    for product in facts.releases:
        relations = [one.relation for one in facts.modules if one.product == product]
        if not relations:
            raise ValueError(f"modules.csv has nothing of '{product}'")
        shares.append(1.0 - relations.count(INTRODUCES) / len(relations))
    return Derived(later_less_earlier(shares))


def later_less_earlier(values: Sequence[float]) -> float:
    """Return the mean of the later half less that of the earlier."""
    half = len(values) // 2
    if half == 0:
        raise ValueError("there must be two releases or more")
    return float(np.mean(values[half:]) - np.mean(values[:half]))


def _over(one: float, other: float) -> float:
    if one <= 0.0 or other <= 0.0:
        raise ValueError(f"{one:g} / {other:g}: a ratio needs values above 0")
    return one / other


def _logit(score: float) -> float:
    if not 0.0 < score < 100.0:
        raise ValueError(f"a score must lie between 0 and 100 %, not {score:g}")
    return math.log(score / (100.0 - score))
