"""Levels, contrasts, regression, forest, effects, groups and replication against what is known of made outcomes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis import estimates as shared
from experiments.analysis.effects import cells, group, main_effects
from experiments.analysis.importance import grow, regress
from experiments.analysis.indices import contrasts, level_shares
from experiments.analysis.noise import ENOUGH, measure_replication
from experiments.analysis.table import Table
from tests.analysis.made import Floats, estimates, factor, grid_table, luck, table_of

# Levels and contrasts.


def by(table: Table, function: Callable[..., Any]) -> Floats:
    levels = [np.asarray(values, dtype=float) for values in table.levels.values()]
    return np.asarray(function(*levels), dtype=float)[:, None]


def test_an_interaction_alone_is_shared_out_as_one() -> None:
    table = grid_table([-1.0, 1.0], [-1.0, 1.0])
    found, why = level_shares(by(table, lambda a, b: a * b) + luck(4, 4, common=3.0), table)
    assert why == ""
    assert [e.value for e in estimates(found, "levels", "first").values()] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert [e.value for e in estimates(found, "levels", "total").values()] == pytest.approx([1.0, 1.0])
    assert estimates(found, "levels", "pair")["a*b"].value == pytest.approx(1.0)


def test_shares_of_a_sum_and_their_intervals() -> None:
    table = grid_table([0.0, 1.0, 2.0], [0.0, 1.0], [0.0, 1.0], replicates=30)
    values = by(table, lambda a, b, c: 2.0 * a + b + 0.0 * c) + luck(12, 30, common=1.0, own=1.0)
    found, _ = level_shares(values, table)
    variance = 4.0 * 2.0 / 3.0 + 0.25
    for measure in ("first", "total"):
        for key, truth in zip("abc", (8.0 / 3.0 / variance, 0.25 / variance, 0.0), strict=True):
            estimate = estimates(found, "levels", measure)[key]
            assert estimate.low <= truth <= estimate.high
            assert estimate.value == pytest.approx(truth, abs=0.06)


def test_noise_is_not_shared_out() -> None:
    table = grid_table([0.0, 1.0], [0.0, 1.0, 2.0])
    said = [level_shares(luck(6, 4, own=1.0, seed=seed), table)[1] for seed in range(60)]
    assert set(said) <= {
        "",
        "the variance between points is within noise, so it is not divided among the factors",
    }
    assert said.count("") <= 8  # a test at 5 % misses 3 of 60
    raw, _ = level_shares(luck(6, 1, own=1.0), table)
    assert all(each.note == "one replicate: noise is in it" for each in raw)


def test_contrasts_are_differences_per_replicate() -> None:
    table = grid_table([False, True], ["x", "y"], kind="factorial")
    on, y = np.asarray(table.levels["a"], dtype=float), (table.levels["b"] == "y").astype(float)
    values = (4.0 * on - 2.0 * y + 6.0 * on * y)[:, None] + luck(4, 4, common=9.0)
    effects, interactions = (estimates(contrasts(values, table), "contrast", m) for m in ("effect", "interaction"))
    assert effects["a"] == pytest.approx((7.0, 7.0, 7.0))
    assert effects["b"] == pytest.approx((1.0, 1.0, 1.0))
    assert interactions["a*b"] == pytest.approx((3.0, 3.0, 3.0))
    one = estimates(contrasts(values[:, :1], table), "contrast", "effect")["a"]
    assert one.value == pytest.approx(7.0)
    assert math.isnan(one.low)


# Regression and forest.


def sampled(points: int, seed: int = 5) -> tuple[Table, Floats]:
    x = np.random.default_rng(seed).random((points, 2))
    names = np.array(["red", "green", "blue"], dtype=object)[np.arange(points) % 3]
    factors = [factor("a"), factor("b"), factor("colour", ["red", "green", "blue"])]
    return table_of({"a": x[:, 0], "b": x[:, 1], "colour": names}, factors), x


def test_regression_of_a_line_with_text() -> None:
    table, x = sampled(60)
    shift = np.array([{"red": 0.0, "green": 1.0, "blue": -1.0}[c] for c in table.levels["colour"]])
    y = 3.0 * x[:, 0] + shift
    found, fit = regress(np.repeat(y[:, None], 3, axis=1), table)
    given_ = estimates(found, "regression", "coefficient")
    assert fit.explained == pytest.approx(1.0)
    assert given_["a"].value == pytest.approx(3.0 * x[:, 0].std() / y.std())
    assert given_["colour"].value == pytest.approx(shift.std() / y.std())
    assert given_["b"].value == pytest.approx(0.0, abs=1e-9)


def test_regression_intervals_hold_the_seeds_too() -> None:
    table, x = sampled(60)
    slopes = np.array([3.0, -3.0, 3.0, -3.0])  # what a does hangs on the seed, and is nothing on average
    values = x[:, :1] * slopes + x[:, 1:]
    given_ = estimates(regress(values, table)[0], "regression", "coefficient")
    assert given_["a"].low < -0.3 < 0.3 < given_["a"].high
    assert given_["b"].low > 0.3


def test_a_replicate_without_variation_gives_no_number_and_no_warning() -> None:
    table, x = sampled(60)
    values = np.hstack([x[:, :1], np.zeros((60, 2))])
    given_ = estimates(regress(values, table)[0], "regression", "coefficient")
    assert given_["a"].value == pytest.approx(1.0)
    assert math.isnan(given_["a"].low)  # three draws in ten hold nothing but the replicates that do not vary
    assert grow(values, table)[1].explained < 1.0


def test_a_forest_finds_an_interaction_and_puts_text_together() -> None:
    table, x = sampled(240)
    red = np.asarray(table.levels["colour"] == "red", dtype=float)
    values = (10.0 * red * (x[:, 0] > 0.5))[:, None] + luck(240, 2, common=9.0, own=0.1)
    found, fit = grow(values, table)
    given_ = estimates(found, "forest", "importance")
    assert fit.explained > 0.8
    assert set(given_) == {"a", "b", "colour"}
    assert min(given_["a"].value, given_["colour"].value) > 0.3 > 0.05 > given_["b"].value


def test_luck_that_hangs_on_a_factor_is_not_learnt_from_other_seeds() -> None:
    table, x = sampled(120)
    _, fit = grow(x[:, :1] * np.array([5.0, -5.0]), table)
    assert fit.explained < 0.0
    _, known = grow(x[:, :1] * np.array([5.0, 5.0]), table)
    assert known.explained > 0.8


@pytest.mark.parametrize("method", [regress, grow])
def test_too_little_to_learn_from_is_said(method: Callable[..., Any]) -> None:
    table = grid_table([0.0, 1.0], [0.0, 1.0])
    found, fit = method(np.arange(16.0).reshape(4, 4), table)
    assert (found, fit.unknown) == ([], "too few points")
    _, fit = method(np.arange(16.0).reshape(4, 4), grid_table([0.0], [1.0]))
    assert fit.unknown == "no factor varies"


def test_factors_that_move_together_are_not_told_apart() -> None:
    x = np.linspace(0.0, 1.0, 20)
    table = table_of({"a": x, "b": 2.0 * x}, [factor("a"), factor("b")], "list")
    assert "move only together" in regress(np.repeat(x[:, None], 2, axis=1), table)[1].unknown


# Effects, groups, replication.


def test_main_effects_pair_over_replicates() -> None:
    table = grid_table([False, True], [0.0, 1.0, 5.0])
    values = by(table, lambda a, b: 2.0 * a + b) + luck(6, 4, common=7.0)
    switch, number = main_effects(values, table)
    whole = values.mean()
    assert switch.axis.labels == ("off", "on")
    assert switch.means[1] == pytest.approx((whole + 1.0,) * 3)
    assert number.axis.centres == (0.0, 1.0, 5.0)
    assert number.interval == "replicate"
    assert main_effects(values[:, :1], table)[0].interval == ""


def test_main_effects_of_a_sample_hold_the_chance_of_the_points() -> None:
    inside = 0
    for seed in range(20):
        table, x = sampled(80, seed)
        a, b, _ = main_effects(np.repeat(x[:, 1:], 3, axis=1), table)
        assert (len(a.means), sum(a.counts), a.interval) == (8, 80, "point")
        inside += sum(each.low < x[:, 1].mean() < each.high for each in a.means)
        assert b.means[0].high < x[:, 1].mean() < b.means[-1].low
    assert 0.85 * 160 < inside < 160  # a does nothing: its groups differ by the chance of the points alone


def test_cells_without_points_are_empty() -> None:
    table = table_of(
        {"a": np.array([0.0, 0.0, 1.0]), "b": np.array([0.0, 1.0, 1.0])}, [factor("a"), factor("b")], "list"
    )
    found = cells(np.arange(6.0).reshape(3, 2), table, "a", "b", 8)
    assert found.counts == ((1, 1), (0, 1))
    assert math.isnan(found.means[1][0].value)
    assert found.means[1][1].value == 4.5


@given(st.lists(st.integers(0, 30), min_size=8, max_size=60), st.integers(2, 8))
def test_groups_keep_equal_values_together_in_order(numbers: list[int], most: int) -> None:
    levels = np.array(numbers, dtype=float)
    found = group(factor("a"), levels, most)
    assert sum(found.counts) == len(numbers)
    assert min(found.counts) > 0
    assert len(found.axis.labels) <= max(most, 6)
    order = np.argsort(levels, kind="stable")
    assert (np.diff(found.member[order]) >= 0).all()
    assert all(len(set(found.member[levels == value])) == 1 for value in set(numbers))


def test_text_keeps_the_order_of_the_design() -> None:
    found = group(factor("a", ["low", "high", "absent"]), np.array(["high", "low", "high"], dtype=object), 2)
    assert found.axis.labels == ("low", "high")
    assert found.member.tolist() == [1, 0, 1]


def test_needed_replicates_follow_the_formula() -> None:
    values = np.array([[0.0, 2.0, 1.0, 1.0], [5.0, 5.0, 5.0, 5.0]])
    found = measure_replication(values, 5.0, False)
    deviation = values[0].std(ddof=1)
    assert found.worst[-1] == pytest.approx(shared.t_quantile(4) * deviation / 2.0)
    assert found.needed is not None

    def half(n: int) -> float:
        return shared.t_quantile(n) * deviation / math.sqrt(n)

    assert half(found.needed) <= ENOUGH * 5.0 < half(found.needed - 1)
    assert found.enough is False
    assert measure_replication(values, 50.0, False).enough is True
    assert measure_replication(values, 1e-9, False).needed is None
    assert measure_replication(values, 0.0, False).enough is None
    assert measure_replication(values[:, :1], 5.0, False).unknown.startswith("one replicate")


def test_common_luck_drops_out_of_comparisons() -> None:
    values = np.array([0.0, 1.0, 3.0])[:, None] + luck(3, 5, common=50.0)
    found = measure_replication(values, 1.0, True)
    assert found.enough is False
    assert found.needed is not None
    assert found.needed > 1000
    assert found.needed_to_compare == 2
    assert max(found.compared) == pytest.approx(0.0, abs=1e-9)
    apart = measure_replication(values, 1.0, False)
    assert (apart.compared, apart.needed_to_compare) == ((), None)
    assert apart.needed == found.needed
