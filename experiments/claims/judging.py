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
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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


@dataclass(frozen=True)
class EffectFound:
    """What an effect is in each world; arrays of shape (worlds,).

    Attributes:
        effect: what was asked.
        unit: its unit in words.
        size: the estimate; NaN where there is none.
        low, high: its 95 % interval (Fieller); infinite on the side where the denominator may be 0.
        p: p-values of supported, contradicted and negligible, shape (3, worlds).
        power: the chance that an effect of twice the smallest one of interest is found, at these seeds.
        seeds: seeds with a value.
        missing: the share of seeds without one.
        need: seeds at which the interval would be decided if the estimate is right; infinite where none would do.
    """

    effect: Effect
    unit: str
    size: Floats
    low: Floats
    high: Floats
    p: Floats
    power: Floats
    seeds: NDArray[np.int64]
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
        """Return the power of its weakest effect in each world (of its strongest if any effect will do)."""
        powers = np.stack([found.power for found in self.effects])
        return np.asarray(powers.min(axis=0) if self.rung.need == "all" else powers.max(axis=0))


def judge_rung(rung: Rung, table: xr.Dataset, doses: Mapping[str, float], units: Mapping[str, str]) -> RungFound:
    """Return what a rung is in each world of a table.

    Args:
        rung: what is asked.
        table: each measure over arm, world and seed.
        doses: the dose of each arm, where the claim has a dose.
        units: the unit of each measure.
    """
    found = tuple(judge_effect(effect, table, doses, units) for effect in rung.effect)
    return RungFound(rung, found, _jointly(np.stack([each.p for each in found]), rung.need))


def judge_effect(
    effect: Effect, table: xr.Dataset, doses: Mapping[str, float], units: Mapping[str, str]
) -> EffectFound:
    """Return what an effect is in each world of a table; arguments as of ``judge_rung``."""
    estimand = ESTIMANDS[effect.kind]
    ask = Ask(effect, table, dict(doses))
    unit = estimand.unit(effect, units.get(effect.measure, ""))
    return found_of(effect, estimand.means(ask), estimand.bounds(effect), unit, estimand.among(ask))


def found_of(
    effect: Effect, means: Means, bounds: tuple[float, float], unit: str, among: Among | None = None
) -> EffectFound:
    """Return what an effect is in each world, from the figures of its seeds and its bounds of interest.

    Args:
        effect: what is asked.
        means: what is estimated.
        bounds: below and above which value it is of interest.
        unit: its unit in words.
        among: the effects of which it is the largest or smallest, if it is.
    """
    among = Among([means], largest=True) if among is None else among
    over, under, seeds, missing = _known(means)
    above_high, below_high = _sides(among, bounds[1])
    above_low, below_low = _sides(among, bounds[0])
    far = [above_high, below_low] if effect.sign == "+" else [below_low, above_high]
    p = np.minimum(1.0, 2.0 * np.stack([*far, np.maximum(below_high, above_low)]))
    bad = _bad(under, seeds, missing)
    p[:, bad] = 1.0
    low, high = _ends(among)
    size = np.clip(_fieller(over, under, seeds, CONFIDENCE)[0], low, high)
    tries = len(among.each) if among.largest == (effect.sign == "+") else 1
    half = (bounds[1] - bounds[0]) / 2.0 or effect.sesoi
    power, need = _strength(size, bounds, half, over, under, seeds, quantile_t(seeds, _shared(tries)))
    if tries < len(among.each):
        power = _power_of_all(among, bounds)
    for array in (size, low, high):
        array[bad] = np.nan
    power[bad], need[bad] = 0.0, np.inf
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
        over, under, seeds, missing = _known(means)
        t, bad = _t(over - bound * under, seeds), _bad(under, seeds, missing)
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
        over, under, seeds, missing = _known(means)
        bad = _bad(under, seeds, missing)
        low = _fieller(over, under, seeds, shared if among.largest else CONFIDENCE)[1]
        high = _fieller(over, under, seeds, CONFIDENCE if among.largest else shared)[2]
        lows.append(np.where(bad, -np.inf, low))
        highs.append(np.where(bad, np.inf, high))
    extreme = np.max if among.largest else np.min
    return np.asarray(extreme(lows, axis=0)), np.asarray(extreme(highs, axis=0))


