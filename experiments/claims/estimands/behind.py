"""Does an arm fall behind on at least one of several outcomes? Its gap where it is furthest behind.

    max over measures m of  [y_m(whole) - y_m(part)] / y_m(whole)

So "no single change does as well on all outcomes at once" is asked of each change by itself.
"""

from __future__ import annotations

from math import inf

import numpy as np

from experiments.claims.estimands.base import Among, Ask, Estimand, Floats, Known, Means, made_up_of, pick
from experiments.claims.schema import Effect


class Behind(Estimand):
    """How far the second arm is behind the first, as a share of it, on the measure where that is most."""

    kind = "behind"
    arms = (2, 2)
    needs = ("measures",)

    def means(self, ask: Ask) -> Means:
        """Return what the effect is the ratio of."""
        gap, first = _gaps(ask)
        seeds = np.maximum(np.isfinite(first).sum(axis=2, keepdims=True), 1)
        size = np.broadcast_to(np.nansum(first, axis=2, keepdims=True) / seeds, gap.shape)
        share = np.divide(gap, size, out=np.full_like(gap, -inf), where=size > 0.0)
        return Means(pick(gap, share), pick(first, share))

    def among(self, ask: Ask) -> Among:
        """Return the gap on each measure: asked is the largest."""
        return Among([Means(gap, first) for gap, first in zip(*_gaps(ask), strict=True)], largest=True)

    def unit(self, effect: Effect, measure_unit: str) -> str:
        """Return its unit in words."""
        return f"share of {effect.arms[0]}"

    def compared(self, effect: Effect) -> str:
        """Say in words what is compared with what."""
        return f"{effect.arms[0]} against {effect.arms[1]}, where that is furthest behind"

    def span(self, ask: Ask) -> tuple[float, float]:
        """Return the least and the most that the effect can be, whatever comes: what its interval ends at."""
        measures = (ask.effect.measure, *ask.effect.measures)
        return -inf, 1.0 if ask.within(0.0, inf, *measures) else inf

    def known(self, rng: np.random.Generator, worlds: int, seeds: int) -> list[Known]:
        """Return two outcomes; the part is 20 % behind on one, and on the other ahead, 15 % or 20 % behind."""
        found = []
        for name, gap in (("20 % on one", -0.1), ("20 %, near ties", 0.15), ("20 %, ties", 0.2)):
            luck = rng.gamma(4.0, 0.25, (worlds, seeds))
            y = {"whole": luck, "part": (1.0 - gap) * luck * rng.gamma(25.0, 1.0 / 25.0, luck.shape)}
            z = {"whole": 3.0 * luck, "part": 2.4 * luck * rng.gamma(25.0, 1.0 / 25.0, luck.shape)}
            effect = Effect(
                name=name, kind=self.kind, sign="+", sesoi=0.05, measure="y", measures=["z"], arms=["whole", "part"]
            )
            found.append(Known(effect, made_up_of({"y": y, "z": z}), 0.2))
        return found


def _gaps(ask: Ask) -> tuple[Floats, Floats]:
    """Return by how much the part is behind on each measure, and what the whole has: (measures, worlds, seeds)."""
    whole, part = ask.arms
    names = [ask.effect.measure, *ask.effect.measures]
    first = np.stack([ask.values(whole, name) for name in names])
    return first - np.stack([ask.values(part, name) for name in names]), first
