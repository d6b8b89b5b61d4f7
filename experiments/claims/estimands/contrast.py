"""Any weighted sum of arms whose weights sum to 0, as "the middle dose less the mean of both ends".

Σ w_k y_k,   or over y(of)
"""

from __future__ import annotations

import numpy as np

from experiments.claims.estimands.base import Ask, Estimand, Known, Means, made_up, span_of
from experiments.claims.schema import Effect


class Contrast(Estimand):
    """A weighted sum of arms."""

    kind = "contrast"
    arms = (2, 64)
    needs = ("weights",)
    takes = ("scale", "of")

    def means(self, ask: Ask) -> Means:
        """Return what the effect is the ratio of."""
        weighted = [w * ask.values(arm) for w, arm in zip(ask.effect.weights, ask.arms, strict=True) if w]
        return Means(np.sum(weighted, axis=0), ask.per())

    def compared(self, effect: Effect) -> str:
        """Say in words what is compared with what."""
        sides = [
            " and ".join(arm for arm, weight in zip(effect.arms, effect.weights, strict=True) if sign * weight > 0.0)
            for sign in (1.0, -1.0)
        ]
        return " against ".join(sides)

    def span(self, ask: Ask) -> tuple[float, float]:
        """Return the least and the most that the effect can be, whatever comes: what its interval ends at."""
        return span_of(ask, zip(ask.arms, ask.effect.weights, strict=True))

    def fault(self, effect: Effect) -> str | None:
        """Return what is wrong with how an effect of this kind is asked for, if anything."""
        if len(effect.weights) != len(effect.arms):
            return f"weights: must be one for each of {len(effect.arms)} arms, not {len(effect.weights)}"
        if abs(sum(effect.weights)) >= 1e-9 or not any(effect.weights):
            return "weights: must sum to 0, else it compares nothing, and not all be 0"
        return None

    def known(self, rng: np.random.Generator, worlds: int, seeds: int) -> list[Known]:
        """Return outcomes of three arms, the middle 0.3 above the mean of both ends."""
        luck = rng.normal(0.0, 1.0, (worlds, seeds))
        means = {"low": 0.0, "middle": 0.8, "high": 1.0}
        arms = {name: luck + mean + rng.normal(0.0, 0.3, luck.shape) for name, mean in means.items()}
        effect = Effect(
            name="middle above both ends", kind=self.kind, sign="+", sesoi=0.1, measure="y", arms=list(means),
            weights=[-0.5, 1.0, -0.5],
        )  # fmt: skip
        return [Known(effect, made_up("y", **arms), 0.3)]
