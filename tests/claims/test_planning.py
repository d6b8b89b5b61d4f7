"""What a budget can decide, forecast from a pilot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.claims import planning
from experiments.claims.estimands.base import made_up
from experiments.claims.judging import Level, judge_effect
from experiments.claims.laboratory import laboratory
from experiments.claims.over import Budget
from experiments.claims.planning import plan
from experiments.sweep.session import Options
from tests.claims.made import EFFECT, made_effect
from tests.claims.toys import toy, toy_worlds


@pytest.mark.parametrize(("spread", "seeds"), [(0.3, 30), (0.3, 60), (0.5, 120)])
def test_a_pilot_foretells_the_power_that_more_seeds_have(spread: float, seeds: int) -> None:
    truth = np.zeros(200)
    then = made_effect(truth, spread, seeds).power
    assert 0.05 < np.median(then) < 0.95
    forecast = made_effect(truth, spread, 16, level=Level(seeds=seeds)).power
    assert np.median(forecast) == pytest.approx(np.median(then), abs=0.1)


def test_what_does_not_vary_is_sure_and_what_is_not_bounded_is_not() -> None:
    level = Level(seeds=8)
    assert (made_effect(np.zeros(3), 0.0, level=level).power == 1.0).all()
    assert made_effect(np.array([np.nan, 0.0]), level=level).power[0] == 0.0


def test_what_must_only_not_be_worse_is_forecast_as_it_is_judged() -> None:
    table = made_up("y", a=np.random.default_rng(3).normal(0.0, 0.3, (50, 16)), b=np.zeros((50, 16)))
    asked = EFFECT.model_copy(update={"arms": ["a", "b"], "part": "not-worse", "sesoi": 0.2})
    assert np.median(judge_effect(asked, table, {}, {}, Level(seeds=160)).power) > 0.99


def test_a_forecast_counts_the_seeds_that_will_have_no_value() -> None:
    noise = np.random.default_rng(4).normal(0.0, 0.5, (300, 100))
    some = noise.copy()
    some[:, ::10] = np.nan
    asked = EFFECT.model_copy(update={"arms": ["a", "b"]})
    all_of_them, fewer = (
        np.median(judge_effect(asked, made_up("y", a=a, b=np.zeros_like(noise)), {}, {}, Level(seeds=seeds)).power)
        for a, seeds in ((noise, 90), (some, 100))
    )
    assert fewer == pytest.approx(all_of_them, abs=0.01)


def test_a_plan_tells_of_each_rung_and_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "PILOT_SEEDS", 6)
    budgets = [Budget("one", 1, 8, 1000, 2, 2), Budget("two", 9, 64, 100_000, 2, 2)]
    with laboratory(tmp_path, Options(engine="serial")) as lab:
        found = plan(toy(tmp_path / "claim"), toy_worlds(), lab, 1, budgets)
    assert [(each.budget, each.runs) for each in found.costs] == [("one", 24), ("two", 3 * 2 * 64)]
    assert found.costs[1].seconds == pytest.approx(16 * found.costs[0].seconds)
    few, many = (found.powers[n].power for n in (0, 2))
    assert few <= many
    assert len(found.powers) == 4
