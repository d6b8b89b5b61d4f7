"""Two arms compared: the mean of their paired differences, in a measure's unit, in log points or as a share of an arm.

y(first) - y(second),   or over y(of)

With ``part = "not-worse"`` the claim is only that the first is not beyond the smallest effect of interest to the wrong
side of the second: supported on this side of that bound, contradicted beyond it.
"""

from __future__ import annotations

import numpy as np

from experiments.claims.estimands.base import Ask, Estimand, Known, Means, made_up, span_of
from experiments.claims.schema import Effect


class Difference(Estimand):
    """The first arm less the second."""

    kind = "difference"
    arms = (2, 2)
    takes = ("scale", "of", "part")

    def means(self, ask: Ask) -> Means:
        """Return what the effect is the ratio of."""
        first, second = ask.arms
        return Means(ask.values(first) - ask.values(second), ask.per())

    def compared(self, effect: Effect) -> str:
        """Say in words what is compared with what."""
        against = "against" if effect.part is None else "no worse than"
        return f"{effect.arms[0]} {against} {effect.arms[1]}"

    def bounds(self, effect: Effect) -> tuple[float, float]:
        """Return below and above which value an effect is of interest; both one if it must only be not worse."""
        if effect.part is None:
            return super().bounds(effect)
        worse = -effect.sesoi if effect.sign == "+" else effect.sesoi
        return worse, worse

    def span(self, ask: Ask) -> tuple[float, float]:
        """Return the least and the most that the effect can be, whatever comes: what its interval ends at."""
        return span_of(ask, zip(ask.arms, (1.0, -1.0), strict=True))

    def fault(self, effect: Effect) -> str | None:
        """Return what is wrong with how an effect of this kind is asked for, if anything."""
        return None if effect.part in (None, "not-worse") else "part: must be not-worse, or left out"

    def known(self, rng: np.random.Generator, worlds: int, seeds: int) -> list[Known]:
        """Return outcomes of two arms that share their luck, the first 20 % above the second, as share and in logs."""
        luck = rng.gamma(4.0, 0.25, (worlds, seeds))
        second = luck * rng.gamma(16.0, 1.0 / 16.0, luck.shape)
        first = luck * 1.2 * rng.gamma(16.0, 1.0 / 16.0, luck.shape)
        share = Effect(
            name="20 % of an arm", kind=self.kind, sign="+", sesoi=0.1, measure="y", arms=["first", "second"],
            of="second",
        )  # fmt: skip
        log = share.model_copy(update={"name": "20 % in logs", "of": None, "scale": "log"})
        table = made_up("y", first=first, second=second)
        return [Known(share, table, 0.2), Known(log, table, float(np.log(1.2)))]
