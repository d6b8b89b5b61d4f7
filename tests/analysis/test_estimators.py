"""Noise, Sobol' and Morris against what is known: exact where there is no luck, within intervals where there is."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments.analysis import estimates as shared
from experiments.analysis.estimates import Index, Units
from experiments.analysis.indices import _steps, morris_indices, sobol_indices
from experiments.analysis.noise import components, measure_noise
from experiments.sweep.results import Design, Factor
from tests.analysis.made import Floats, estimates, factor, luck


@given(arrays(np.float64, (3, 5), elements=st.floats(-10, 10)))
def test_crossed_is_the_mean_over_pairs_of_different_replicates(values: Floats) -> None:
    pairs = [values[:, r] * values[:, s] for r, s in itertools.permutations(range(5), 2)]
    assert np.allclose(shared.crossed(values), np.mean(pairs, axis=0), atol=1e-9)


def test_a_square_over_different_replicates_is_not_inflated() -> None:
    values = 1.0 + luck(20_000, 3, own=2.0)
    assert (values.mean(axis=1) ** 2).mean() == pytest.approx(1.0 + 4.0 / 3.0, abs=0.1)
    assert shared.crossed(values).mean() == pytest.approx(1.0, abs=0.1)


def test_points_of_a_unit_share_their_weight() -> None:
    weights, squares = shared.bootstrap_weights(Units(np.arange(5), np.array([0, 0, 1, 2, 1])))
    assert np.allclose(squares, (weights**2).sum(axis=1))
    assert np.allclose(weights.sum(axis=1), 1.0)
    assert np.array_equal(weights[:, 0], weights[:, 1])
    assert np.array_equal(weights[:, 2], weights[:, 4])
    assert not np.array_equal(weights[:, 0], weights[:, 2])


def test_no_interval_from_draws_without_numbers() -> None:
    assert math.isnan(shared.percentiles(1.0, np.array([1.0, np.nan] * 50)).low)
    assert shared.percentiles(1.0, np.arange(101.0)) == pytest.approx((1.0, 2.5, 97.5))


# Noise.


def test_shares_of_an_additive_outcome_are_exact() -> None:
    points, replicates = np.array([0.0, 1.0, 2.0, 5.0]), np.array([0.0, 3.0, -1.0])
    noise = measure_noise(points[:, None] + replicates, Units.each(4), paired=True)
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
    noise = measure_noise(values, Units.each(400), paired)
    total = 4.0 + 9.0 * paired + 1.0
    assert noise.residual * total == pytest.approx(1.0, rel=0.3)
    assert noise.point * total == pytest.approx(4.0, rel=0.3)
    assert math.isnan(noise.replicate) != paired
    assert noise.seeds.low < noise.seeds.value < noise.seeds.high
    assert noise.spread == pytest.approx(2.0, rel=0.1)


def switch_units(switches: int, count: int, random: np.random.Generator) -> Units:
    """Return base samples of a Sobol' design over switches, whose 2^k points are numbered by their bits."""
    ends = random.integers(2, size=(count, 2, switches))
    rows = np.where(np.eye(switches, dtype=bool), ends[:, 1:], ends[:, :1])
    rows = np.concatenate([ends[:, :1], rows, ends[:, 1:]], axis=1)
    return Units(rows.reshape(-1, switches) @ 2 ** np.arange(switches), np.repeat(np.arange(count), switches + 2))


def coverage(switches: int, replicates: int, common: float, paired: bool, trials: int) -> float:
    """Return how often the interval of the seeds' share holds 4/9; without switches 120 points are drawn anew."""
    random, held = np.random.default_rng(3), 0
    own = math.sqrt(0.8 - common**2)
    for seed in range(trials):
        if switches:
            units = switch_units(switches, 64, random)
            points = np.array([number.bit_count() for number in range(2**switches)])
        else:
            units, points = Units.each(120), random.normal(size=120)
        points = points / points.std() if switches else points
        values = points[:, None] + luck(len(points), replicates, common, own, seed)
        seeds = measure_noise(values, units, paired).seeds
        held += seeds.low <= 4.0 / 9.0 <= seeds.high
    return held / trials


@pytest.mark.parametrize(
    ("switches", "replicates", "common", "paired"), [(3, 4, 0.0, True), (2, 3, 0.0, False), (0, 4, 0.6, True)]
)
def test_the_interval_of_the_seeds_share_holds_the_truth(
    switches: int, replicates: int, common: float, paired: bool
) -> None:
    """Where units share points, as with switches, and where all points share luck."""
    assert coverage(switches, replicates, common, paired, trials=80) >= 0.87


@pytest.mark.slow
@pytest.mark.parametrize(("switches", "replicates"), [(3, 2), (3, 4), (2, 3), (1, 4), (3, 20), (0, 4), (0, 2)])
@pytest.mark.parametrize(("common", "paired"), [(0.0, False), (0.0, True), (0.6, True)])
def test_coverage_of_the_seeds_share(switches: int, replicates: int, common: float, paired: bool) -> None:
    assert 0.9 <= coverage(switches, replicates, common, paired, trials=300) < 1.0


def test_means_of_units_that_share_points_spread_as_students_t() -> None:
    units, values = Units(np.arange(8) % 4, np.arange(8)), np.array([-5.0, 1.0, 3.0, 2.0, -1.0])
    drawn = shared.luck_weights(units, 5) @ values  # of mean 0
    _, low, high = shared.t_intervals(values)
    assert np.percentile(drawn, [2.5, 97.5]) == pytest.approx([low, high], rel=0.2)
    assert units.bounded(2)
    assert not units.bounded(1)
    assert Units.each(4).bounded(1)


