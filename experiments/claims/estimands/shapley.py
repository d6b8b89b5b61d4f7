"""Which mechanism gives how much of a joint outcome (Shapley 1953; Owen 1972)?

With v(S) the outcome of the arm in which the mechanisms S are on, mechanism i has

    φ_i = Σ over S without i of  |S|! (k-|S|-1)! / k!  [v(S and i) - v(S)]        Σ φ_i = v(all) - v(none)

``rest``: the share that is not the largest mechanism's, which is the least of all shares that are not one's own;
``together``: the share that no mechanism gives alone, 1 - Σ [v(i) - v(none)] / [v(all) - v(none)].
"""

from __future__ import annotations

from math import comb, inf

import numpy as np
from numpy.typing import NDArray

from experiments.claims.estimands.base import Among, Ask, Estimand, Floats, Known, Means, made_up, pick
from experiments.claims.schema import Effect


class Shapley(Estimand):
    """A share of a joint effect over all combinations of switches; arms are named by bits."""

    kind = "shapley"
    arms = (0, 0)
    needs = ("part",)
    takes = ("scale",)
    picture = "shares"

    def means(self, ask: Ask) -> Means:
        """Return what the effect is the ratio of."""
        v, on, total = _outcomes(ask)
        if ask.effect.part == "together":
            alone = sum(
                (v[n] - v[~on.any(axis=1)][0] for n in np.flatnonzero(on.sum(axis=1) == 1)), np.zeros_like(total)
            )
            return Means(total - alone, total)
        values = shapley_values(v, on)
        return Means(total - pick(values, values), total)

    def among(self, ask: Ask) -> Among | None:
        """Return of each mechanism the share that is not its own: asked is the smallest."""
        if ask.effect.part == "together":
            return None
        v, on, total = _outcomes(ask)
        return Among([Means(total - value, total) for value in shapley_values(v, on)], largest=False)

    def unit(self, effect: Effect, measure_unit: str) -> str:
        """Return its unit in words."""
        return "share of the joint effect"

    def compared(self, effect: Effect) -> str:
        """Say in words what is compared with what."""
        return "what no mechanism gives alone" if effect.part == "together" else "what is not the largest mechanism's"

    def span(self, ask: Ask) -> tuple[float, float]:
        """Return the least and the most that the effect can be, whatever comes: what its interval ends at."""
        if ask.effect.part == "together":
            return -inf, inf
        many = len(_outcomes(ask)[1][0])
        return -inf, (many - 1) / many  # the largest share is no less than their mean

    def fault(self, effect: Effect) -> str | None:
        """Return what is wrong with how an effect of this kind is asked for, if anything."""
        return None if effect.part in ("rest", "together") else "part: must be rest or together"

    def known(self, rng: np.random.Generator, worlds: int, seeds: int) -> list[Known]:
        """Return outcomes of three switches: half of the effect takes two of them together; or each adds its own."""
        cases = (
            ("together", "half together", (0.6, 0.4, 0.0), 1.0, 0.5),
            ("rest", "one leads", (1.0, 0.5, 0.5), 0.0, 0.5),
            ("rest", "near ties", (1.0, 0.9, 0.6), 0.0, 0.6),
            ("rest", "ties", (1.0, 1.0, 1.0), 0.0, 2.0 / 3.0),
        )
        found = []
        for part, name, alone, joint, truth in cases:
            luck = rng.normal(0.0, 1.0, (worlds, seeds))
            arms = {}
            for n in range(8):
                bits = f"{n:03b}"
                mean = sum(gain for gain, bit in zip(alone, bits, strict=True) if bit == "1")
                mean += joint * (bits[0] == bits[2] == "1")
                arms[bits] = luck + mean + rng.normal(0.0, 0.3, luck.shape)
            effect = Effect(name=f"{part}: {name}", kind=self.kind, sign="+", sesoi=0.15, measure="y", part=part)
            found.append(Known(effect, made_up("y", **arms), truth))
        return found


def _outcomes(ask: Ask) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Return outcomes of all combinations, which switches each has on, and the joint effect, (worlds, seeds)."""
    names = [name for name in map(str, ask.table["arm"].values) if not name.strip("01")]
    v = np.stack([ask.values(name) for name in names])
    on = np.array([[bit == "1" for bit in name] for name in names])
    return v, on, v[on.all(axis=1)][0] - v[~on.any(axis=1)][0]


def portions(ask: Ask) -> Floats:
    """Return the share of the joint effect each switch gives, shape (switches, worlds); NaN where none is."""
    v, on, total = _outcomes(ask)
    values = shapley_values(v, on)
    known = np.isfinite(total)
    each, joint = (np.where(known, part, 0.0).sum(axis=-1) for part in (values, total))
    return np.asarray(
        np.divide(each, joint, out=np.full_like(each, np.nan), where=np.broadcast_to(joint > 0.0, each.shape))
    )


def shapley_values(outcomes: Floats, on: NDArray[np.bool_]) -> Floats:
    """Return the Shapley value of each switch, shape (switches, worlds, seeds).

    Args:
        outcomes: of every combination of switches, shape (combinations, worlds, seeds).
        on: which switches each combination has on, shape (combinations, switches).
    """
    size, k = on.sum(axis=1), on.shape[1]
    given = np.array([0.0, *(1.0 / (k * comb(k - 1, s - 1)) for s in range(1, k + 1))])[size]
    taken = np.array([*(1.0 / (k * comb(k - 1, s)) for s in range(k)), 0.0])[size]
    weights = np.where(on, given[:, None], -taken[:, None])
    return np.asarray(np.einsum("ck,cws->kws", weights, outcomes))
