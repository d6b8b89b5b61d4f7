"""Sooner or later: how often the first arm is there before the second, over how often after.

    P(T_first < T_second) / P(T_second < T_first)      pairs of one seed

With proportional hazards this is the hazard ratio, whatever luck a pair shares (Holt, Prentice 1974); pairs in which
both come at once or neither ever say nothing. A month that never came is missing in the outcomes, and counts as later
than any.
"""

from __future__ import annotations

import numpy as np

from experiments.claims.estimands.base import Ask, Estimand, Floats, Known, Means, made_up
from experiments.claims.schema import Effect


class HazardRatio(Estimand):
    """The ratio of hazards to reach a month, the first arm's over the second's."""

    kind = "hazard-ratio"
    arms = (2, 2)
    none = 1.0
    ratio = True

    def means(self, ask: Ask) -> Means:
        """Return what the effect is the ratio of."""
        first, second = (_never_late(ask.values(arm)) for arm in ask.arms)
        return Means((first < second).astype(np.float64), (second < first).astype(np.float64))

    def unit(self, effect: Effect, measure_unit: str) -> str:
        """Return its unit in words."""
        return "hazard ratio"

    def compared(self, effect: Effect) -> str:
        """Say in words what is compared with what."""
        return f"{effect.arms[0]} against {effect.arms[1]}"

    def fault(self, effect: Effect) -> str | None:
        """Return what is wrong with how an effect of this kind is asked for, if anything."""
        return None if effect.sesoi > 1.0 else "sesoi: must be above 1, such as 1.25"

    def known(self, rng: np.random.Generator, worlds: int, seeds: int) -> Known:
        """Return months of two arms whose hazards are as 1.5 to 1, with luck that a pair shares."""
        frailty = rng.gamma(4.0, 0.25, (worlds, seeds))
        times = {"first": 1.5, "second": 1.0}
        arms = {name: rng.exponential(1.0, frailty.shape) / (frailty * hazard) for name, hazard in times.items()}
        arms = {name: np.where(month > 3.0, np.nan, month) for name, month in arms.items()}
        effect = Effect(name="known", kind=self.kind, sign="+", sesoi=1.25, measure="y", arms=["first", "second"])
        return Known(effect, made_up("y", **arms), 1.5)


def _never_late(months: Floats) -> Floats:
    return np.where(np.isnan(months), np.inf, months)
