"""Every estimator against what is known: exact where there is no luck, within its interval where there is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments.analysis import intervals
from experiments.analysis.effects import cells, main_effects
from experiments.analysis.groups import group
from experiments.analysis.importance import grow, regress
from experiments.analysis.levels import contrasts, level_shares
from experiments.analysis.morris import morris_indices
from experiments.analysis.noise import components, measure_noise
from experiments.analysis.replication import ENOUGH, measure_replication
from experiments.analysis.sobol import sobol_indices
from experiments.analysis.table import Table
from experiments.sweep.results import Design
from tests.analysis.made import Floats, estimates, factor, grid_table, luck, table_of


@given(arrays(np.float64, (3, 5), elements=st.floats(-10, 10)), arrays(np.float64, (3, 5), elements=st.floats(-10, 10)))
def test_crossed_is_the_mean_over_pairs_of_different_replicates(a: Floats, b: Floats) -> None:
    pairs = [a[:, r] * b[:, s] for r, s in itertools.permutations(range(5), 2)]
    assert np.allclose(intervals.crossed(a, b), np.mean(pairs, axis=0), atol=1e-9)


def test_a_square_over_different_replicates_is_not_inflated() -> None:
    values = 1.0 + luck(20_000, 3, own=2.0)
    assert (values.mean(axis=1) ** 2).mean() == pytest.approx(1.0 + 4.0 / 3.0, abs=0.1)
    assert intervals.crossed(values).mean() == pytest.approx(1.0, abs=0.1)


def test_points_of_a_unit_share_their_weight() -> None:
    weights = intervals.bootstrap_weights(np.array([0, 0, 1, 2, 1]))
    assert np.allclose(weights.sum(axis=1), 1.0)
    assert np.array_equal(weights[:, 0], weights[:, 1])
    assert np.array_equal(weights[:, 2], weights[:, 4])
    assert not np.array_equal(weights[:, 0], weights[:, 2])


def test_no_interval_from_draws_without_numbers() -> None:
    assert math.isnan(intervals.percentiles(1.0, np.array([1.0, np.nan] * 50)).low)
    assert intervals.percentiles(1.0, np.arange(101.0)) == pytest.approx((1.0, 2.5, 97.5))


# Noise.


def test_shares_of_an_additive_outcome_are_exact() -> None:
    points, replicates = np.array([0.0, 1.0, 2.0, 5.0]), np.array([0.0, 3.0, -1.0])
    noise = measure_noise(points[:, None] + replicates, np.arange(4), paired=True)
    between, common = points.var(ddof=1), replicates.var(ddof=1)
    assert noise.residual == pytest.approx(0.0, abs=1e-12)
    assert noise.point == pytest.approx(between / (between + common))
    assert noise.replicate == pytest.approx(common / (between + common))
    assert noise.spread == pytest.approx(math.sqrt(between))
    assert noise.seeds_in_mean == pytest.approx(common / 3 / (between + common / 3))
    assert noise.seeds_between == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("paired", [True, False])
def test_shares_are_found_again_under_luck(paired: bool) -> None:
    values = np.random.default_rng(2).normal(size=(400, 1)) * 2.0 + luck(400, 40, common=3.0 * paired, own=1.0)
    noise = measure_noise(values, np.arange(400), paired)
    total = 4.0 + 9.0 * paired + 1.0
    assert noise.residual * total == pytest.approx(1.0, rel=0.3)
    assert noise.point * total == pytest.approx(4.0, rel=0.3)
    assert math.isnan(noise.replicate) != paired
    assert noise.seeds.low < noise.seeds.value < noise.seeds.high
    assert noise.spread == pytest.approx(2.0, rel=0.1)


def test_luck_that_does_not_pair_is_not_taken_for_common_luck() -> None:
    weights, values = np.full((1, 3), 1.0 / 3.0), luck(3, 4000, own=1.0)
    point, replicate, residual = (float(each[0]) for each in components(values, weights, True))
    assert residual == pytest.approx(1.0, abs=0.1)
    assert replicate == pytest.approx(0.0, abs=0.05)
    assert point == pytest.approx(0.0, abs=0.05)


def test_what_cannot_be_known_of_noise_is_said() -> None:
    assert "one replicate" in measure_noise(np.ones((4, 1)) * np.arange(4.0)[:, None], np.arange(4), True).unknown
    assert "one point" in measure_noise(np.arange(4.0)[None, :], np.zeros(1, dtype=int), True).unknown
    assert measure_noise(np.array([[1.0, 0.0], [0.0, 1.0]]), np.arange(2), True).unknown


# Sobol'. The g-function of Sobol', of which every index is known.

A = np.array([0.0, 1.0, 9.0])
PARTIAL = 1.0 / 3.0 / (1.0 + A) ** 2
VARIANCE = float(np.prod(1.0 + PARTIAL) - 1.0)
FIRST = PARTIAL / VARIANCE
TOTAL = np.array([PARTIAL[i] * np.prod(np.delete(1.0 + PARTIAL, i)) for i in range(3)]) / VARIANCE


def g_function(x: Floats) -> Floats:
    return np.asarray(np.prod((np.abs(4.0 * x - 2.0) + A) / (1.0 + A), axis=1))


def drawn(kind: str, sample: Floats, second_order: bool, levels: int | None) -> Design:
    factors, rows = tuple(map(factor, "abc")), np.arange(len(sample))
    return Design(kind, factors, 1, False, True, 0, {}, len(sample), rows, sample, second_order, levels)


def sobol_design(base: int, second_order: bool = False, seed: int = 1) -> Design:
    from SALib.sample import sobol

    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0.0, 1.0]] * 3}
    sample = np.asarray(sobol.sample(problem, base, calc_second_order=second_order, seed=seed))
    return drawn("sobol", sample, second_order, None)


@pytest.mark.parametrize("second_order", [True, False])
def test_without_noise_corrected_indices_are_those_of_salib(second_order: bool) -> None:
    design = sobol_design(256, second_order)
    found, why = sobol_indices(np.repeat(g_function(design.sample)[:, None], 3, axis=1), design)
    assert why == ""
    for measure, expected in (("first", FIRST), ("total", TOTAL)):
        plain, corrected = (estimates(found, "sobol", measure + tail) for tail in ("", ", noise-corrected"))
        for key, truth in zip("abc", expected, strict=True):
            assert corrected[key].value == pytest.approx(plain[key].value, abs=0.005)
            assert corrected[key].value == pytest.approx(truth, abs=0.1)
            assert corrected[key].low <= truth <= corrected[key].high
    assert (len(estimates(found, "sobol", "second")) == 3) == second_order


@pytest.mark.parametrize("common", [0.0, 5.0])
def test_noise_inflates_totals_and_the_correction_takes_it_out(common: float) -> None:
    design = sobol_design(512)
    values = g_function(design.sample)[:, None] + luck(len(design.sample), 4, common=common, own=1.0)
    found, _ = sobol_indices(values, design)
    plain, corrected = (estimates(found, "sobol", f"total{tail}") for tail in ("", ", noise-corrected"))
    for key, truth in zip("abc", TOTAL, strict=True):
        assert corrected[key].low <= truth <= corrected[key].high
        assert corrected[key].value == pytest.approx(truth, abs=0.15)
    assert plain["c"].low > 0.2 > TOTAL[2]
    assert plain["b"].low > TOTAL[1]


def test_no_corrected_index_from_one_replicate_or_from_noise_alone() -> None:
    design = sobol_design(16)
    found, why = sobol_indices(g_function(design.sample)[:, None], design)
    assert why.startswith("one replicate")
    assert not estimates(found, "sobol", "total, noise-corrected")
    _, why = sobol_indices(luck(len(design.sample), 2, own=1.0, seed=3), design)
    assert why.startswith("noise is all")


@pytest.mark.slow
@pytest.mark.parametrize(("replicates", "own"), [(2, 1.0), (5, 1.0), (5, 0.0)])
def test_coverage_of_corrected_totals(replicates: int, own: float) -> None:
    hits = {"": np.zeros(3), ", noise-corrected": np.zeros(3)}
    trials = 0
    for seed in range(80):
        design = sobol_design(64, seed=100 + seed)
        values = g_function(design.sample)[:, None] + luck(len(design.sample), replicates, own=own, seed=seed)
        found, why = sobol_indices(values, design)
        trials += not why
        for tail, hit in hits.items() if not why else ():
            given = estimates(found, "sobol", f"total{tail}")
            hit += [given[key].low <= truth <= given[key].high for key, truth in zip("abc", TOTAL, strict=True)]
    assert trials >= 76
    assert (hits[", noise-corrected"] / trials).min() >= 0.87
    assert own == 0.0 or (hits[""] / trials)[2] < 0.1


# Morris.


def morris_design(trajectories: int) -> Design:
    from SALib.sample import morris

    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0.0, 1.0]] * 3}
    sample = np.asarray(morris.sample(problem, trajectories, num_levels=4, seed=1))
    return drawn("morris", sample, False, 4)


def test_elementary_effects_of_a_line_are_its_slopes() -> None:
    design = morris_design(5)
    values = (design.sample @ np.array([3.0, -2.0, 0.0]))[:, None] + luck(20, 3, common=4.0)
    found = morris_indices(values, design.sample, design)
    assert [e.value for e in estimates(found, "morris", "mu").values()] == pytest.approx([3.0, -2.0, 0.0])
    assert [e.value for e in estimates(found, "morris", "mu_star").values()] == pytest.approx([3.0, 2.0, 0.0])
    for measure in ("sigma", "luck"):
        assert [e.value for e in estimates(found, "morris", measure).values()] == pytest.approx([0.0] * 3, abs=1e-9)


def test_luck_is_what_noise_alone_gives() -> None:
    design = morris_design(400)
    found = morris_indices(luck(1600, 3, own=2.0), design.sample, design)
    star, given_luck = (estimates(found, "morris", measure) for measure in ("mu_star", "luck"))
    for key in "abc":
        assert star[key].value == pytest.approx(given_luck[key].value, rel=0.1)
    assert not estimates(morris_indices(luck(1600, 1, own=2.0), design.sample, design), "morris", "luck")


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
        "the variance between points is not told from noise, so it is not shared out among the factors",
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
    assert switch.labels == ("off", "on")
    assert switch.means[1] == pytest.approx((whole + 1.0,) * 3)
    assert number.centres == (0.0, 1.0, 5.0)
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
    assert len(found.labels) <= max(most, 6)
    order = np.argsort(levels, kind="stable")
    assert (np.diff(found.member[order]) >= 0).all()
    assert all(len(set(found.member[levels == value])) == 1 for value in set(numbers))


def test_text_keeps_the_order_of_the_design() -> None:
    found = group(factor("a", ["low", "high", "absent"]), np.array(["high", "low", "high"], dtype=object), 2)
    assert found.labels == ("low", "high")
    assert found.member.tolist() == [1, 0, 1]


def test_needed_replicates_follow_the_formula() -> None:
    values = np.array([[0.0, 2.0, 1.0, 1.0], [5.0, 5.0, 5.0, 5.0]])
    found = measure_replication(values, 5.0, False)
    deviation = values[0].std(ddof=1)
    assert found.worst[-1] == pytest.approx(intervals.t_quantile(4) * deviation / 2.0)
    assert found.needed is not None

    def half(n: int) -> float:
        return intervals.t_quantile(n) * deviation / math.sqrt(n)

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
