"""Sooner or later: how often the first arm is there before the second, over how often after.

    P(T_first < T_second) / P(T_second < T_first)      pairs of one seed

With proportional hazards this is the hazard ratio, whatever luck a pair shares (Holt, Prentice 1974); pairs in which
both come at once or neither ever say nothing. A month that never came is missing in the outcomes, and counts as later
than any.

Half a pair of each order is added to the estimate (Haldane 1956), and a whole one to test and interval (as Agresti and
Min, 2005, do for matched proportions): without them a t test of few pairs errs too often, and says nothing at all where
all came in one order.
"""

from __future__ import annotations

from math import inf

import numpy as np

from experiments.claims.estimands.base import Among, Ask, Estimand, Floats, Known, Means, made_up
from experiments.claims.schema import Effect


class HazardRatio(Estimand):
    """The ratio of hazards to reach a month, the first arm's over the second's."""

    kind = "hazard-ratio"
    arms = (2, 2)
    none = 1.0
    ratio = True

    def means(self, ask: Ask) -> Means:
        """Return what the effect is the ratio of."""
        sooner, later = _orders(ask)
        half = 0.5 / sooner.shape[1]
        return Means(sooner + half, later + half)

    def among(self, ask: Ask) -> Among:
        """Return what is tested: all pairs, and one more of each order."""
        sooner, later = _orders(ask)
        one, none = np.ones((len(sooner), 1)), np.zeros((len(sooner), 1))
        return Among([Means(np.hstack([sooner, one, none]), np.hstack([later, none, one]))], largest=True)

    def unit(self, effect: Effect, measure_unit: str) -> str:
        """Return its unit in words."""
        return "hazard ratio"

    def compared(self, effect: Effect) -> str:
        """Say in words what is compared with what."""
        return f"{effect.arms[0]} against {effect.arms[1]}"

    def span(self, ask: Ask) -> tuple[float, float]:
        """Return the least and the most that the effect can be, whatever comes: what its interval ends at."""
        return 0.0, inf

    def fault(self, effect: Effect) -> str | None:
        """Return what is wrong with how an effect of this kind is asked for, if anything."""
        return None if effect.sesoi > 1.0 else "sesoi: must be above 1, such as 1.25"

    def known(self, rng: np.random.Generator, worlds: int, seeds: int) -> list[Known]:
        """Return months of two arms of proportional hazards, with luck that a pair shares; some never come."""
        found = []
        for ratio, end, name in ((1.5, 3.0, "1.5, few never"), (1.5, 1.0, "1.5, a third never"), (3.0, 3.0, "3")):
            frailty = rng.gamma(4.0, 0.25, (worlds, seeds))
            times = {"first": ratio, "second": 1.0}
            arms = {arm: rng.exponential(1.0, frailty.shape) / (frailty * hazard) for arm, hazard in times.items()}
            arms = {arm: np.where(month > end, np.nan, month) for arm, month in arms.items()}
            effect = Effect(name=name, kind=self.kind, sign="+", sesoi=1.25, measure="y", arms=["first", "second"])
            found.append(Known(effect, made_up("y", **arms), ratio))
        return found


def _orders(ask: Ask) -> tuple[Floats, Floats]:
    """Return 1 for pairs in which the first arm is there sooner, and in which it is later, else 0."""
    first, second = (np.where(np.isnan(months), inf, months) for months in map(ask.values, ask.arms))
    return (first < second).astype(np.float64), (second < first).astype(np.float64)
