"""How many percent an outcome moves when a dose, or another outcome, moves by one.

    Σ (ln x_k - mean) ln y_k / Σ (ln x_k - mean)²      over arms k, seed by seed

x is ``doses``, one an arm, or the measure ``against``, which each run has its own of; with ``against_arms`` the same
over those arms is taken off, as elasticity with reuse less that without. An elasticity of cost to the number of
products below 1 is an economy of scale: average over marginal cost is its inverse, read off the cost function. (A
regression of effort on size and one of size on effort find diseconomies and economies in the same data; Jørgensen,
Kitchenham 2012.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.claims.estimands.base import Ask, Estimand, Floats, Known, Means, logs, made_up, made_up_of
from experiments.claims.schema import Effect


class Elasticity(Estimand):
    """The slope of a logarithm on a logarithm."""

    kind = "elasticity"
    arms = (2, 64)
    takes = ("doses", "against", "against_arms", "threshold")
    picture = "dose"

    def means(self, ask: Ask) -> Means:
        """Return what the effect is the ratio of."""
        own = _slope(ask, ask.arms)
        if not ask.effect.against_arms:
            return own
        other = _slope(ask, ask.effect.against_arms)
        return Means(own.over / own.under - other.over / other.under, ask.one())

    def unit(self, effect: Effect, measure_unit: str) -> str:
        """Return its unit in words."""
        return "elasticity"

    def compared(self, effect: Effect) -> str:
        """Say in words what is compared with what."""
        over = f"over {effect.arms[0]} to {effect.arms[-1]}"
        return over if not effect.against_arms else f"{over}, less that {_over(effect.against_arms)}"

    def fault(self, effect: Effect) -> str | None:
        """Return what is wrong with how an effect of this kind is asked for, if anything."""
        if (effect.against is None) == (not effect.doses):
            return "needs doses, one an arm, or a measure against which it is taken"
        if effect.doses and (len(effect.doses) != len(effect.arms) or min(effect.doses) <= 0.0):
            return f"doses: must be one above 0 for each of {len(effect.arms)} arms"
        if effect.doses and len(set(effect.doses)) == 1:
            return "doses: must not all be the same"
        if effect.against_arms == effect.arms:
            return "against_arms: are the arms themselves"
        if effect.against_arms and (len(effect.against_arms) != len(effect.arms) or effect.against is not None):
            return "against_arms: must be as many as arms, at the same doses"
        return None

    def known(self, rng: np.random.Generator, worlds: int, seeds: int) -> list[Known]:
        """Return outcomes that grow as a power of a dose, or of another outcome; and two powers to compare."""
        luck = rng.gamma(4.0, 0.25, (worlds, seeds))
        doses = [1.0, 2.0, 4.0]
        arms = {f"x{dose:g}": luck * dose**0.7 * rng.lognormal(0.0, 0.2, luck.shape) for dose in doses}
        effect = Effect(
            name="0.7 of a dose", kind=self.kind, sign="-", sesoi=0.09, threshold=1.0, measure="y", arms=list(arms),
            doses=doses,
        )  # fmt: skip
        x = {arm: rng.lognormal(np.log(dose), 0.4, luck.shape) for arm, dose in zip(arms, doses, strict=True)}
        y = {arm: luck * size**0.7 * rng.lognormal(0.0, 0.2, luck.shape) for arm, size in x.items()}
        against = effect.model_copy(update={"name": "0.7 of an outcome", "doses": [], "against": "x"})
        other = {f"o{dose:g}": luck * dose**0.9 * rng.lognormal(0.0, 0.2, luck.shape) for dose in doses}
        less = effect.model_copy(update={"name": "0.7 less 0.9", "threshold": 0.0, "against_arms": list(other)})
        return [
            Known(effect, made_up("y", **arms), 0.7), Known(against, made_up_of({"x": x, "y": y}), 0.7),
            Known(less, made_up("y", **arms, **other), -0.2),
        ]  # fmt: skip


def _over(arms: Sequence[str]) -> str:
    return f"over {arms[0]} to {arms[-1]}"


def _slope(ask: Ask, arms: Sequence[str]) -> Means:
    """Return the sums whose ratio is the slope over some arms, each of shape (worlds, seeds)."""
    effect = ask.effect
    y = np.stack([logs(ask.values(arm)) for arm in arms])
    if effect.against is None:
        x = np.broadcast_to(np.log(np.array(effect.doses))[:, None, None], y.shape)
    else:
        x = np.stack([logs(ask.values(arm, effect.against)) for arm in arms])
    apart: Floats = x - x.mean(axis=0)
    return Means((apart * y).sum(axis=0), (apart * apart).sum(axis=0))
