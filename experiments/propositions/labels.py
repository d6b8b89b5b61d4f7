"""The same runs with the names of their arms shuffled: what finds an effect there finds one in anything.

Within each seed the runs are dealt anew to the arms. Arms stay paired by seed, and what they do to outcomes is gone. An
estimand that regresses on a column of the run itself (slope, coefficient, scale-elasticity) does not mind the names of
arms: there the response alone is dealt anew, so that it no longer belongs to its cause.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.propositions.claims import Claim
from experiments.propositions.evidence import Look, glimpse
from experiments.propositions.schema import Effect
from experiments.propositions.worlds import Floats, Sample

DEALS = 200
_SEED = 20_261_125
_SURE = 0.999  # a rate is too high if its lower bound of this one-sided confidence is above the nominal one


@dataclass(frozen=True)
class _Dealt(Sample):
    """A sample whose runs were dealt anew: all that they show, or ``only`` one measure.

    Attributes:
        read: every measure of the original, (arms, seeds).
        order: the row of the original that stands in each arm's place, (arms, seeds).
        only: the measure that is dealt; all if empty.
    """

    read: dict[str, Floats]
    order: NDArray[np.int64]
    only: str

    def measure(self, arm: str, name: str) -> Floats:
        row = list(self.values).index(arm)
        if self.only and name != self.only:
            return np.asarray(self.read[name][row])
        return np.asarray(self.read[name][self.order[row], np.arange(self.seeds)])


def shuffled(claim: Claim, sample: Sample, look: Look, deals: int = DEALS) -> dict[str, Any]:
    """Return how often a claim and its effects come out although the names of arms mean nothing, as plain data."""
    names = {name for effect in claim.effects for name in effect.reads}
    read = {name: np.array([sample.measure(arm, name) for arm in claim.arms]) for name in names}
    random = np.random.default_rng(_SEED)
    supported, (hits, estimated) = 0, np.zeros((2, len(claim.effects)), dtype=int)
    for _ in range(deals):
        order = random.permuted(np.tile(np.arange(len(claim.arms))[:, None], sample.seeds), axis=0)
        kinds = set()
        for n, effect in enumerate(claim.effects):
            dealt = _Dealt(sample.values, sample.measures, sample.failed, read, order, _response(effect))
            kind, found, hit = _looked(claim, effect, dealt, look)
            estimated[n] += found
            hits[n] += hit
            kinds |= {kind} if effect.required else set()
        supported += kinds == {"supported"}
    nominal = 1.0 - look.confidence
    return {
        "deals": deals,
        "nominal": nominal,
        "supported": _rate(supported, deals, nominal),
        "effects": [
            {"effect": effect.name, "estimated": int(estimated[n]), **_rate(int(hits[n]), deals, nominal)}
            for n, effect in enumerate(claim.effects)
        ],
    }


def _response(effect: Effect) -> str:
    return effect.measure if effect.against is not None else ""


def _looked(claim: Claim, effect: Effect, dealt: Sample, look: Look) -> tuple[str, bool, bool]:
    """Return the verdict on an effect, whether it could be estimated, and whether its interval leaves "nothing" out."""
    try:
        kind, interval = glimpse(claim, effect, dealt, look)
    except ValueError:  # this deal leaves nothing to estimate: it shows nothing
        return "undecided", False, False
    return kind, True, interval.low > effect.threshold or interval.high < effect.threshold


def _rate(hits: int, deals: int, nominal: float) -> dict[str, Any]:
    """Return how often something came out, and whether that is surely more than nominal (Clopper, Pearson 1934)."""
    low = float(stats.beta.ppf(1.0 - _SURE, hits, deals - hits + 1)) if hits else 0.0
    return {"share": hits / deals, "low": low, "too_high": low > nominal}
