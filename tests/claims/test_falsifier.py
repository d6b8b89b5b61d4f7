"""The smallest change at which an effect is gone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from experiments.claims.answers import ClaimAnswer, judged
from experiments.claims.claim import Claim
from experiments.claims.ladder import answer
from experiments.claims.over import Budget, Worlds
from experiments.claims.robustness.falsifier import Falsified, falsify
from experiments.sweep.factors import make_factor
from tests.claims.toys import toy, toy_worlds

BUDGET = Budget("small", 4, 20, 20_000, 2, 2)
FACTORS = [
    make_factor({"key": "search.gamma", "range": [0.5, 2.5]}, "test"),
    make_factor({"key": "flywheel.elasticity", "range": [0.01, 1.0], "scale": "log"}, "test"),
    make_factor({"key": "feedback.upstream", "range": [0.0, 1.0]}, "test"),
    make_factor({"key": "firm.capacity", "range": [1.0, 100.0]}, "test"),
]


@dataclass
class Made:
    """A laboratory whose effect is a law of a world's parameters."""

    law: Any
    luck: dict[str, float]

    def outcomes(self, claim: Claim, worlds: Worlds, seeds: int, purpose: str = "main") -> xr.Dataset:
        noise = np.random.default_rng(len(purpose)).normal(0.0, 0.02, (len(claim.arms), len(worlds), seeds))
        gain = np.array([self.law(changes) for changes in worlds.changes]) + self.luck.get(
            purpose.partition("-")[0], 0.0
        )
        noise[0] += gain[:, None]
        return xr.Dataset(
            {"final.independent_size": (("arm", "world", "seed"), 1.0 + noise)}, coords={"arm": list(claim.arms)}
        )


def found_by(law: Any, folder: Path, **luck: float) -> Falsified:
    claim, worlds, lab = toy(folder, other="closed"), toy_worlds(4), Made(law, luck)
    rungs = tuple(map(answer, judged(claim, lab.outcomes(claim, worlds, 20))))
    return falsify(ClaimAnswer(claim, worlds, 20, rungs), lab, BUDGET, FACTORS)  # type: ignore[arg-type]


def upstream(changes: dict[str, Any]) -> float:
    """An effect that is gone where upstream is 0.5 or more."""
    return float(0.5 - changes.get("feedback.upstream", 0.3))


def test_the_parameter_that_undoes_an_effect_is_found_nearly_where_it_does(tmp_path: Path) -> None:
    found = found_by(upstream, tmp_path)
    assert found.outcome == "found"
    (moved,) = found.changes
    assert moved.key == "feedback.upstream"
    assert moved.value == pytest.approx(0.5, abs=0.1)
    assert moved.units == pytest.approx(found.distance)
    assert found.verdict in ("negligible", "contradicted")


def test_two_parameters_that_undo_it_together_are_found(tmp_path: Path) -> None:
    def both(changes: dict[str, Any]) -> float:
        gamma, up = changes["search.gamma"], changes.get("feedback.upstream", 0.3)
        return float(0.8 - max(0.0, up - 0.3) * 0.8 - max(0.0, gamma - 1.0) * 0.4)

    found = found_by(both, tmp_path)
    assert found.outcome == "found"
    assert {moved.key for moved in found.changes} >= {"feedback.upstream", "search.gamma"}


def test_what_fresh_seeds_do_not_show_is_not_confirmed(tmp_path: Path) -> None:
    found = found_by(upstream, tmp_path, confirm=2.0)
    assert found.outcome == "not confirmed"
    assert math.isnan(found.distance)


def test_an_effect_that_nothing_undoes_and_one_that_is_nowhere(tmp_path: Path) -> None:
    assert found_by(lambda _: 0.5, tmp_path).outcome == "none found"
    assert found_by(lambda _: 0.0, tmp_path).outcome == "holds nowhere"
