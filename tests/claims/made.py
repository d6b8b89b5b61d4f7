"""Made-up worlds, effects and rungs, for tests that need no run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from experiments.claims.estimands.base import Means
from experiments.claims.judging import ALONE, EVERYWHERE, EffectFound, Level, RungFound, found_of
from experiments.claims.over import Worlds
from experiments.claims.schema import Effect, Rung

EFFECT = Effect(name="gain", kind="difference", sign="+", sesoi=0.1, measure="y", arms=["first", "second"])


def made_worlds(**values: NDArray[np.float64]) -> Worlds:
    """Return worlds whose free parameters are ``x.NAME``."""
    keys = tuple(f"x.{name}" for name in values)
    changes = tuple(dict(zip(keys, row, strict=True)) for row in zip(*values.values(), strict=True))
    count = len(changes)
    return Worlds("made", "made-up worlds", changes, tuple(range(count)), (1.0,) * count, keys, "made")


def made_effect(
    truth: NDArray[np.float64], spread: float = 0.1, seeds: int = 30, effect: Effect = EFFECT, level: Level = ALONE
) -> EffectFound:
    """Return what seeds show of an effect of known size in each world."""
    noise = np.random.default_rng(5).normal(0.0, spread, (len(truth), seeds))
    over = truth[:, None] + noise
    none, sesoi = 0.0, effect.sesoi
    return found_of(
        effect, Means(over, np.ones_like(over)), (none - sesoi, none + sesoi), "unit", None, EVERYWHERE, level
    )


def made_rung(*effects: EffectFound) -> RungFound:
    """Return a rung that needs all of some effects; its p-values are those of the first."""
    return RungFound(
        Rung(name="effect", says="it gains", effect=[each.effect for each in effects]), effects, effects[0].p
    )
