"""Contrasts of a seed, and who is first of a pair."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from experiments.inference.contrasts import difference, interaction
from experiments.inference.pairs import hazard_ratio, log_odds


def test_difference_and_interaction_in_levels_and_logs() -> None:
    y00, y01, y10 = np.array([1.0, 2.0]), np.array([2.0, 6.0]), np.array([3.0, 4.0])
    assert difference(y10, y00) == pytest.approx([2.0, 2.0])
    assert difference(y10, y00, "logs") == pytest.approx(np.log([3.0, 2.0]))
    product, total = y01 * y10 / y00, y01 + y10 - y00
    assert interaction(y00, y01, y10, product, "logs") == pytest.approx([0.0, 0.0])
    assert interaction(y00, y01, y10, product) == pytest.approx([2.0, 4.0])
    assert interaction(y00, y01, y10, total) == pytest.approx([0.0, 0.0])
    assert (interaction(y00, y01, y10, total, "logs") < 0.0).all()


def test_shared_luck_drops_out() -> None:
    luck = np.array([0.5, -1.0, 3.0])
    assert difference(2.0 + luck, 1.5 + luck) == pytest.approx([0.5] * 3)


def test_arms_must_match_and_logs_be_of_positive_figures() -> None:
    with pytest.raises(ValueError, match=r"treated has \(2,\), control has \(3,\)"):
        difference([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="1 of 2 in y01 are not"):
        interaction([1.0, 1.0], [0.0, 1.0], [1.0, 1.0], [1.0, 1.0], "logs")
    with pytest.raises(ValueError, match="1 of 1 in control are not"):
        difference([1.0], [math.nan], "logs")


# Pairs.


def test_pairs_are_counted_by_who_is_first() -> None:
    nan = math.nan
    found = hazard_ratio([1.0, 5.0, nan, 2.0, nan, 3.0, 7.0], [2.0, 4.0, nan, 2.0, 9.0, nan, 8.0])
    assert (found.treated_first, found.control_first, found.ties, found.censored) == (3, 2, 1, 1)
    assert found.log_hazard_ratio.n == 5
    assert math.exp(found.log_hazard_ratio.estimate) == pytest.approx(1.5)


@pytest.mark.parametrize(("wins", "losses"), [(3, 7), (12, 5), (50, 50)])
def test_odds_have_the_bounds_of_clopper_and_pearson(wins: int, losses: int) -> None:
    found, exact = log_odds(wins, losses, 0.9), stats.binomtest(wins, wins + losses).proportion_ci(0.9)
    assert [1.0 / (1.0 + math.exp(-bound)) for bound in found[1:3]] == pytest.approx([exact.low, exact.high])
    swapped = log_odds(losses, wins, 0.9)
    assert swapped[1:3] == pytest.approx([-found.high, -found.low])


def test_a_side_without_wins_has_no_bound() -> None:
    assert log_odds(8, 0).high == math.inf
    assert log_odds(8, 0).low == pytest.approx(math.log(0.025 ** (1 / 8) / (1.0 - 0.025 ** (1 / 8))))
    assert log_odds(0, 8).low == -math.inf
    nobody = hazard_ratio([math.nan, 2.0], [math.nan, 2.0]).log_hazard_ratio
    assert math.isnan(nobody.estimate)
    assert nobody[1:3] == (-math.inf, math.inf)
    with pytest.raises(ValueError, match="same seeds"):
        hazard_ratio([1.0], [1.0, 2.0])
