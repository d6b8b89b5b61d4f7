"""From verdicts in worlds to the answer: in which share of worlds each rung holds, how large it is, what decides.

Words for a rung, from the share of worlds in which it is supported and its 95 % interval (Jeffreys):

    holds robustly     at least 90 % of worlds, lower limit at least 80 %
    mostly             at least half
    the other way      contradicted in at least half
    not settled        undecided in so many worlds that a word above could still be reached
    in some worlds     at least 5 %
    nowhere            less

In one world alone the word is its verdict.

What decides is a free parameter that goes with a rung's strength over worlds: its weakest effect (its strongest, if any
will do) in units of the smallest one of interest, the claimed sign turned to +, so that 1 and above speaks for the
rung. Spearman's rank correlation with each free parameter, held to Holm's procedure over all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.claims.estimands import ESTIMANDS
from experiments.claims.estimands.base import Floats
from experiments.claims.judging import CONFIDENCE, SUPPORTED, UNDECIDED, VERDICTS, EffectFound, RungFound
from experiments.claims.over import Worlds
from experiments.claims.schema import RungName
from experiments.stats.holm import holm

ROBUST, MOSTLY, SOME = 0.9, 0.5, 0.05
_ROBUST_LOW = 0.8
ENOUGH_POWER = 0.8
WORDS = ("holds robustly", "mostly", "in some worlds", "nowhere", "the other way", "not settled")
LEAST_WORLDS, MOST = 16, 5


class Share(NamedTuple):
    """A share of worlds with its 95 % interval (Jeffreys): in ``held`` of ``worlds``."""

    held: int
    worlds: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Return the share."""
        return self.held / self.worlds


class Spread(NamedTuple):
    """The size of an effect over worlds: median, and 10 and 90 % quantiles; NaN if none is known."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class EffectAnswer:
    """What is told of an effect over worlds.

    Attributes:
        found: what it is in each world.
        size: its size over worlds.
        power: the median power over worlds.
    """

    found: EffectFound
    size: Spread
    power: float


@dataclass(frozen=True)
class RungAnswer:
    """What is told of a rung over worlds.

    Attributes:
        found: what it is in each world.
        effects: each of its effects.
        shares: the share of worlds with each verdict, in the order of ``VERDICTS``.
        word: the answer in words.
        powered: the share of worlds in which its power is 0.8 or more.
        seeds_more: seeds a world, beside those it has, at which nine of ten undecided worlds would be settled.
    """

    found: RungFound
    effects: tuple[EffectAnswer, ...]
    shares: tuple[Share, ...]
    word: str
    powered: float
    seeds_more: float

    @property
    def name(self) -> RungName:
        """Return which rung it is."""
        return self.found.rung.name


def answer(found: RungFound) -> RungAnswer:
    """Return what is told of a rung over the worlds it was judged in."""
    verdict = found.verdict
    shares = tuple(share_of(int((verdict == code).sum()), len(verdict)) for code in range(len(VERDICTS)))
    effects = tuple(EffectAnswer(each, spread_of(each.size), float(np.median(each.power))) for each in found.effects)
    open_ones = verdict == UNDECIDED
    return RungAnswer(found, effects, shares, word_of(shares), float((found.power >= ENOUGH_POWER).mean()),
                      _more(found, open_ones))  # fmt: skip


def share_of(count: int, worlds: int) -> Share:
    """Return a share of worlds with its interval."""
    tail = (1.0 - CONFIDENCE) / 2.0
    beta = stats.beta(count + 0.5, worlds - count + 0.5)
    low = 0.0 if count == 0 else float(beta.ppf(tail))
    high = 1.0 if count == worlds else float(beta.ppf(1.0 - tail))
    return Share(count, worlds, low, high)


def spread_of(sizes: Floats) -> Spread:
    """Return median and 10 and 90 % quantiles of what is known."""
    known = sizes[np.isfinite(sizes)]
    if not known.size:
        return Spread(np.nan, np.nan, np.nan)
    low, median, high = np.quantile(known, [0.1, 0.5, 0.9])
    return Spread(float(median), float(low), float(high))


def word_of(shares: tuple[Share, ...]) -> str:
    """Return the answer in words, from the shares of worlds in the order of ``VERDICTS``."""
    undecided, supported, contradicted, _ = shares
    if undecided.worlds == 1:
        return next(verdict for verdict, share in zip(VERDICTS, shares, strict=True) if share.held)
    if supported.share >= ROBUST and supported.low >= _ROBUST_LOW:
        return "holds robustly"
    if supported.share >= MOSTLY:
        return "mostly"
    if contradicted.share >= MOSTLY:
        return "the other way"
    if max(supported.share, contradicted.share) + undecided.share >= MOSTLY:
        return "not settled"
    return "in some worlds" if supported.share >= SOME else "nowhere"


def _more(found: RungFound, open_ones: NDArray[np.bool_]) -> float:
    """Return how many more seeds a world would settle nine of ten undecided worlds, at Holm's first step."""
    if not open_ones.any():
        return 0.0
    seeds = np.stack([each.seeds for each in found.effects]).max(axis=0)
    more = np.maximum(found.need - seeds, 1.0)
    return float(np.quantile(more[open_ones], 0.9, method="inverted_cdf"))


