"""The t test that all estimands share, on figures of all shapes, and Fieller's interval where the base is uncertain."""

from __future__ import annotations

import numpy as np

from experiments.checks.check import Check, rate, within
from experiments.checks.statistics.made_up import Shape, differences, stream
from experiments.claims.estimands import Means
from experiments.claims.estimands.base import Floats
from experiments.claims.judging import NEGLIGIBLE, EffectFound, found_of
from experiments.claims.schema import Effect

_EFFECT = Effect(name="known", kind="difference", sign="+", sesoi=0.5, measure="y", arms=["a", "b"])
_MISSING = 0.1  # of seeds
_CASES: tuple[tuple[Shape, int, float], ...] = (
    ("normal", 20, 0.0), ("t of 3 degrees", 20, 0.0), ("two points", 20, 0.01), ("heavy", 20, 0.0),
    ("skewed", 20, 0.02), ("skewed", 80, 0.01), ("very skewed", 20, 0.09), ("very skewed", 80, 0.06),
)  # fmt: skip
"""Shapes with seeds and tolerance: a mean of few very skewed figures is covered less often, and should be asked in
logarithms."""


def found(over: Floats, under: Floats) -> EffectFound:
    """Return what an effect is in each world, bounds of interest half a standard deviation to each side of 0."""
    return found_of(_EFFECT, Means(over, under), (-0.5, 0.5), "")


def test_checks(quick: bool) -> list[Check]:
    """Check the interval of a mean: by shape, with seeds missing, and without any variation."""
    worlds, checks = 2000 if quick else 4000, []
    for shape, seeds, tolerance in _CASES:
        values = differences(shape, worlds, seeds, stream(f"t {shape} {seeds}"))
        checks.append(_covers(f"{shape}, {seeds} seeds", found(values, np.ones_like(values)), 0.0, tolerance))
    rng = stream("missing")
    values = differences("normal", worlds, 20, rng)
    values[rng.random(values.shape) < _MISSING] = np.nan
    kept = found(values, np.ones_like(values))
    known = np.isfinite(kept.size)
    checks.append(rate("t test", "coverage", "normal, 20 seeds, a tenth missing", "≥", 0.95,
                       (np.abs(kept.low + kept.high) <= kept.high - kept.low)[known]))  # fmt: skip
    still = found(np.zeros((10, 20)), np.ones((10, 20)))
    none = float(np.mean(still.verdict == NEGLIGIBLE))
    checks.append(within("t test", "power", "nothing varies: negligible", "=", 1.0, 0.0, (none, none, none)))
    return checks


def ratio_checks(quick: bool) -> list[Check]:
    """Check Fieller's interval: a firm base, a base that is hardly there, and skewed figures."""
    worlds, checks = 2000 if quick else 4000, []
    cases: tuple[tuple[Shape, float, float], ...] = (("normal", 3.0, 0.0), ("normal", 0.3, 0.0), ("skewed", 3.0, 0.02))
    for shape, base, tolerance in cases:
        rng = stream(f"ratio {shape} {base}")
        under = base + differences(shape, worlds, 20, rng)
        over = 0.5 * under + differences(shape, worlds, 20, rng)
        each = found(over, under)
        known = np.isfinite(each.size)
        covered = ((each.low <= 0.5) & (each.high >= 0.5))[known]
        checks.append(rate("ratio", "coverage", f"{shape}, 20 seeds, base {base:g} sd from 0", "≥", 0.95, covered,
                           tolerance))  # fmt: skip
    return checks


def _covers(name: str, each: EffectFound, truth: float, tolerance: float) -> Check:
    return rate("t test", "coverage", name, "≥", 0.95, (each.low <= truth) & (truth <= each.high), tolerance)
