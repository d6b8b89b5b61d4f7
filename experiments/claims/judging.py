"""From outcomes to verdicts: each effect, then each rung, in each world.

With s the smallest effect size of interest, n the value of no effect and the claimed sign turned to +, an effect is

    supported      above n + s        contradicted   below n - s
    negligible     between n - s and n + s: as good as none (two one-sided tests)
    undecided      else

each by t tests over seeds of over - b under at a bound b (``estimands.base``), at half the level a side: what a 95 %
interval decides. The largest of several effects is above a bound if one of them is, held to the level over their
number, and below it if each is; the smallest likewise. A rung that needs ``all`` of its effects is supported if each is
(an intersection-union test, which needs no correction; Berger 1982), and contradicted or negligible if one is, held to
the level over their number. One that needs ``any`` is the mirror image. In each world Holm's (1979) procedure follows
over the claims, rung by rung.

Power, and the seeds that a verdict needs, are those at Holm's first step: the level over the number of claims. So they
promise what is found whatever the other claims come to; where others are decided, less is asked and more is found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import special

from experiments.claims.estimands import ESTIMANDS, Among, Ask, Means
from experiments.claims.estimands.base import Floats
from experiments.claims.schema import Effect, Rung
from experiments.stats.holm import holm as adjusted_by_holm

CONFIDENCE = 0.95
UNDECIDED, SUPPORTED, CONTRADICTED, NEGLIGIBLE = range(4)
VERDICTS = ("undecided", "supported", "contradicted", "negligible")
_LEAST_SEEDS = 3
_MOST_MISSING = 0.2  # of a world's seeds: with more, what is left may not be what is asked about
_ROUNDING = 1e-12  # of an outcome's size: figures nearer than that differ by their last bits
Codes = NDArray[np.int8]
Counts = NDArray[np.int64]
EVERYWHERE = (-inf, inf)


class Figures(NamedTuple):
    """What an effect is the ratio of, (worlds, seeds), NaN where a seed has none; how many have it, what share not."""

    over: Floats
    under: Floats
    seeds: Counts
    missing: Floats


class Level(NamedTuple):
    """By what an effect's power and need are told, beyond its own test.

    Attributes:
        supported: tests that share the level where it is supported: claims (Holm's first step) times, if its rung needs
            any of several effects, their number.
        against: likewise where it is contradicted or negligible; there a rung of all of its effects shares the level.
        seeds: a world, for which power is told; those of the outcomes if None.
    """

    supported: int = 1
    against: int = 1
    seeds: int | None = None


ALONE = Level()


@dataclass(frozen=True)
class EffectFound:
    """What an effect is in each world; arrays of shape (worlds,).

    Attributes:
        effect: what was asked.
        unit: its unit in words.
        size: the estimate; NaN where there is none.
        low, high: its 95 % interval (Fieller), within what the effect can be; else infinite on the side where the
            denominator may be 0.
        p: p-values of supported, contradicted and negligible, shape (3, worlds).
        power: the chance that an effect of twice the smallest one of interest is found, at its ``Level``.
        seeds: seeds with a value.
        missing: the share of seeds without one.
        need: seeds at which it would be supported, contradicted and negligible at its ``Level`` if the estimate is
            right, shape (3, worlds); infinite where none would do.
    """

    effect: Effect
    unit: str
    size: Floats
    low: Floats
    high: Floats
    p: Floats
    power: Floats
    seeds: Counts
    missing: Floats
    need: Floats

    @property
    def verdict(self) -> Codes:
        """Return the verdict in each world by itself."""
        return _coded(self.p)


@dataclass(frozen=True)
class RungFound:
    """What a rung is in each world.

    Attributes:
        rung: what was asked.
        effects: each of its effects.
        p: p-values of supported, contradicted and negligible, shape (3, worlds); after Holm's procedure once that was
            applied.
    """

    rung: Rung
    effects: tuple[EffectFound, ...]
    p: Floats

    @property
    def verdict(self) -> Codes:
        """Return the verdict in each world, shape (worlds,)."""
        return _coded(self.p)

    @property
    def power(self) -> Floats:
        """Return at least what power it has in each world; if any of its effects will do, that of the strongest."""
        powers = np.stack([found.power for found in self.effects])
        if self.rung.need == "any":
            return np.asarray(powers.max(axis=0))
        return np.asarray(np.maximum(1.0 - (1.0 - powers).sum(axis=0), 0.0))

    @property
    def need(self) -> Floats:
        """Return the seeds at which it would be decided in each world if the estimates are right."""
        need = np.stack([found.need for found in self.effects])
        if self.rung.need == "all":
            return np.asarray(np.minimum(need[:, 0].max(axis=0), need[:, 1:].min(axis=(0, 1))))
        return np.asarray(np.minimum(need[:, 0].min(axis=0), need[:, 1:].min(axis=1).max(axis=0)))


def judge_rung(
    rung: Rung,
    table: xr.Dataset,
    doses: Mapping[str, float],
    units: Mapping[str, str],
    family: int = 1,
    seeds: int | None = None,
) -> RungFound:
    """Return what a rung is in each world of a table, before Holm's procedure.

    Args:
        rung: what is asked.
        table: each measure over arm, world and seed.
        doses: the dose of each arm, where the claim has a dose.
        units: the unit of each measure.
        family: claims that Holm's procedure will be over, for power and need.
        seeds: a world, for which power is told; those of the table if None.
    """
    several = family * len(rung.effect)
    level = Level(family, several, seeds) if rung.need == "all" else Level(several, family, seeds)
    found = tuple(judge_effect(effect, table, doses, units, level) for effect in rung.effect)
    return RungFound(rung, found, _jointly(np.stack([each.p for each in found]), rung.need))


def judge_effect(
    effect: Effect,
    table: xr.Dataset,
    doses: Mapping[str, float],
    units: Mapping[str, str],
    level: Level = ALONE,
) -> EffectFound:
    """Return what an effect is in each world of a table; arguments as of ``judge_rung``, power and need at a level."""
    estimand = ESTIMANDS[effect.kind]
    ask = Ask(effect, table, dict(doses), units.get(effect.measure, ""))
    return found_of(
        effect, estimand.means(ask), estimand.bounds(effect), estimand.unit(effect, ask.unit), estimand.among(ask),
        estimand.span(ask), level,
    )  # fmt: skip


def found_of(
    effect: Effect,
    means: Means,
    bounds: tuple[float, float],
    unit: str,
    among: Among | None = None,
    span: tuple[float, float] = EVERYWHERE,
    level: Level = ALONE,
) -> EffectFound:
    """Return what an effect is in each world, from the figures of its seeds and its bounds of interest.

    Args:
        effect: what is asked.
        means: what is estimated.
        bounds: below and above which value it is of interest.
        unit: its unit in words.
        among: the effects of which it is the largest or smallest, if it is.
        span: the least and the most that it can be: its interval ends there; tests know nothing of it.
        level: at which power and need are told.
    """
    among = Among([means], largest=True) if among is None else among
    over, under, seeds, missing = figures = _known(means)
    above_high, below_high = _sides(among, bounds[1])
    above_low, below_low = _sides(among, bounds[0])
    far = [above_high, below_low] if effect.sign == "+" else [below_low, above_high]
    p = np.minimum(1.0, 2.0 * np.stack([*far, np.maximum(below_high, above_low)]))
    bad = _bad(figures)
    p[:, bad] = 1.0
    low, high = (np.clip(end, *span) for end in _ends(among))
    size = np.clip(_fieller(over, under, seeds, CONFIDENCE)[0], low, high)
    power, need = _strength(effect, size, bounds, figures, among, level)
    for array in (size, low, high):
        array[bad] = np.nan
    power[bad], need[:, bad] = 0.0, inf
    return EffectFound(effect, unit, size, low, high, p, power, seeds, missing, need)


def holm(rungs: Sequence[RungFound], absent: int = 0) -> list[RungFound]:
    """Return the same rung of several claims after Holm's procedure, in each world by itself.

    Args:
        rungs: of each claim.
        absent: claims of the family that are not among them: they count as if not decided.
    """
    if not rungs:
        return []
    least = np.stack([found.p.min(axis=0) for found in rungs])  # (claims, worlds)
    back = adjusted_by_holm(least, absent)
    return [
        replace(found, p=np.where(found.p <= least[n], np.maximum(back[n], found.p), 1.0))
        for n, found in enumerate(rungs)
    ]


def _coded(p: Floats) -> Codes:
    """Return the verdict that the least of three p-values gives."""
    best = np.argmin(p, axis=0)
    decided = np.take_along_axis(p, best[None], axis=0)[0] <= 1.0 - CONFIDENCE
    return np.where(decided, best + 1, UNDECIDED).astype(np.int8)


def _jointly(p: Floats, need: str) -> Floats:
    """Return the p-values of a rung from those of its effects, shape (effects, 3, worlds) to (3, worlds)."""
    many = len(p)
    if need == "all":
        return np.stack([p[:, 0].max(axis=0), *(np.minimum(1.0, many * p[:, k].min(axis=0)) for k in (1, 2))])
    against = np.minimum(p[:, 1], p[:, 2]).max(axis=0)
    contradicted = p[:, 1].max(axis=0)
    none = np.where(contradicted <= against, 1.0, against)
    return np.stack([np.minimum(1.0, many * p[:, 0].min(axis=0)), contradicted, none])


def _sides(among: Among, bound: float) -> tuple[Floats, Floats]:
    """Return one-sided p-values of "the largest (or smallest) is above the bound", and below it, in each world."""
    above, below = [], []
    for means in among.each:
        over, under, seeds, _ = figures = _known(means)
        t, bad = _t(over - bound * under, seeds), _bad(figures)
        above.append(np.where(bad, 1.0, special.stdtr(np.maximum(seeds - 1, 1), -t)))
        below.append(np.where(bad, 1.0, special.stdtr(np.maximum(seeds - 1, 1), t)))
    any_one, each = (above, below) if among.largest else (below, above)
    one, all_of_them = len(among.each) * np.min(any_one, axis=0), np.max(each, axis=0)
    return (one, all_of_them) if among.largest else (all_of_them, one)


def _ends(among: Among) -> tuple[Floats, Floats]:
    """Return the 95 % interval of the largest (or smallest) in each world."""
    lows, highs = [], []
    shared = _shared(len(among.each))
    for means in among.each:
        over, under, seeds, _ = figures = _known(means)
        bad = _bad(figures)
        low = _fieller(over, under, seeds, shared if among.largest else CONFIDENCE)[1]
        high = _fieller(over, under, seeds, CONFIDENCE if among.largest else shared)[2]
        lows.append(np.where(bad, -np.inf, low))
        highs.append(np.where(bad, np.inf, high))
    extreme = np.max if among.largest else np.min
    return np.asarray(extreme(lows, axis=0)), np.asarray(extreme(highs, axis=0))


def _shared(tries: int) -> float:
    """Return the confidence of an interval whose level is shared by several (Bonferroni)."""
    return 1.0 - (1.0 - CONFIDENCE) / tries


def _bad(figures: Figures) -> NDArray[np.bool_]:
    """Return the worlds in which nothing can be said."""
    few = (figures.seeds < _LEAST_SEEDS) | (figures.missing > _MOST_MISSING)
    return np.asarray(few | ~(_mean(figures.under, figures.seeds) > 0.0))


def _known(means: Means) -> Figures:
    """Return the figures of those seeds that have both."""
    known = np.isfinite(means.over) & np.isfinite(means.under)
    seeds = known.sum(axis=1)
    over, under = (np.where(known, values, np.nan) for values in means)
    return Figures(over, under, seeds, 1.0 - seeds / known.shape[1])


def _mean(values: Floats, seeds: Counts) -> Floats:
    return np.asarray(np.nansum(values, axis=1) / np.maximum(seeds, 1))


def _error(values: Floats, seeds: Counts) -> Floats:
    """Return the standard error of a mean over seeds; 0 where figures differ by rounding only."""
    apart = values - _mean(values, seeds)[:, None]
    error = np.sqrt(np.nansum(apart * apart, axis=1) / np.maximum(seeds - 1, 1) / np.maximum(seeds, 1))
    size = np.max(np.abs(np.nan_to_num(values)), axis=1, initial=0.0)
    return np.asarray(np.where(error <= _ROUNDING * size, 0.0, error))


def _t(values: Floats, seeds: Counts) -> Floats:
    """Return the t statistic of "the mean is 0" in each world."""
    mean, error = _mean(values, seeds), _error(values, seeds)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(error > 0.0, mean / error, np.where(mean == 0.0, 0.0, np.copysign(np.inf, mean)))


def quantile_t(seeds: Counts, confidence: float = CONFIDENCE) -> Floats:
    """Return the two-sided quantile of Student's t of seeds - 1 degrees."""
    return np.asarray(-special.stdtrit(np.maximum(seeds - 1, 1), (1.0 - confidence) / 2.0))


def _fieller(over: Floats, under: Floats, seeds: Counts, confidence: float) -> tuple[Floats, Floats, Floats]:
    """Return the ratio of means and its interval.

    Where the denominator's mean may be 0 (but is not below) the ratio has a bound on one side only, or none.
    """
    x, y, t = _mean(over, seeds), _mean(under, seeds), quantile_t(seeds, confidence)
    count = np.maximum(seeds - 1, 1) * np.maximum(seeds, 1)
    dx, dy = over - x[:, None], under - y[:, None]
    xx, yy, xy = (np.nansum(a * b, axis=1) / count for a, b in ((dx, dx), (dy, dy), (dx, dy)))
    a, b, c = y * y - t * t * yy, x * y - t * t * xy, x * x - t * t * xx
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.maximum(b * b - a * c, 0.0))
        size, low, high = x / y, (b - root) / a, (b + root) / a
    sure = (a < 0.0) & (c > 0.0)  # on which side of 0 the numerator is
    with_low, with_high = (a > 0.0) | sure & (x > 0.0), (a > 0.0) | sure & (x < 0.0)
    return size, np.where(with_low, low, -np.inf), np.where(with_high, high, np.inf)


