"""Is there a best dose between? It gives more than the lowest (``rise``) and more than the highest dose (``fall``).

    max over doses between of  y(dose) - y(end)

A parabola bends where the truth only levels off, and then finds a fall that is not there (Simonsohn 2018 on tests such
as Lind and Mehlum's, 2010). This asks the doses themselves.
"""

from __future__ import annotations

import numpy as np

from experiments.claims.estimands.base import (
    Among,
    Ask,
    Estimand,
    Floats,
    Known,
    Means,
    made_up,
    pick,
    span_of,
)
from experiments.claims.schema import Effect


class BestDose(Estimand):
    """What the best dose between gives beyond the lowest or the highest; arms in the order of their dose."""

    kind = "best-dose"
    arms = (3, 64)
    needs = ("part",)
    takes = ("scale", "of")
    picture = "dose"

    def means(self, ask: Ask) -> Means:
        """Return what the effect is the ratio of."""
        between, end = _doses(ask)
        return Means(pick(between, between) - end, ask.per())

    def among(self, ask: Ask) -> Among:
        """Return what each dose between gives beyond the end: asked is the largest."""
        between, end = _doses(ask)
        return Among([Means(values - end, ask.per()) for values in between], largest=True)

    def compared(self, effect: Effect) -> str:
        """Say in words what is compared with what."""
        end = "lowest" if effect.part == "rise" else "highest"
        return f"the best dose between against the {end}"

    def span(self, ask: Ask) -> tuple[float, float]:
        """Return the least and the most that the effect can be, whatever comes: what its interval ends at."""
        end = ask.arms[0 if ask.effect.part == "rise" else -1]
        each = [span_of(ask, [(arm, 1.0), (end, -1.0)]) for arm in ask.arms[1:-1]]
        return max(low for low, _ in each), max(high for _, high in each)

    def fault(self, effect: Effect) -> str | None:
        """Return what is wrong with how an effect of this kind is asked for, if anything."""
        return None if effect.part in ("rise", "fall") else "part: must be rise or fall"

    def known(self, rng: np.random.Generator, worlds: int, seeds: int) -> list[Known]:
        """Return outcomes that only level off, among them ties and near ties, and some that fall."""
        cases = {"none: levels off": [0.0, 0.8, 1.0, 1.0], "none: near ties": [0.0, 0.9, 1.0, 1.0],
                 "none: ties": [0.0, 1.0, 1.0, 1.0, 1.0, 1.0], "falls": [0.0, 0.8, 1.0, 0.9, 0.5]}  # fmt: skip
        found = []
        for name, means in cases.items():
            luck = rng.normal(0.0, 1.0, (worlds, seeds))
            arms = {f"x{n}": luck + mean + rng.normal(0.0, 0.3, luck.shape) for n, mean in enumerate(means)}
            effect = Effect(name=name, kind=self.kind, sign="+", sesoi=0.2, measure="y", arms=list(arms), part="fall")
            found.append(Known(effect, made_up("y", **arms), max(means[1:-1]) - means[-1]))
        return found


def _doses(ask: Ask) -> tuple[Floats, Floats]:
    """Return outcomes of the doses between, shape (doses, worlds, seeds), and of the end they are compared with."""
    values = np.stack([ask.values(arm) for arm in ask.arms])
    return values[1:-1], values[0] if ask.effect.part == "rise" else values[-1]