class Decider(NamedTuple):
    """A free parameter that decides in which worlds a rung holds.

    Attributes:
        key: the parameter.
        strength: how much of the effect's size over worlds goes with it: its rank correlation, -1 to 1.
        p: that it is none, corrected for all free parameters (Holm).
        low, high: the share of worlds supported in the lowest and in the highest third of its values.
    """

    key: str
    strength: float
    p: float
    low: float
    high: float


def deciders(found: RungFound, worlds: Worlds) -> tuple[Decider, ...]:
    """Return the parameters that surely go with a rung's strength over worlds, at most five, the strongest first.

    Args:
        found: the rung in each world.
        worlds: where it was judged.

    Returns:
        None of fewer than 16 worlds whose strength is known, or where it does not vary.
    """
    strength = strength_of(found)
    known = np.isfinite(strength)
    if known.sum() < LEAST_WORLDS or np.ptp(strength[known]) == 0.0:
        return ()
    given = {key: worlds.values(key) for key in worlds.free}
    values = {key: each.astype(np.float64) for key, each in given.items() if each.dtype.kind in "biuf"}
    values = {key: each for key, each in values.items() if np.ptp(each[known]) > 0.0}
    if not values:
        return ()
    tests = [stats.spearmanr(each[known], strength[known]) for each in values.values()]
    p = holm(np.array([test.pvalue for test in tests]))
    held = found.verdict == SUPPORTED
    told = [
        Decider(key, float(test.statistic), float(chance), *_thirds(each, held))
        for (key, each), test, chance in zip(values.items(), tests, p, strict=True)
        if chance <= 1.0 - CONFIDENCE
    ]
    return tuple(sorted(told, key=lambda each: -abs(each.strength))[:MOST])


def strength_of(found: RungFound) -> Floats:
    """Return a rung's strength in each world, shape (worlds,): of its weakest effect, or its strongest of ``any``."""
    each = np.stack([effect_strength(effect) for effect in found.effects])
    return np.asarray(each.min(axis=0) if found.rung.need == "all" else each.max(axis=0))


def effect_strength(found: EffectFound) -> Floats:
    """Return an effect in units of the smallest one of interest, sign turned, shape (worlds,); NaN if not known."""
    effect, estimand = found.effect, ESTIMANDS[found.effect.kind]
    none, sign = estimand.none_of(effect), 1.0 if effect.sign == "+" else -1.0
    low, high = estimand.bounds(effect)
    if low == high:  # only not worse: no effect at all speaks for it
        return np.asarray(1.0 + sign * (found.size - low) / effect.sesoi)
    if not estimand.ratio:
        return np.asarray(sign * (found.size - none) / effect.sesoi)
    logs = np.log(np.where(found.size > 0.0, found.size, np.nan) / none)
    return np.asarray(sign * logs / np.log(effect.sesoi))


def _thirds(values: Floats, held: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the share of worlds supported in the lowest and in the highest third of a parameter's values."""
    low, high = np.quantile(values, [1.0 / 3.0, 2.0 / 3.0])
    return float(held[values <= low].mean()), float(held[values >= high].mean())