def _power_of_all(among: Among, bounds: tuple[float, float]) -> Floats:
    """Return at least what power has a test that each of several must pass, the least of them as in ``_strength``.

    The others count as further from the bound by what they are apart, less its standard error: ties look apart too.
    """
    figures = [_known(means)[:3] for means in among.each]
    sizes = np.stack([_mean(over, seeds) / _mean(under, seeds) for over, under, seeds in figures])
    first = np.argmin(sizes if not among.largest else -sizes, axis=0)
    least = np.take_along_axis(sizes, first[None], axis=0)[0]
    fails = np.zeros(len(least))
    for size, (over, under, seeds) in zip(sizes, figures, strict=True):
        error = _error(over - size[:, None] * under, seeds) / _mean(under, seeds)
        apart = np.maximum(np.abs(size - least) - 1.5 * error, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            away = np.where(error > 0.0, ((bounds[1] - bounds[0]) / 2.0 + apart) / error, np.inf)
        fails += special.ndtr(quantile_t(seeds) - away)
    return np.asarray(np.maximum(1.0 - fails, 0.0))


def _shared(tries: int) -> float:
    """Return the confidence of an interval whose level is shared by several (Bonferroni)."""
    return 1.0 - (1.0 - CONFIDENCE) / tries


def _bad(under: Floats, seeds: NDArray[np.int64], missing: Floats) -> NDArray[np.bool_]:
    """Return the worlds in which nothing can be said."""
    return (seeds < _LEAST_SEEDS) | (missing > _MOST_MISSING) | ~(_mean(under, seeds) > 0.0)


def _known(means: Means) -> tuple[Floats, Floats, NDArray[np.int64], Floats]:
    """Return figures with 0 for seeds without one, how many seeds have one, and the share that has none."""
    known = np.isfinite(means.over) & np.isfinite(means.under)
    seeds = known.sum(axis=1)
    over, under = (np.where(known, values, np.nan) for values in means[:2])
    return over, under, seeds, 1.0 - seeds / known.shape[1]


def _mean(values: Floats, seeds: NDArray[np.int64]) -> Floats:
    return np.asarray(np.nansum(values, axis=1) / np.maximum(seeds, 1))


def _error(values: Floats, seeds: NDArray[np.int64]) -> Floats:
    """Return the standard error of a mean over seeds; 0 where figures differ by rounding only."""
    apart = values - _mean(values, seeds)[:, None]
    error = np.sqrt(np.nansum(apart * apart, axis=1) / np.maximum(seeds - 1, 1) / np.maximum(seeds, 1))
    size = np.max(np.abs(np.nan_to_num(values)), axis=1, initial=0.0)
    return np.asarray(np.where(error <= _ROUNDING * size, 0.0, error))


def _t(values: Floats, seeds: NDArray[np.int64]) -> Floats:
    """Return the t statistic of "the mean is 0" in each world."""
    mean, error = _mean(values, seeds), _error(values, seeds)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(error > 0.0, mean / error, np.where(mean == 0.0, 0.0, np.copysign(np.inf, mean)))


def quantile_t(seeds: NDArray[np.int64], confidence: float = CONFIDENCE) -> Floats:
    """Return the two-sided quantile of Student's t of seeds - 1 degrees."""
    return np.asarray(-special.stdtrit(np.maximum(seeds - 1, 1), (1.0 - confidence) / 2.0))


def _fieller(over: Floats, under: Floats, seeds: NDArray[np.int64], confidence: float) -> tuple[Floats, Floats, Floats]:
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
    size: Floats,
    bounds: tuple[float, float],
    half: float,
    over: Floats,
    under: Floats,
    seeds: NDArray[np.int64],
    t: Floats,
) -> tuple[Floats, Floats]:
    """Return the power in each world, and the seeds that would decide it; ``t`` is the quantile of the tests.

    Power is that of finding "supported" when the effect is ``half`` beyond the bound: as far as the bound is from none.
    """
    low, high = bounds
    scale = _mean(under, seeds)
    error = _error(over - np.nan_to_num(size)[:, None] * under, seeds)
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.where(error > 0.0, half * scale / error, np.inf)
        distance = np.minimum(np.abs(size - low), np.abs(size - high)) * scale
        need = np.where(error > 0.0, seeds * (t * error / distance) ** 2, seeds)
    power = special.ndtr(away - t)
    return np.asarray(power), np.where(np.isfinite(need), np.ceil(need), math.inf)
