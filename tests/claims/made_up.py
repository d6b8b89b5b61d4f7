"""Made-up answers to the invented claims: outcomes are drawn, and judged as those of runs are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from experiments.claims.answers import (
    ClaimAnswer,
    Control,
    Line,
    Null,
    PhaseDiagram,
    Status,
    arms_of,
    judged,
    over_claims,
    portions_of,
)
from experiments.claims.claim import Claim
from experiments.claims.ladder import Decider, answer, share_of
from experiments.claims.over import Worlds
from tests.claims.hostile import toy_claims

Floats = NDArray[np.float64]


def made_worlds(count: int) -> Worlds:
    """Return plausible worlds that differ in two parameters."""
    places = np.linspace(0.05, 0.95, count).tolist()
    changes = tuple({"firm.self_reliance": at, "demand.budget": 10.0 + 50.0 * at} for at in places)
    return Worlds("plausible", "plausible worlds, which fit the case", changes, tuple(range(count)), (0.02,) * count,
                  ("firm.self_reliance", "demand.budget"), "made up")  # fmt: skip


def made_table(claim: Claim, worlds: int, seeds: int, rng: np.random.Generator) -> xr.Dataset:
    """Return outcomes of a claim's arms: what arms give grows over the worlds, and seeds share their luck."""
    luck = rng.gamma(16.0, 1.0 / 16.0, (worlds, seeds))
    at = np.linspace(0.0, 1.0, worlds)[:, None]
    means = _means(claim, at)
    data = {}
    for rung in claim.rungs:
        for name in (name for effect in rung.effect for name in effect.reads):
            scale = 1_000.0 if name == "final.users" else 3.0
            arms = [scale * means[arm] * luck * rng.gamma(40.0, 1.0 / 40.0, luck.shape) for arm in claim.arms]
            data[name] = (("arm", "world", "seed"), np.stack(arms))
    return xr.Dataset(data, coords={"arm": list(claim.arms)})


def _means(claim: Claim, at: Floats) -> dict[str, Floats]:
    if claim.doses:
        doses = {arm: dose ** (0.6 + 0.5 * at) for arm, dose in claim.doses.items()}
        return {**doses, "16.0": doses["16.0"] * (0.3 + at)}
    if claim.file.switches:
        return {"00": 1.0 + 0.0 * at, "01": 1.3 + 0.0 * at, "10": 1.5 + 0.0 * at, "11": 2.0 + at}
    return {"open": 1.0 + 0.5 * at, "closed": 1.0 + 0.0 * at, "alone": 0.8 + 0.3 * at, "neither": 0.85 + 0.0 * at}


def made_answers(folder: Path, worlds: int = 40, seeds: int = 30) -> list[ClaimAnswer]:
    """Return answers to the invented claims, with all that may stand beside them."""
    rng, places = np.random.default_rng(7), made_worlds(worlds)
    claims = toy_claims(folder)
    tables = [made_table(claim, worlds, seeds, rng) for claim in claims]
    found = over_claims([judged(claim, table) for claim, table in zip(claims, tables, strict=True)], 10)
    return [
        ClaimAnswer(
            claim, places, seeds, tuple(map(answer, rungs)), tuple(arms_of(table)),
            deciders=tuple(made_deciders(n) for n, _ in enumerate(rungs)),
            status=Status(claim.id != "T2", "as preregistered" if claim.id != "T2" else "the claim was changed since"),
            controls=(Control("no acceptance", claim.file.control[0].why, "effect",
                              tuple(share_of(count, 8) for count in (1, 0, 0, 7)), "fails as it must"),),
            null=(Null("effect", claim.rungs[0].effect[0].name, 40, 2, 6),),
            phase=made_phase() if claim.id == "T1" else None,
            portions=tuple(portions_of(claim, table)),
        )
        for claim, rungs, table in zip(claims, found, tables, strict=True)
    ]  # fmt: skip


def made_deciders(rung: int) -> Sequence[Decider]:
    """Return what decides a rung: two parameters in the lowest, none in those above."""
    found = (Decider("firm.self_reliance", 0.8, 0.0004, 0.31, 0.92), Decider("demand.budget", -0.4, 0.03, 0.8, 0.5))
    return found if rung == 0 else ()


def made_phase() -> PhaseDiagram:
    """Return a phase diagram with a boundary across it."""
    x, y = np.linspace(0.0, 1.0, 5), np.geomspace(1.0, 100.0, 5)
    supported = np.clip(x[None, :] + 0.25 * np.log10(y)[:, None] - 0.3, 0.0, 1.0)
    return PhaseDiagram(
        "effect", tuple(x), tuple(y), supported, np.clip(0.6 - 2.0 * supported, 0.0, 1.0), 0.5 * supported - 0.1, 8,
        20, (Line("break-even G/(1-b)", (0.0, 0.5, 1.0), (100.0, 10.0, 1.0)),),
    )  # fmt: skip
