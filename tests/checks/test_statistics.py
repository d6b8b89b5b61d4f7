"""The statistics of the claims do as often as they say, and the checks notice when they do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from experiments.checks import statistics
from experiments.checks.check import Check
from experiments.checks.statistics import STATISTICS, differences, stream
from experiments.claims import judging, ladder
from experiments.claims.estimands import ESTIMANDS, Means, base, behind, best_dose, elasticity, hazard_ratio, shapley
from experiments.claims.ladder import Share

Original = Callable[..., Any]
Mutant = Callable[[Original], Original]


def failures(checks: list[Check]) -> set[str]:
    return {c.measure for c in checks if not c.passed}


@pytest.mark.parametrize("method", STATISTICS.sources)
def test_method_does_as_often_as_it_says(method: str) -> None:
    checks = STATISTICS.checks(method, True)
    assert {c.source for c in checks} == {method}
    assert [c for c in checks if not c.passed] == []


@pytest.mark.slow
def test_all_methods_do_over_many_worlds() -> None:
    checks = STATISTICS.run()
    assert [c for c in checks if not c.passed] == []
    assert len({(c.source, c.measure, c.name) for c in checks}) == len(checks)


def test_every_estimand_is_checked() -> None:
    assert set(ESTIMANDS) <= set(STATISTICS.sources)


def test_checks_repeat_to_the_bit() -> None:
    assert STATISTICS.checks("ratio", True) == STATISTICS.checks("ratio", True)


# What is wrong with the statistics must show: each entry breaks one function in one way.


def narrower(right: Original) -> Original:
    return lambda *given: 0.85 * right(*given)


def none(_: Original) -> Original:
    return lambda *_given: None


def swapped(right: Original) -> Original:
    return lambda *given: right(*given)[::-1]


def too_large(right: Original) -> Original:
    return lambda *given: Means(1.1 * (found := right(*given)).over, found.under)


def low_bar(right: Original) -> Original:
    def bounds(self: Any, effect: Any) -> tuple[float, float]:
        low, high = right(self, effect)
        return low + 0.4 * (high - low) / 2.0, high - 0.4 * (high - low) / 2.0

    return bounds


def sure(right: Original) -> Original:
    return lambda *given: (np.ones_like((found := right(*given))[0]), found[1])


def certain(right: Original) -> Original:
    return lambda *given: np.ones_like(right(*given))


def unweighted(_: Original) -> Original:
    return lambda _n, _k: 1


def as_it_is(_: Original) -> Original:
    return lambda p, *_: p


def any_one(right: Original) -> Original:
    return lambda p, need: right(p, need) if need == "all" else p.min(axis=0)


def the_first(_: Original) -> Original:
    return lambda p, _need: p[-1]


def by_hand(_: Original) -> Original:
    """Return Wald's interval, which is known to be too narrow."""

    def share(count: int, worlds: int) -> Share:
        found = count / worlds
        half = 1.96 * (found * (1.0 - found) / worlds) ** 0.5
        return Share(count, worlds, found - half, found + half)

    return share


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("method", "home", "name", "mutant", "noticed"),
    [
        ("t test", judging, "quantile_t", narrower, "coverage"),
        ("ratio", judging, "quantile_t", narrower, "coverage"),
        ("difference", judging, "_error", narrower, "error"),
        ("difference", judging, "_strength", sure, "power"),
        ("interaction", base.Estimand, "bounds", low_bar, "error"),
        ("contrast", ESTIMANDS["contrast"].__class__, "means", too_large, "coverage"),
        ("hazard-ratio", hazard_ratio, "_orders", swapped, "bias"),
        ("elasticity", elasticity, "_slope", too_large, "bias"),
        pytest.param("best-dose", best_dose.BestDose, "among", none, "error", marks=SLOW),
        pytest.param("behind", behind.Behind, "among", none, "error", marks=SLOW),
        pytest.param("shapley", shapley.Shapley, "among", none, "error", marks=SLOW),
        pytest.param("shapley", shapley, "comb", unweighted, "coverage", marks=SLOW),
        pytest.param("shapley", judging, "_power_of_all", certain, "power", marks=SLOW),
        ("rung", judging, "_jointly", any_one, "error"),
        ("rung", judging, "_jointly", the_first, "error"),
        ("family", judging, "adjusted_by_holm", as_it_is, "error"),
        ("share", statistics, "share_of", by_hand, "coverage"),
    ],
)
def test_method_notices_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, method: str, home: Any, name: str, mutant: Mutant, noticed: str
) -> None:
    monkeypatch.setattr(home, name, mutant(getattr(home, name)))
    assert noticed in failures(STATISTICS.checks(method, True))


@pytest.mark.parametrize(("name", "value"), [("ROBUST", 0.7), ("MOSTLY", 0.3), ("SOME", 0.2), ("ROBUST", 0.99)])
def test_words_that_are_said_too_lightly_are_noticed(monkeypatch: pytest.MonkeyPatch, name: str, value: float) -> None:
    monkeypatch.setattr(ladder, name, value)
    monkeypatch.setattr(ladder, "_ROBUST_LOW", min(0.8, value - 0.1))
    assert failures(STATISTICS.checks("words", True))


@pytest.mark.parametrize("shape", ["normal", "two points", "skewed", "heavy"])
def test_made_up_differences_have_mean_0_and_deviation_1(shape: Any) -> None:
    drawn = differences(shape, 400, 500, stream("test"))
    assert drawn.mean() == pytest.approx(0.0, abs=0.01)
    assert drawn.std() == pytest.approx(1.0, abs=0.05)
