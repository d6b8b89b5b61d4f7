"""What a fit says, on tables whose truth is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from experiments.case import Quantity
from experiments.case.patterns import Compiled
from experiments.fit import calibrate
from experiments.fit.calibrate import errors, judge, pseudo_facts, ranks
from experiments.fit.inference import (
    NOT_SETTLED,
    Evidence,
    Interval,
    accepted,
    bayes_factor,
    below,
    compromises,
    correlated,
    exclusions,
    grade,
    marginals,
    quantiles,
    still_met,
    typicality_ratio,
    verdict,
)
from experiments.fit.next_facts import Without, rank
from experiments.fit.table import place_of, thinned, value_at
from experiments.fit.worlds import Seeds
from experiments.sweep.factors import make_factor
from tests.fit.toys import pattern, toy_patterns, toy_table

QUIET: Any = lambda *_: None  # noqa: E731


# Acceptance.


def test_a_run_fits_if_all_patterns_are_near_and_each_excludes_what_it_alone_refuses() -> None:
    off = np.array([[0.0, 9.0, 1.0, np.inf], [3.0, 1.0, 4.0, np.inf]])
    assert accepted(off, 3.0).tolist() == [0]
    one, other = exclusions(off, 3.0)
    assert one == (0.5, 0.5)  # runs 0 and 2 meet it; 0 and 1 would fit without it
    assert other == (0.5, 0.5)
    near = compromises(off, 3.0, most=2)
    assert [(each.row, each.missed, each.largest) for each in near] == [(0, 0, 3.0), (2, 1, 4.0)]


def test_shares_over_thinned_worlds_are_shares_of_the_posterior() -> None:
    rows = np.flatnonzero(np.random.default_rng(0).random(100_000) < 0.1)
    kept = thinned(rows, 256)
    assert len(kept) == len(set(kept.tolist())) == 256
    assert abs((kept < 30_000).mean() - (rows < 30_000).mean()) < 0.005  # by lot it would be off by 0.03
    assert thinned(rows[:9], 256).tolist() == rows[:9].tolist()


def test_typicality_asks_for_all_patterns_in_one_seed() -> None:
    off = np.array([[[0.0, 9.0, 0.0, 9.0]], [[0.0, 0.0, 9.0, 9.0]]])  # two patterns, a world, four seeds
    seeds = Seeds(off, off)
    assert seeds.typicality(3.0).tolist() == [0.25]
    assert seeds.shares(3.0).tolist() == [[0.5], [0.5]]


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"key": "search.gamma", "range": [0.5, 2.0], "scale": "log"}, [0.5, 1.0, 2.0]),
        ({"key": "firm.openness", "range": [0.25, 0.75]}, [0.25, 0.5, 0.75]),
        ({"key": "architecture.coupling", "values": [1, 2, 4]}, [1, 2, 4]),
        ({"key": "search.enabled", "values": [False, True]}, [False, True]),
    ],
)
def test_a_place_on_a_prior_gives_its_value_back(given: dict[str, Any], values: list[Any]) -> None:
    factor = make_factor(given, "test")
    places = place_of(factor, np.array(values))
    assert places[0] == 0.0
    assert places[-1] == 1.0
    assert [value_at(factor, place) for place in places.tolist()] == pytest.approx(values)


# The posterior.


def test_only_what_the_facts_speak_of_is_narrowed() -> None:
    table = toy_table(40_000, 1)
    rows = accepted(table.off, 2.0)
    found = marginals(table.places, table.places[:, rows])
    assert [one.narrowed for one in found] == [True, True, False]
    middle = found[0].quantiles[2]
    assert middle == pytest.approx(0.5 * math.log(2.0), abs=0.02)  # cost = exp(2 θ)


def test_pairs_are_found_beyond_chance_only() -> None:
    rng = np.random.default_rng(2)
    found = [bool(correlated(rng.random((12, 500)))) for _ in range(100)]
    assert sum(found) <= 11  # 5 are expected
    places = rng.random((12, 500))
    places[7] = np.clip(1.0 - places[3] + rng.normal(0.0, 0.3, 500), 0.0, 1.0)
    pair = correlated(places)[0]
    assert {pair.one, pair.other} == {3, 7}
    assert pair.correlation < -0.5


# Evidence.


def test_intervals_of_bayes_factors_hold_the_truth() -> None:
    rng, held = np.random.default_rng(3), 0
    for _ in range(200):
        counts = rng.binomial(20_000, 0.004), rng.binomial(5_000, 0.002)
        found = bayes_factor(counts[0], 20_000, counts[1], 5_000)
        held += found.low <= 2.0 <= found.high
    assert 180 <= held <= 198


def test_no_run_without_a_mechanism_bounds_its_factor_from_below() -> None:
    found = bayes_factor(1000, 1_000_000, 0, 200_000)
    assert found.estimate == math.inf
    assert 20.0 < found.low < 150.0
    assert grade(found) == "strong for"


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (Interval(2.0, 0.8, 5.0), NOT_SETTLED),
        (Interval(2.0, 1.5, 2.6), "weak for"),
        (Interval(5.0, 3.0, 9.0), "positive for"),
        (Interval(0.1, 0.05, 0.2), "positive against"),
        (Interval(400.0, 200.0, 900.0), "very strong for"),
    ],
)
def test_evidence_is_called_what_it_is(factor: Interval, said: str) -> None:
    assert grade(factor) == said


def test_tolerances_that_say_the_opposite_settle_nothing() -> None:
    one = Evidence(9, 99, Interval(1.5, 1.1, 2.0), Interval(0.5, 0.3, 0.8), *[0.1] * 3, Interval(1, 1, 1), np.ones(2))
    assert verdict(one) == "tolerances disagree"
    assert verdict(one._replace(other=Interval(0.9, 0.5, 1.5))) == "weak for"


def test_typicality_and_patterns_with_and_without() -> None:
    ratio = typicality_ratio(np.full(50, 0.4), np.full(50, 0.1))
    assert ratio == pytest.approx((4.0, 4.0, 4.0))
    off = np.array([[0.0, 9.0, 0.0, 3.0], [0.0, 0.0, np.inf, 9.0]])  # two patterns, four worlds
    assert still_met(off, 3.0).tolist() == [0.75, 0.5, 0.25]
    assert still_met(off.reshape(2, 2, 2), 3.0).tolist() == [0.75, 0.5, 0.25]  # two worlds over two seeds
    assert not below(0.5, 0.55, 256)
    assert below(0.4, 0.55, 256)


# What to find out next.


def test_a_fact_that_tells_the_hypotheses_apart_is_worth_most_and_noise_nothing() -> None:
    rng = np.random.default_rng(4)
    quantities = [
        Quantity(name, name, "1", scale, Compiled((name,), lambda table: table["x"]))
        for name, scale in (("noise", "linear"), ("telling", "log"), ("somewhat", "linear"))
    ]
    with_it = [rng.normal(0, 1, 400), np.exp(rng.normal(0, 0.3, 400)), rng.normal(0, 1, 400)]
    without = [rng.normal(0, 1, 300), np.exp(rng.normal(2, 0.3, 300)), rng.normal(1, 1, 300)]
    found = rank(quantities, (), with_it, [Without(without, [False] * 3)])
    assert [one.quantity.name for one in found] == ["telling", "somewhat", "noise"]
    assert found[0].low > found[1].high > 0.0
    assert found[2].worth < 0.1
    assert found[0].told[0].without == pytest.approx([math.exp(2.0 + z * 0.3) for z in (-0.674, 0.0, 0.674)], rel=0.1)


def test_what_is_known_or_told_by_definition_counts_for_nothing() -> None:
    rng = np.random.default_rng(4)
    kept, cost, known = (
        Quantity(name, name, "1", "linear", Compiled((name,), lambda table: table["x"]), known=said)
        for name, said in (("kept", ""), ("cost", ""), ("known", "by a register"))
    )
    slight, none = rng.normal(5.5, 1, 300), np.zeros(300)
    given = [rng.normal(5, 1, 400)] * 4
    without = [Without([none, slight, slight, slight], [True, False, False, False]), Without([slight] * 4, [False] * 4)]
    pattern_of_it = pattern("users", "ratio", 2.0, 0.1)
    users = Quantity("then", "then", "1", "linear", pattern_of_it.compiled)
    found = {one.quantity.name: one for one in rank([kept, cost, known, users], [pattern_of_it], given, without)}
    assert list(found)[2:] == ["known", "then"]
    assert [one.known for one in found.values()] == ["", "", "by a register", "Users"]
    assert [told.defined for told in found["kept"].told] == [True, False]
    assert found["kept"].told[0].worth > 1.0  # but that counts for nothing:
    assert found["kept"].worth == found["cost"].worth == found["cost"].told[1].worth
    assert found["kept"].most == 1
    assert not found["known"].ranked


def test_nothing_is_said_of_a_mechanism_without_which_hardly_any_run_fits() -> None:
    quantity = Quantity("x", "x", "1", "linear", Compiled(("x",), lambda table: table["x"]))
    (found,) = rank([quantity], (), [np.arange(100.0)], [Without([np.arange(3.0)], [False])])
    assert math.isnan(found.worth)
    assert not found.ranked


# Predictions.


def test_quantiles_are_of_what_is_there() -> None:
    values = np.array([1.0, np.nan, 2.0, 3.0, np.inf])
    assert quantiles(values)[2] == 2.0
    assert np.isnan(quantiles(values, least=4)).all()


# Calibration.


def test_pseudo_facts_are_off_by_as_much_as_a_fact_may_be() -> None:
    kinds = (
        pattern("ratio", "ratio", 2.0, 0.1), pattern("difference", "difference", 0.5, 0.1),
        pattern("interval", "interval", 8.0, low=5.0, high=14.0), pattern("order", "order", 0.9),
    )  # fmt: skip
    read = np.array([3.0, 0.2, 20.0, 1.3])
    rng = np.random.default_rng(5)
    drawn = np.array([pseudo_facts(kinds, read, 3.0, rng) for _ in range(2000)])
    for one, value, facts in zip(kinds, read.tolist(), drawn.T, strict=True):
        off = np.array([float(one.off_from(np.array([value]), fact)[0]) for fact in facts.tolist()])
        assert (off <= 3.0 + 1e-9).all()
        if one.kind in ("ratio", "difference"):
            assert off.mean() == pytest.approx(1.5, abs=0.1)  # even from 0 to 3
    assert np.ptp(np.log(drawn[:, 2])) == pytest.approx(math.log(14.0 / 5.0), rel=0.01)
    assert (drawn[:, 3] == 1.3).all()


def test_the_method_is_calibrated_and_a_wrong_posterior_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    table = toy_table(20_000, 6)
    found = ranks(toy_patterns(), table, 3.0, 200, 0, QUIET)
    assert len(found.places) == 200
    assert all(one.passed for one in judge(found.places))
    exact = calibrate.pseudo_facts
    monkeypatch.setattr(  # facts that are less well known than the tolerance says
        calibrate, "pseudo_facts", lambda patterns, values, tolerance, rng: exact(patterns, values, 4 * tolerance, rng)
    )
    wrong = judge(ranks(toy_patterns(), table, 3.0, 200, 0, QUIET).places)
    assert [one.passed for one in wrong] == [False, False, True]  # the third does nothing


def test_a_posterior_that_leans_to_one_side_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    table, fair = toy_table(20_000, 7), calibrate.like

    def leaning(patterns: Any, values: Any, pseudo: Any, tolerance: float) -> Any:
        rows = fair(patterns, values, pseudo, tolerance)
        return rows[: 4 * len(rows) // 5] if values is not table.values else rows[table.places[0, rows] > 0.3]

    monkeypatch.setattr(calibrate, "like", leaning)
    assert not judge(ranks(toy_patterns(), table, 3.0, 200, 0, QUIET).places)[0].passed


def test_pseudo_cases_that_few_runs_fit_are_told() -> None:
    found = ranks(toy_patterns(), toy_table(2_000, 8), 0.1, 5, 0, QUIET)
    assert len(found.places) == 0
    assert found.thin == 100


def test_a_mechanism_that_was_off_is_hardly_ever_found_needed_and_an_inflated_factor_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table, without = toy_table(20_000, 9), toy_table(10_000, 10, shift=0.5)
    fair = errors(toy_patterns(), table, without, 3.0, 200, 0, QUIET)
    assert fair.passed
    assert fair.found[0] < 30
    monkeypatch.setattr(calibrate, "LEAST", 700)
    some = errors(toy_patterns(), table, without, 3.0, 200, 0, QUIET)
    assert 0 < some.judged < fair.judged <= fair.cases == some.cases == 200
    assert some.shares == tuple(count / some.judged for count in some.found)
    monkeypatch.setattr(calibrate, "LEAST", 50)
    exact = calibrate.ratio_of
    monkeypatch.setattr(calibrate, "ratio_of", lambda one, other: 10.0 * exact(one, other))
    assert not errors(toy_patterns(), table, without, 3.0, 200, 0, QUIET).passed
