"""Which free parameters decide in which worlds a rung holds.

What is ranked is a rung's strength in each world: its weakest effect (its strongest, if any will do) in units of the
smallest one of interest, the claimed sign turned to +, so that 1 and above speaks for the rung. Spearman's rank
correlation with each free parameter, held to Holm's procedure over all of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.claims.answers import Decider
from experiments.claims.estimands import ESTIMANDS
from experiments.claims.estimands.base import Floats
from experiments.claims.judging import CONFIDENCE, SUPPORTED, EffectFound, RungFound
from experiments.claims.over import Worlds
from experiments.stats.holm import holm

LEAST_WORLDS, MOST = 16, 5


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
    if not estimand.ratio:
        return np.asarray(sign * (found.size - none) / effect.sesoi)
    logs = np.log(np.where(found.size > 0.0, found.size, np.nan) / none)
    return np.asarray(sign * logs / np.log(effect.sesoi))


def _thirds(values: Floats, held: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the share of worlds supported in the lowest and in the highest third of a parameter's values."""
    low, high = np.quantile(values, [1.0 / 3.0, 2.0 / 3.0])
    return float(held[values <= low].mean()), float(held[values >= high].mean())