def test_luck_that_does_not_pair_is_not_taken_for_common_luck() -> None:
    values = luck(3, 4000, own=1.0)
    found = components(values, shared.plain_weights(Units.each(3)), True)
    point, replicate, residual = (float(each[0]) for each in found)
    assert residual == pytest.approx(1.0, abs=0.1)
    assert replicate == pytest.approx(0.0, abs=0.05)
    assert point == pytest.approx(0.0, abs=0.05)


def test_what_cannot_be_known_of_noise_is_said() -> None:
    assert "one replicate" in measure_noise(np.arange(4.0)[:, None], Units.each(4), True).unknown
    assert "one point" in measure_noise(np.arange(4.0)[None, :], Units.each(1), True).unknown
    assert measure_noise(np.array([[1.0, 0.0], [0.0, 1.0]]), Units.each(2), True).unknown


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


def test_no_index_where_the_ends_of_all_base_samples_agree() -> None:
    design = sobol_design(2)
    values = np.tile([[5.0], [6.0], [7.0], [5.0], [5.0]], (2, 3))
    found, why = sobol_indices(values, design)
    assert (found, why.endswith("there is no variance to share out")) == ([], True)


def test_draws_of_base_samples_without_variance_give_no_interval_of_salib() -> None:
    design = sobol_design(4)
    ends = np.array([0.0, 0.0, 0.0, 1.0])  # of base samples: a third of the draws are of the first three alone
    values = np.repeat(ends, 5)[:, None] + np.tile([0.0, 0.5, 0.2, 0.1, 0.0], 4)[:, None]
    found, _ = sobol_indices(values, design)
    assert all(math.isnan(each.estimate.low) for each in found)


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


def ranged(low: float, high: float, scale: str = "linear") -> Factor:
    return dataclasses.replace(factor("a", scale=scale), low=low, high=high)


def morris_steps(trajectories: int) -> tuple[Floats, Floats]:
    """Return the rows of a Morris design in the unit cube, and their steps."""
    from SALib.sample import morris

    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0.0, 1.0]] * 3}
    sample = np.asarray(morris.sample(problem, trajectories, num_levels=4, seed=1))
    return sample, np.diff(sample.reshape(trajectories, 4, 3), axis=1)


def screened(values: Floats, steps: Floats) -> list[Index]:
    return morris_indices(values, steps, list("abc"))[0]


def test_elementary_effects_of_a_line_are_its_slopes() -> None:
    sample, steps = morris_steps(5)
    values = (sample @ np.array([3.0, -2.0, 0.0]))[:, None] + luck(20, 3, common=4.0)
    found = screened(values, steps)
    assert [e.value for e in estimates(found, "morris", "mu").values()] == pytest.approx([3.0, -2.0, 0.0])
    assert [e.value for e in estimates(found, "morris", "mu_star").values()] == pytest.approx([3.0, 2.0, 0.0])
    for measure in ("sigma", "luck"):
        assert [e.value for e in estimates(found, "morris", measure).values()] == pytest.approx([0.0] * 3, abs=1e-9)


def test_luck_is_what_noise_alone_gives() -> None:
    _, steps = morris_steps(400)
    found = screened(luck(1600, 3, own=2.0), steps)
    star, given_luck = (estimates(found, "morris", measure) for measure in ("mu_star", "luck"))
    for key in "abc":
        assert star[key].value == pytest.approx(given_luck[key].value, rel=0.1)
    assert not estimates(screened(luck(1600, 1, own=2.0), steps), "morris", "luck")


def test_a_mean_size_has_no_interval_below_nothing() -> None:
    _, steps = morris_steps(6)
    found = estimates(screened(luck(24, 2, own=3.0), steps), "morris", "mu_star")
    assert all(0.0 <= each.low <= each.value <= each.high for each in found.values())


def test_a_trajectory_that_does_not_move_a_factor_has_no_effect_of_it() -> None:
    sample, steps = morris_steps(8)
    values = (10.0 * sample[:, 0])[:, None] + luck(32, 2, own=1e-9)
    steps = steps.copy()
    steps[:2, :, 0] = 0.0  # two levels that round to one value
    steps[:, :, 2] = 0.0
    found, said = morris_indices(values, steps, list("abc"))
    star = estimates(found, "morris", "mu_star")
    assert said == "never moved within a trajectory, so nothing is known of it: c"
    assert set(star) == {"a", "b"}
    assert star["a"].value == pytest.approx(10.0)
    assert {each.note for each in found if each.factor == "a"} == {"moved in 6 of 8 trajectories"}


@pytest.mark.parametrize(
    ("given_factor", "levels", "expected"),
    [
        (factor("a", [False, True]), np.array([[False, True, False]]), [1.0, -1.0]),
        (factor("a", [0.1, 1.0, 10.1]), np.array([[0.1, 1.0, 10.1]]), [0.09, 0.91]),
        (factor("a", [10.1, 0.1]), np.array([[0.1, 10.1, 10.1]]), [1.0, 0.0]),
        (factor("a", [5.0]), np.array([[5.0, 5.0]]), [0.0]),
        (factor("a", ["x", "y", "z"]), np.array([["x", "z", "y"]], dtype=object), [1.0, -1.0]),
        (ranged(1, 4), np.array([[1.0, 3.0, 2.0]]), [2.0 / 3.0, -1.0 / 3.0]),
        (ranged(1, 100, "log"), np.array([[1.0, 10.0, 100.0, 100.0]]), [0.5, 0.5, 0.0]),
    ],
)  # fmt: skip
def test_a_step_is_what_the_values_make_of_the_range(given_factor: Factor, levels: Any, expected: list[float]) -> None:
    assert _steps(given_factor, levels)[0] == pytest.approx(expected)
