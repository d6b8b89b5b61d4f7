"""Looks, verdicts, and Holm over a family."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from statsmodels.stats.multitest import multipletests

from experiments.inference import looking
from experiments.inference.intervals import Interval, bca_interval, t_interval
from experiments.inference.verdict import Verdict, decide, holm, holm_adjusted, jointly, judge, weigh

rng = np.random.default_rng(1)
THIRTY = rng.normal(0.5, 1.0, 30)


# Looks.


def test_looks_halve_from_the_cap_down() -> None:
    assert looking.looks(320) == (20, 40, 80, 160, 320)
    assert looking.looks(200) == (25, 50, 100, 200)
    assert looking.looks(30) == (30,)
    assert looking.looks(77, fewest=10) == (10, 20, 39, 77)
    with pytest.raises(ValueError, match="2 seeds or more, not 1"):
        looking.looks(1)


@given(st.integers(2, 5000))
def test_looks_spend_the_whole_error_and_no_more(cap: int) -> None:
    planned = looking.looks(cap)
    assert list(planned) == sorted(set(planned))
    assert planned[-1] == cap
    assert sum(looking.share(n, cap) for n in planned) == pytest.approx(1.0)


def test_interval_of_a_look_is_a_t_interval_of_its_share() -> None:
    data = rng.normal(size=40)
    found = looking.interval_at(data, 160, 0.9)
    assert found[:3] == t_interval(data, 1.0 - 0.1 * 20 / 160)[:3]
    assert (found.confidence, found.method) == (0.9, "t over looks")
    only = rng.normal(size=30)
    assert looking.interval_at(only, 30)[:3] == t_interval(only)[:3]
    assert looking.p_at(0.001, 40, 160) == pytest.approx(0.008)
    assert looking.p_at(0.5, 40, 160) == 1.0
    with pytest.raises(ValueError, match="no look is planned at 41 seeds: looks are at 20, 40, 80, 160"):
        looking.interval_at(rng.normal(size=41), 160)


# Verdicts.


def between(low: float, high: float) -> Interval:
    return Interval((low + high) / 2.0, low, high, 0.95, 10, "t")


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [
        (0.11, 0.5, "supported"),
        (0.1, 0.5, "undecided"),
        (0.05, 0.5, "undecided"),
        (-0.1, 0.1, "negligible"),
        (0.02, 0.08, "negligible"),
        (-0.1001, 0.05, "undecided"),
        (-0.5, 0.5, "undecided"),
        (-0.5, -0.11, "contradicted"),
        (-0.5, -0.1, "undecided"),
        (-math.inf, math.inf, "undecided"),
        (math.nan, math.nan, "undecided"),
    ],
)
def test_verdict_is_where_the_interval_lies(low: float, high: float, kind: str) -> None:
    assert judge(between(low, high), 1, 0.1) == kind
    assert judge(between(-high, -low), -1, 0.1) == kind


def test_no_difference_at_all_is_negligible() -> None:
    assert judge(t_interval(np.zeros(20)), 1, 0.0) == "negligible"
    assert judge(t_interval(np.full(20, 0.1)), 1, 0.0) == "supported"


def test_claims_without_a_sign_or_a_size_are_refused() -> None:
    with pytest.raises(ValueError, match="sign must be 1 or -1, not 0"):
        judge(between(0.0, 1.0), 0, 0.1)
    for sesoi in (-0.1, math.nan):
        with pytest.raises(ValueError, match="smallest effect of interest must be 0 or more"):
            judge(between(0.0, 1.0), 1, sesoi)


@pytest.mark.parametrize("sesoi", [0.0, 0.1])
def test_p_is_the_least_level_that_decides(sesoi: float) -> None:
    found = decide(partial(t_interval, THIRTY), 1, sesoi)
    t = (THIRTY.mean() - sesoi) / (THIRTY.std(ddof=1) / 30**0.5)
    assert found.p == pytest.approx(2.0 * special.stdtr(29, -t), rel=1e-4)
    assert found.kind == "supported"
    assert decide(partial(t_interval, THIRTY), -1, sesoi).p == found.p
    assert decide(partial(t_interval, THIRTY), -1, sesoi).kind == "contradicted"


def test_p_of_equivalence_is_that_of_the_worse_side() -> None:
    data = THIRTY - THIRTY.mean() + 0.1
    found = decide(partial(t_interval, data), 1, 0.6)
    t = (0.6 - 0.1) / (data.std(ddof=1) / 30**0.5)
    assert found.kind == "negligible"
    assert found.p == pytest.approx(2.0 * special.stdtr(29, -t), rel=1e-4)


@given(st.integers(0, 10_000), st.floats(-1.0, 1.0), st.floats(0.0, 0.5))
def test_decided_if_and_only_if_p_is_small(seed: int, mean: float, sesoi: float) -> None:
    data = np.random.default_rng(seed).normal(mean, 1.0, 15)
    found = decide(partial(t_interval, data), 1, sesoi)
    assert (found.kind != "undecided") == (found.p <= 0.05)


def test_a_bootstrap_never_claims_more_than_its_resamples_hold() -> None:
    found = decide(lambda confidence: bca_interval(rng.normal(5.0, 1.0, 60), confidence, 999), 1, 0.0)
    assert found.kind == "supported"
    assert found.p == pytest.approx(0.002, rel=1e-4)


def test_reason_names_the_interval_and_the_place() -> None:
    why = decide(lambda _: between(0.2, 0.4), 1, 0.1).why
    assert why == "the 95 % interval [0.2, 0.4] lies beyond the smallest effect of interest, 0.1"


def test_tests_against_both_directions_are_weighed() -> None:
    assert weigh(0.01, 0.9)[:2] == ("supported", 0.02)
    assert weigh(0.9, 0.01)[:2] == ("contradicted", 0.02)
    assert weigh(0.03, 0.9)[:2] == ("undecided", 0.06)
    assert weigh(0.8, 0.9).p == 1.0


# A claim that several effects are all there.


def on(kind: Any, p: float, why: str = "") -> Verdict:
    return Verdict(kind, p, p, None, why)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([on("supported", 0.01, "a"), on("supported", 0.04, "b")], ("supported", 0.04, "b")),
        ([on("supported", 0.01, "a"), on("negligible", 0.02, "b")], ("negligible", 0.04, "b")),
        ([on("supported", 0.01, "a"), on("negligible", 0.03, "b")], ("undecided", 1.0, "b")),
        ([on("contradicted", 0.03, "a"), on("negligible", 0.001, "b")], ("negligible", 0.002, "b")),
        ([on("negligible", 0.001, "a"), on("contradicted", 0.02, "b")], ("contradicted", 0.04, "b")),
        ([on("negligible", 0.03, "a"), on("undecided", 1.0, "b")], ("undecided", 1.0, "b")),
        ([on("contradicted", 0.04, "a"), on("negligible", 0.03, "b")], ("undecided", 1.0, "a")),
        ([on("negligible", 0.05, "a")], ("negligible", 0.05, "a")),
    ],
)
def test_all_must_be_there_and_any_one_that_is_not_is_held_to_its_share(
    verdicts: list[Verdict], expected: tuple[str, float, str]
) -> None:
    found = jointly(verdicts)
    assert (found.kind, found.p, found.why) == expected


# A family.


@pytest.mark.parametrize("p", [[0.3], [0.01, 0.01], [0.04, 0.001, 0.02, 0.9, 0.013], [0.5, 0.4, 0.3], [0.0, 1.0, 0.02]])
def test_holm_is_the_one_of_statsmodels(p: list[float]) -> None:
    assert holm_adjusted(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_what_does_not_survive_holm_is_undecided_and_says_so() -> None:
    claims = [
        Verdict("supported", 0.001, 0.001, None, "a"),
        Verdict("negligible", 0.03, 0.03, None, "b"),
        Verdict("undecided", 0.2, 0.2, None, "c"),
    ]
    first, second, third = holm(claims)
    assert first == claims[0]._replace(adjusted=0.003)
    assert second[:3] == ("undecided", 0.03, 0.06)
    assert second.why == "negligible by itself, p = 0.03; not after Holm over 3 claims, p = 0.06"
    assert third == claims[2]
    assert [v.kind for v in holm(claims[:2], 0.9)] == ["supported", "negligible"]
    assert holm([]) == []
