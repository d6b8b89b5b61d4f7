"""How a pattern's fact comes from the case's facts: a small vocabulary, used by name in ``case.toml``.

    value         value of a measure of a subject
    interval      the same with the two ends that its source gives
    ratio         a measure, or one per another, of one subject over another
    gain          gain in capability at equal compute, as a factor of compute:
                  10^((logit b - logit a) / slope) / (compute b / compute a), compute = 6 · parameters · tokens,
                  slope = rise of the logit a decade of compute, from the least to the largest of a yardstick family
    growth        last over first value of a series
    slowing       factor a month after the middle date of a series over that before it
    lineages      how many named slots of named releases hold an earlier own module
    reuse-rise    share of named modules that a release did not introduce: later half of the releases less earlier

A gain above 1 means more capability than the compute alone would have bought: better algorithms and data.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from experiments.case.facts import INTRODUCES, REUSES, Facts
from experiments.case.vocabulary import Form, Vocabulary


class Derived(NamedTuple):
    """A fact as computed, and how, in numbers; ends are NaN if its source gives none."""

    value: float
    said: str = ""
    low: float = math.nan
    high: float = math.nan


class Derivation(Form):
    """What a derivation needs to know, as its table in ``case.toml``."""

    @abstractmethod
    def derive(self, facts: Facts) -> Derived:
        """Return the fact.

        Raises:
            ValueError: it does not follow from the facts.
        """


DERIVATIONS = Vocabulary[Derivation]()


@DERIVATIONS.named("value")
class Value(Derivation):
    """Value of a measure of a subject."""

    measure: str
    subject: str

    def derive(self, facts: Facts) -> Derived:
        """Return the fact."""
        return Derived(facts.value(self.measure, self.subject))


@DERIVATIONS.named("interval")
class Interval(Derivation):
    """Value of a measure of a subject, and the measures that are its ends."""

    measure: str
    low: str
    high: str
    subject: str

    def derive(self, facts: Facts) -> Derived:
        """Return the fact."""
        value, low, high = (facts.value(measure, self.subject) for measure in (self.measure, self.low, self.high))
        if not 0.0 < low <= value <= high:
            raise ValueError(f"'{self.measure}' of '{self.subject}' is {value:g}, not between {low:g} and {high:g}")
        return Derived(value, low=low, high=high)


@DERIVATIONS.named("ratio")
class Ratio(Derivation):
    """A measure of one subject over that of another, or of one measure per another."""

    measure: str
    per: str = ""
    of: str
    to: str

    def derive(self, facts: Facts) -> Derived:
        """Return the fact."""
        one, other = self._level(facts, self.of), self._level(facts, self.to)
        return Derived(_over(one, other), f"{one:.3g} / {other:.3g}")

    def _level(self, facts: Facts, subject: str) -> float:
        value = facts.value(self.measure, subject)
        return _over(value, facts.value(self.per, subject)) if self.per else value


@DERIVATIONS.named("gain")
class Gain(Derivation):
    """Gain in capability from one model to another at equal compute."""

    benchmark: str
    before: str
    after: str
    yardstick: str
    yardstick_benchmark: str
    parameters: str = "active parameters"
    tokens: str = "training tokens"

    def derive(self, facts: Facts) -> Derived:
        """Return the fact."""
        slope = self.slope(facts)
        before, after = (facts.value(self.benchmark, model) for model in (self.before, self.after))
        decades = (_logit(after) - _logit(before)) / slope
        compute = self.compute(facts, self.before), self.compute(facts, self.after)
        return Derived(
            float(10.0**decades * compute[0] / compute[1]),
            f"{self.benchmark} {before:g} to {after:g} % in logits, {slope:.2f} a decade of compute, less compute × "
            f"{compute[1] / compute[0]:.2f}",
        )

    def slope(self, facts: Facts) -> float:
        """Return the rise of the logit with a decade of compute over the yardstick family: the same recipe."""
        known = facts.measured(self.yardstick_benchmark)
        scores = {model: score for model, score in known.items() if model.startswith(f"{self.yardstick} ")}
        if len(scores) < 2:
            raise ValueError(f"yardstick: '{self.yardstick}' has {len(scores)} sizes in the facts, and needs 2 or more")
        small, large = (pick(scores, key=lambda model: self.compute(facts, model)) for pick in (min, max))
        rise = _logit(scores[large]) - _logit(scores[small])
        decades = math.log10(self.compute(facts, large) / self.compute(facts, small))
        if decades == 0.0 or rise <= 0.0:
            raise ValueError(f"yardstick: '{self.yardstick}' does not rise with compute")
        return rise / decades

    def compute(self, facts: Facts, model: str) -> float:
        """Return training compute, FLOP: parameters in 10⁹, tokens in 10¹²."""
        return 6.0 * facts.value(self.parameters, model) * 1e9 * facts.value(self.tokens, model) * 1e12


@DERIVATIONS.named("growth")
class Growth(Derivation):
    """Last over first value of a series."""

    measure: str
    subject: str

    def derive(self, facts: Facts) -> Derived:
        """Return the fact."""
        series = facts.series(self.measure, self.subject)
        first, last = min(series), max(series)
        said = f"{series[first]:g} in {first:%Y-%m} and {series[last]:g} in {last:%Y-%m}"
        return Derived(_over(series[last], series[first]), said)


@DERIVATIONS.named("slowing")
class Slowing(Derivation):
    """Factor a month by which a series grows after its middle date, over that before it."""

    measure: str
    subject: str

    def derive(self, facts: Facts) -> Derived:
        """Return the fact."""
        series = {facts.month(date): value for date, value in facts.series(self.measure, self.subject).items()}
        months = sorted(series)
        if len(months) < 3:
            raise ValueError(f"'{self.measure}' of '{self.subject}' needs three months or more")
        first, middle, last = months[0], months[len(months) // 2], months[-1]
        early = _over(series[middle], series[first]) ** (1.0 / (middle - first))
        late = _over(series[last], series[middle]) ** (1.0 / (last - middle))
        return Derived(late / early, f"× {early:.3f} a month before the middle date, × {late:.3f} after it")


@DERIVATIONS.named("lineages")
class Lineages(Derivation):
    """How many slots hold an earlier own module: by release, the slots, each a fact of ``modules.csv``."""

    reused: dict[str, list[str]]

    def derive(self, facts: Facts) -> Derived:
        """Return the fact."""
        known = {(one.product, one.slot) for one in facts.modules if one.relation == REUSES}
        claimed = [(product, slot) for product, slots in self.reused.items() for slot in slots]
        for product, slot in claimed:
            if (product, slot) not in known:
                raise ValueError(f"reused: modules.csv does not say that '{product}' reuses a module for '{slot}'")
        return Derived(float(len(claimed)))


@DERIVATIONS.named("reuse-rise")
class ReuseRise(Derivation):
    """Share of a release's named modules that it did not introduce, later half of the releases less earlier half."""

    def derive(self, facts: Facts) -> Derived:
        """Return the fact."""
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
