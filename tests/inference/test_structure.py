"""Loops, regressions and Shapley values, where the answer is known."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments.inference.regression import elasticity, regress, scale_elasticity
from experiments.inference.shapley import interaction_share, interactions, settings, shapley, shares

rng = np.random.default_rng(4)


# Regression.

SEEDS = np.repeat(np.arange(12), 15)
X = rng.normal(size=180)
Z = 0.7 * X + rng.normal(size=180)


def test_coefficients_are_recovered_apart_from_seeds_luck() -> None:
    y = 2.0 * X - 0.5 * Z + 10.0 * np.repeat(rng.normal(size=12), 15)
    found = regress(y, {"x": X, "z": Z}, SEEDS)
    assert found["x"][:3] == pytest.approx([2.0] * 3)
    assert found["z"][:3] == pytest.approx([-0.5] * 3)
    assert found["x"].n == 12


def test_intervals_are_those_of_the_formula() -> None:
    y = X + rng.normal(size=180) + np.repeat(rng.normal(size=12), 15)
    found = regress(y, {"x": X, "z": Z}, SEEDS, 0.9)
    within = [v - np.bincount(SEEDS, v)[SEEDS] / 15.0 for v in (y, X, Z)]
    matrix = np.column_stack(within[1:])
    bread = np.linalg.inv(matrix.T @ matrix)
    beta = bread @ matrix.T @ within[0]
    residuals = within[0] - matrix @ beta
    scores = np.array([matrix[rows].T @ residuals[rows] for rows in np.arange(180).reshape(12, 15)])
    covariance = bread @ scores.T @ scores @ bread * 12.0 / 11.0 * 179.0 / 178.0
    half = 1.795885 * np.sqrt(np.diag(covariance))  # t of 11 degrees, 90 %
    assert [found[k].estimate for k in ("x", "z")] == pytest.approx(beta)
    assert [(found[k].high - found[k].low) / 2.0 for k in ("x", "z")] == pytest.approx(half, rel=1e-5)


def test_order_and_names_of_seeds_do_not_matter() -> None:
    y, order = X + rng.normal(size=180), rng.permutation(180)
    named = np.array([f"seed {seed}" for seed in SEEDS])
    one, other = regress(y, {"x": X}, SEEDS)["x"], regress(y[order], {"x": X[order]}, named[order])["x"]
    assert other[:3] == pytest.approx(one[:3])


def test_elasticities_of_powers() -> None:
    output = np.exp(X)
    luck = np.exp(np.repeat(rng.normal(size=12), 15))
    assert elasticity(luck * output**0.8, output, SEEDS)[:3] == pytest.approx([0.8] * 3)
    assert scale_elasticity(luck * output**0.8, output, SEEDS)[:3] == pytest.approx([1.25] * 3)
    noisy = scale_elasticity(luck * output**0.8 * np.exp(0.3 * rng.normal(size=180)), output, SEEDS)
    assert noisy.low < noisy.estimate < noisy.high
    flat = scale_elasticity(luck * np.exp(rng.normal(size=180)), output, SEEDS)
    assert flat[1:3] == (-math.inf, math.inf)


def test_regressions_without_an_answer_are_refused() -> None:
    with pytest.raises(ValueError, match="x, z: do not vary apart"):
        regress(X, {"x": X, "z": 2.0 * X + SEEDS}, SEEDS)
    with pytest.raises(ValueError, match="two seeds"):
        regress(X, {"z": Z}, np.zeros(180))
    with pytest.raises(ValueError, match=r"z: has shape \(3,\)"):
        regress(X, {"z": Z[:3]}, SEEDS)
    with pytest.raises(ValueError, match="response: must be finite"):
        regress(np.full(180, np.nan), {"z": Z}, SEEDS)
    with pytest.raises(ValueError, match="cause: logs need positive figures"):
        elasticity(np.exp(X), X, SEEDS)


# Shapley.

games = st.integers(1, 5).flatmap(lambda k: arrays(np.float64, (3, 2**k), elements=st.floats(-10.0, 10.0)))


@given(games)
def test_values_add_up_to_the_joint_effect(v: np.ndarray) -> None:
    assert shapley(v).sum(axis=1) == pytest.approx(v[:, -1] - v[:, 0], abs=1e-9)


@given(games, st.data())
def test_who_changes_nothing_gets_nothing(v: np.ndarray, data: st.DataObject) -> None:
    k = v.shape[1].bit_length() - 1
    idle = data.draw(st.integers(0, k - 1))
    same = v[:, np.arange(v.shape[1]) & ~(1 << idle)]
    assert shapley(same)[:, idle] == pytest.approx(np.zeros(3), abs=1e-9)
    assert interactions(same)[:, idle] == pytest.approx(np.zeros((3, k)), abs=1e-9)


@given(games, st.randoms())
def test_names_do_not_matter(v: np.ndarray, random) -> None:
    k = v.shape[1].bit_length() - 1
    order = random.sample(range(k), k)
    renamed = v[:, _renamed(k, order)]
    assert shapley(renamed) == pytest.approx(shapley(v)[:, order], abs=1e-9)
    assert interactions(renamed) == pytest.approx(interactions(v)[:, order][:, :, order], abs=1e-9)


def _renamed(k: int, order: list[int]) -> np.ndarray:
    """Return, for each set of new names, the number of the same set under old ones: new i is old order[i]."""
    return (settings(k).astype(int) << np.array(order)).sum(axis=1)


def test_value_is_the_mean_over_all_orders_of_switching_on() -> None:
    v = rng.normal(size=(2, 16))
    by_hand = np.zeros((2, 4))
    for order in itertools.permutations(range(4)):
        on = 0
        for switch in order:
            by_hand[:, switch] += v[:, on | 1 << switch] - v[:, on]
            on |= 1 << switch
    assert shapley(v) == pytest.approx(by_hand / 24.0)


def test_interaction_is_that_of_contrasts_for_two_switches() -> None:
    v = rng.normal(size=(3, 4))
    assert interactions(v)[:, 0, 1] == pytest.approx(v[:, 3] + v[:, 0] - v[:, 1] - v[:, 2])
    assert interactions(v)[:, 0, 0] == pytest.approx(np.zeros(3))


def test_interaction_share_of_a_sum_a_product_and_of_stand_ins() -> None:
    on = settings(3).astype(float)
    seeds = np.ones((5, 1))
    assert interaction_share(seeds * on.sum(axis=1)).estimate == pytest.approx(0.0)
    assert interaction_share(seeds * on.prod(axis=1)).estimate == pytest.approx(1.0)
    assert interaction_share(seeds * on.max(axis=1)).estimate == pytest.approx(-2.0)
    assert [share.estimate for share in shares(seeds * (on @ [1.0, 2.0, 5.0]))] == pytest.approx([0.125, 0.25, 0.625])


def test_outcomes_that_are_no_factorial_are_refused() -> None:
    for shape in ((3, 6), (3, 1), (4,), (2, 2048)):
        with pytest.raises(ValueError, match="k = 1 to 10"):
            shapley(np.zeros(shape))
    with pytest.raises(ValueError, match="finite"):
        shapley(np.full((2, 4), np.nan))