def _strength(
    effect: Effect, size: Floats, bounds: tuple[float, float], figures: Figures, among: Among, level: Level
) -> tuple[Floats, Floats]:
    """Return the power in each world, and the seeds that each verdict needs, shape (3, worlds).

    Power is that of finding "supported" when the effect is as far beyond the bound as the bound is from none.
    """
    seeds, (low, high), up = figures.seeds, bounds, effect.sign == "+"
    error, many = _error_of(size, figures), len(among.each)
    above, below = (many, 1) if among.largest else (1, many)  # tests that share the level of either side

    def needed(beyond: Floats, tries: int) -> Floats:
        wide = quantile_t(seeds, _shared(tries)) * error
        times = np.divide(wide, beyond, out=np.full_like(wide, inf), where=(beyond > 0.0) & (wide < inf))
        return np.asarray(np.maximum(np.ceil(np.maximum(seeds, 1) * times**2), _LEAST_SEEDS))

    far = [(size - high, above), (low - size, below)]
    for_it, against = far if up else far[::-1]
    within = np.maximum(needed(high - size, level.against * below), needed(size - low, level.against * above))
    need = np.stack([needed(for_it[0], level.supported * for_it[1]),
                     needed(against[0], level.against * against[1]), within])  # fmt: skip
    half = (high - low) / 2.0 or effect.sesoi
    if for_it[1] < many:
        return _power_of_all(among, half, level), need
    return 1.0 - _misses(half, error, figures, _shared(level.supported * for_it[1]), level), need


