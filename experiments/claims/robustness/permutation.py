"""The permutation test: the same runs with the names of their arms shuffled; what finds an effect there finds any.

In each world and seed the runs are dealt anew to the arms, and each rung is judged. Arms stay paired by seed, and what
they do to outcomes is gone. An elasticity to an outcome of the run itself does not mind the names of arms: there the
response alone is dealt anew. Effects that nothing satisfies are left out, since shuffling makes nothing of an effect:
those against a threshold of their own, and those that must only not be worse.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy import stats

from experiments.claims.claim import Claim
from experiments.claims.estimands import ESTIMANDS
from experiments.claims.judging import CONFIDENCE, SUPPORTED, judge_rung
from experiments.claims.schema import Effect, Rung, RungName

DEALS = 1000  # over all worlds
SURE = 0.99
_SEED = 20_261_125


class Permutation(NamedTuple):
    """How often a rung is supported although the names of arms mean nothing.

    Attributes:
        rung: which.
        effects: of its effects those that were judged.
        deals: worlds times shuffles.
        supported: in how many it is supported.
        allowed: in how many it may be by chance (the 99 % quantile of a binomial of 5 %).
    """

    rung: RungName
    effects: int
    deals: int
    supported: int
    allowed: int

    @property
    def passes(self) -> bool:
        """Return whether it finds an effect no more often than chance allows."""
        return self.supported <= self.allowed


def allowed(tests: int) -> int:
    """Return how many of so many tests may be wrong by chance."""
    return int(stats.binom.ppf(SURE, tests, 1.0 - CONFIDENCE)) if tests else 0


def permutations(claim: Claim, table: xr.Dataset, deals: int = DEALS) -> tuple[Permutation, ...]:
    """Return what becomes of each rung when arms are shuffled within seeds; rungs of thresholds alone are left out.

    Args:
        claim: what is judged.
        table: its outcomes over arm, world and seed.
        deals: about how many shuffles over all worlds.
    """
    rng = np.random.default_rng(_SEED)
    rungs = [_testable(rung) for rung in claim.rungs]
    hits = [0] * len(rungs)
    rounds = max(1, -(-deals // table.sizes["world"]))
    for _ in range(rounds):
        shape = tuple(table.sizes[name] for name in ("arm", "world", "seed"))
        order = rng.permuted(np.broadcast_to(np.arange(shape[0])[:, None, None], shape), axis=0)
        dealt = table.map(lambda values, order=order: values.copy(data=np.take_along_axis(values.data, order, axis=0)))
        for n, rung in enumerate(rungs):
            if rung is not None:
                hits[n] += int(
                    (judge_rung(rung, _kept(rung, table, dealt), claim.doses, {}).verdict == SUPPORTED).sum()
                )
    tests = rounds * table.sizes["world"]
    return tuple(
        Permutation(rung.name, len(rung.effect), tests, found, allowed(tests))
        for rung, found in zip(rungs, hits, strict=True)
        if rung is not None
    )


def _testable(rung: Rung) -> Rung | None:
    """Return a rung with those of its effects that are nothing when arms mean nothing."""
    effects = [each for each in rung.effect if _centred(each)]
    return rung.model_copy(update={"effect": effects}) if effects else None


def _centred(effect: Effect) -> bool:
    own = effect.threshold is None or effect.threshold == ESTIMANDS[effect.kind].none
    return own and effect.part != "not-worse"


def _kept(rung: Rung, table: xr.Dataset, dealt: xr.Dataset) -> xr.Dataset:
    """Return the dealt table, with the measures that effects regress on as they were."""
    causes = {effect.against for effect in rung.effect if effect.against is not None}
    return dealt.assign({name: table[name] for name in causes})
