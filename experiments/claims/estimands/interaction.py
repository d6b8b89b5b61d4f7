"""Complements: do two changes give more together than the sum of what each gives alone?

h = y(both) + y(neither) - y(one) - y(other),   or over y(of);  averaged over sets of four arms
"""

from __future__ import annotations

from itertools import cycle

import numpy as np

from experiments.claims.estimands.base import Ask, Estimand, Known, Means, made_up, span_of
from experiments.claims.schema import Effect


class Interaction(Estimand):
    """What two changes give together beyond each alone; arms come in fours: both, one, the other, neither."""

    kind = "interaction"
    arms = (4, 64)
    takes = ("scale", "of")

    def means(self, ask: Ask) -> Means:
        """Return what the effect is the ratio of."""
        values = [ask.values(arm) for arm in ask.arms]
        fours = [values[n] + values[n + 3] - values[n + 1] - values[n + 2] for n in range(0, len(values), 4)]
        return Means(np.mean(fours, axis=0), ask.per())

    def compared(self, effect: Effect) -> str:
        """Say in words what is compared with what."""
        both, one, other, neither = effect.arms[:4]
        return f"{both} and {neither} against {one} and {other}"

    def span(self, ask: Ask) -> tuple[float, float]:
        """Return the least and the most that the effect can be, whatever comes: what its interval ends at."""
        weight = 4.0 / len(ask.arms)
        return span_of(ask, zip(ask.arms, cycle((weight, -weight, -weight, weight)), strict=False))

    def fault(self, effect: Effect) -> str | None:
        """Return what is wrong with how an effect of this kind is asked for, if anything."""
        return "arms come in fours: both, one, the other, neither" if len(effect.arms) % 4 else None

    def known(self, rng: np.random.Generator, worlds: int, seeds: int) -> list[Known]:
        """Return outcomes of four arms, both 0.5 above the sum of each alone."""
        luck = rng.exponential(1.0, (worlds, seeds))
        means = {"both": 2.0, "one": 0.7, "other": 0.8, "neither": 0.0}
        arms = {name: luck + mean + rng.normal(0.0, 0.5, luck.shape) for name, mean in means.items()}
        effect = Effect(name="0.5 beyond the sum", kind=self.kind, sign="+", sesoi=0.2, measure="y", arms=list(means))
        return [Known(effect, made_up("y", **arms), 0.5)]