def _power_of_all(among: Among, half: float, level: Level) -> Floats:
    """Return at least what power has a test that each of several must pass, the least of them as in ``_strength``.

    The others count as further from the bound by what they are apart, less its standard error: ties look apart too.
    """
    each = [_known(means) for means in among.each]
    bad = np.any([_bad(figures) for figures in each], axis=0)
    sizes = np.stack([np.where(bad, 0.0, _size(figures)) for figures in each])
    first = np.argmin(sizes if not among.largest else -sizes, axis=0)
    least = np.take_along_axis(sizes, first[None], axis=0)[0]
    misses = np.where(bad, 1.0, 0.0)
    for size, figures in zip(sizes, each, strict=True):
        error = _error_of(size, figures)
        apart = np.maximum(np.abs(size - least) - 1.5 * np.where(bad, 0.0, error), 0.0)
        misses += _misses(half + apart, error, figures, _shared(level.supported), level)
    return np.asarray(np.maximum(1.0 - misses, 0.0))


def _misses(away: Floats | float, error: Floats, figures: Figures, confidence: float, level: Level) -> Floats:
    """Return the chance that what is so far beyond a bound is not found there, at the seeds of the level."""
    seeds = figures.seeds
    then = seeds if level.seeds is None else np.floor(level.seeds * (1.0 - figures.missing)).astype(np.int64)
    wide = error * np.sqrt(np.maximum(seeds, 1) / np.maximum(then, 1))
    times = np.divide(away, wide, out=np.full_like(wide, inf), where=wide > 0.0)
    return np.asarray(special.ndtr(quantile_t(then, confidence) - times))


def _size(figures: Figures) -> Floats:
    """Return the ratio of means in each world; NaN where the denominator is not above 0."""
    x, y = (_mean(values, figures.seeds) for values in (figures.over, figures.under))
    return np.asarray(np.divide(x, y, out=np.full_like(x, np.nan), where=y > 0.0))


def _error_of(size: Floats, figures: Figures) -> Floats:
    """Return the standard error of a ratio of means in each world; infinite where the denominator is not above 0."""
    error = _error(figures.over - np.nan_to_num(size)[:, None] * figures.under, figures.seeds)
    scale = _mean(figures.under, figures.seeds)
    return np.asarray(np.divide(error, scale, out=np.full_like(error, inf), where=scale > 0.0))
