"""Effects in words: natural units, precision, seeds still needed, and a sentence for every kind."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.figures.words import NBSP
from experiments.propositions.words import (
    bare,
    in_sesoi,
    meaning,
    natural,
    power_words,
    seeds_needed,
    sesoi_words,
    short,
)
from tests.propositions.samples import KINDS, effect, estimand, result

MEASURES = result()["measures"]


def said(text: str) -> str:
    return text.replace(NBSP, " ")


def test_log_points_are_told_as_percent():
    n = natural(effect(unit="log points", estimate=math.log(0.8), low=math.log(0.5), high=math.log(2.0), sesoi=0.1))
    assert (n.estimate, n.low, n.high) == pytest.approx((-20.0, -50.0, 100.0))
    assert n.zone == pytest.approx((100.0 * math.expm1(-0.1), 100.0 * math.expm1(0.1)))


def test_log_hazard_ratios_are_told_as_ratios():
    found = effect(kind="hazard-ratio", estimate=math.log(2.0), low=-math.inf, high=math.inf)
    n = natural(found)
    assert (n.estimate, n.low, n.high, n.nothing) == pytest.approx((2.0, 0.0, math.inf, 1.0))
    assert said(short(found)) == "2 times (0 to ∞)"


def test_a_threshold_moves_the_point_of_no_effect():
    found = effect(kind="scale-elasticity", estimate=1.25, low=1.15, high=1.35)
    assert natural(found).zone == pytest.approx((0.9, 1.1))
    assert in_sesoi(found) == pytest.approx((2.5, 1.5, 3.5))


def test_a_claimed_fall_counts_upwards():
    assert in_sesoi(effect(sign="-", estimate=-0.3, low=-0.4, high=-0.2)) == pytest.approx((3.0, 2.0, 4.0))
    assert said(sesoi_words(effect(sign="-"))) == "at most -10 % of the mean of control"


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (-0.05, 0.11, "3.0 % (-5.0 to 11.0)"),
        (-0.5, 0.6, "3 % (-50 to 60)"),
        (0.0299, 0.0302, "3.000 % (2.990 to 3.020)"),
    ],
)
def test_precision_follows_the_interval(low, high, told):
    assert said(short(effect(estimate=0.03, low=low, high=high))) == told


def test_an_effect_without_a_number_says_so():
    found = effect(estimate=None, low=None, high=None, note="cannot be estimated: only 1 seeds have a number for it")
    assert short(found) == "no estimate"
    assert "only 1 seeds" in meaning(found, estimand(), MEASURES)
    assert "cannot be said" in power_words(found)


SENTENCES = {
    "difference": "Cost of it: 30 % higher in `treated` than in `control`",
    "interaction": "Cost of it, plus one: `both` lies 35 % above what `treated` and `other` alone multiply to",
    "complements": "Cost of it: both together lie 0.30 money above the sum of each alone",
    "hazard-ratio": "Cost of it: `treated` gets there first 1.3 times as often as `control`",
    "inverted-u": "Cost of it: the best dose between lies 35 % above the better of both ends",
    "slope": "1 % more stock goes with 0.30 % more cost of it",
    "coefficient": "1 % more stock, at the same cash, goes with 0.30 % more cost of it",
    "scale-elasticity": "Cost of it: average cost is 0.30 times marginal cost; only above 1 does scale save",
    "shapley": "Cost of it: 30 % of what all mechanisms add is not the largest one's",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_sentence(kind):
    told = said(meaning(effect(kind=kind), estimand(kind), MEASURES))
    assert told.startswith(SENTENCES[kind] + " (95 % interval: ")


def test_several_interactions_are_told_by_the_first():
    several = estimand("interaction") | {"scales": ["level"], "arms": ["hit", "left", "hit2", "left2", *"abcd"]}
    told = said(meaning(effect(kind="interaction"), several, MEASURES))
    assert told.startswith(
        "Cost of it: in the mean of 2 comparisons such as this, `hit` against `left` lies 35 % above "
        "`hit2` against `left2` (95 % interval: "
    )


def test_a_median_says_so():
    middle = estimand() | {"of": None, "statistic": "median"}
    told = said(meaning(effect(unit="outcome's"), middle, MEASURES))
    assert told.startswith("Cost of it: 0.30 money higher in `treated` than in `control`, in the median of seeds (95 %")


def test_a_fall_is_told_as_a_fall():
    told = said(meaning(effect(estimate=-0.3, low=-0.4, high=-0.2), estimand(), MEASURES))
    assert told == ("Cost of it: 30 % lower in `treated` than in `control` (95 % interval: 40 % lower to 20 % lower).")


def test_seeds_needed_bring_the_half_width_down_to_the_sesoi():
    assert seeds_needed(effect(estimate=0.0, low=-0.3, high=0.3)) == (math.ceil(20 * 3.0**2), False)


def test_near_the_bound_seeds_needed_depend_on_the_distance_from_it():
    assert seeds_needed(effect(estimate=0.08, low=0.04, high=0.12)) == (math.ceil(20 * 2.0**2), True)
    assert "across a bound" in power_words(effect(estimate=0.08, low=0.04, high=0.12))


@pytest.mark.parametrize("ends", [(-math.inf, math.inf), (0.1, 0.1)])
def test_no_number_of_seeds_without_bounds_or_width(ends):
    assert seeds_needed(effect(estimate=0.1, low=ends[0], high=ends[1]))[0] is None


def test_bare_takes_off_backticks():
    assert bare("`a` b") == "a b"


@given(st.sampled_from(sorted(KINDS)), st.floats(allow_infinity=False) | st.none(), st.floats(0.0), st.floats(0.0))
def test_any_number_can_be_told(kind, estimate, below, above):
    ends = (-math.inf, math.inf) if estimate is None else (estimate - below, estimate + above)
    found = effect(kind=kind, estimate=estimate, low=ends[0], high=ends[1])
    assert short(found)
    assert power_words(found).endswith(".")
    assert meaning(found, estimand(kind), MEASURES).endswith(".")
