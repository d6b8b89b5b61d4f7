"""Verdicts in worlds: against closed forms, other libraries and made-up outcomes whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from experiments.claims.estimands import ESTIMANDS, Among, Ask, Means
from experiments.claims.estimands.base import made_up, made_up_of, pick
from experiments.claims.judging import (
    CONTRADICTED,
    NEGLIGIBLE,
    SUPPORTED,
    UNDECIDED,
    RungFound,
    found_of,
    holm,
    judge_effect,
    judge_rung,
)
from experiments.claims.ladder import answer, share_of, word_of
from experiments.claims.schema import Effect, Rung

RNG = np.random.default_rng(7)


def effect(sign: str = "+", sesoi: float = 1.0, **given: object) -> Effect:
    """Return a difference of two arms."""
    fields = {"name": "e", "kind": "difference", "measure": "y", "arms": ["a", "b"], **given}
    return Effect.model_validate({**fields, "sign": sign, "sesoi": sesoi})


def constant(mean: float, spread: float = 0.1, seeds: int = 20) -> Means:
    """Return figures of one world whose mean is exact."""
    apart = np.linspace(-1.0, 1.0, seeds)
    return Means(mean + spread * apart[None, :], np.ones((1, seeds)))


@pytest.mark.parametrize(
    ("mean", "sign", "verdict"),
    [
        (2.0, "+", SUPPORTED), (-2.0, "+", CONTRADICTED), (0.0, "+", NEGLIGIBLE), (1.0, "+", UNDECIDED),
        (-2.0, "-", SUPPORTED), (2.0, "-", CONTRADICTED), (0.9, "-", NEGLIGIBLE), (-1.0, "-", UNDECIDED),
    ],
)  # fmt: skip
def test_where_the_interval_lies_decides(mean: float, sign: str, verdict: int) -> None:
    found = found_of(effect(sign), constant(mean), (-1.0, 1.0), "1")
    assert found.verdict.tolist() == [verdict]
    assert found.size == pytest.approx(mean)


def test_a_plain_mean_is_judged_by_the_t_test_of_scipy() -> None:
    values = RNG.normal(0.6, 1.0, (5, 30))
    found = found_of(effect(sesoi=0.5), Means(values, np.ones_like(values)), (-0.5, 0.5), "1")
    for world, row in enumerate(values):
        interval = stats.ttest_1samp(row, 0.0).confidence_interval(0.95)
        assert (found.low[world], found.high[world]) == pytest.approx((interval.low, interval.high))
        assert found.p[0, world] == pytest.approx(
            min(1.0, 2 * stats.ttest_1samp(row, 0.5, alternative="greater").pvalue)
        )


def test_fieller_excludes_a_bound_exactly_when_the_test_at_it_rejects() -> None:
    under = RNG.gamma(4.0, 0.25, (200, 12))
    over = under * 0.2 + RNG.normal(0.0, 0.3, under.shape)
    found = found_of(effect(sesoi=0.1), Means(over, under), (-0.1, 0.1), "share")
    above = found.low > 0.1
    assert 0 < above.sum() < 200
    assert (above == (found.p[0] <= 0.05)).all()


def test_equal_outcomes_are_negligible_and_a_sure_difference_is_supported() -> None:
    same = np.ones((1, 10))
    assert found_of(effect(), Means(0.0 * same, same), (-1.0, 1.0), "").verdict.tolist() == [NEGLIGIBLE]
    assert found_of(effect(), Means(2.0 * same, same), (-1.0, 1.0), "").verdict.tolist() == [SUPPORTED]


def test_a_world_with_too_many_missing_values_is_left_undecided() -> None:
    means = constant(5.0)
    means.over[0, :3] = np.nan
    assert found_of(effect(), means, (-1.0, 1.0), "").verdict.tolist() == [SUPPORTED]
    means.over[0, :6] = np.nan
    found = found_of(effect(), means, (-1.0, 1.0), "")
    assert found.verdict.tolist() == [UNDECIDED]
    assert np.isnan(found.size).all()


def test_a_denominator_that_may_be_zero_gives_a_bound_on_the_side_of_the_numerator_only() -> None:
    under = np.array([[-1.0, 1.0] * 5])
    sure, unsure = np.ones_like(under), np.roll(under, 1) * [1.0] * 10
    found = found_of(effect(), Means(sure, under + 0.01), (-1.0, 1.0), "")
    assert 1.0 < found.low[0] < found.high[0] == np.inf
    assert found.verdict.tolist() == [SUPPORTED]
    found = found_of(effect(), Means(-sure, under + 0.01), (-1.0, 1.0), "")
    assert -np.inf == found.low[0] < found.high[0] < -1.0
    found = found_of(effect(), Means(unsure, under + 0.01), (-1.0, 1.0), "")
    assert (found.low[0], found.high[0]) == (-np.inf, np.inf)


def test_the_largest_of_several_is_tested_over_all_of_them() -> None:
    one, other = RNG.normal(0.6, 1.0, (2, 50, 20))
    each = [Means(values, np.ones_like(values)) for values in (one, other)]
    alone = [found_of(effect(), means, (-1.0, 1.0), "") for means in each]
    largest = found_of(effect(), each[0], (-1.0, 1.0), "", Among(each, largest=True))
    smallest = found_of(effect(), each[0], (-1.0, 1.0), "", Among(each, largest=False))
    assert largest.p[0] == pytest.approx(np.minimum(1.0, 2.0 * np.minimum(alone[0].p[0], alone[1].p[0])))
    assert largest.p[1] == pytest.approx(np.maximum(alone[0].p[1], alone[1].p[1]))
    assert smallest.p[0] == pytest.approx(np.maximum(alone[0].p[0], alone[1].p[0]))
    assert largest.high == pytest.approx(np.maximum(alone[0].high, alone[1].high))
    assert smallest.low == pytest.approx(np.minimum(alone[0].low, alone[1].low))
    assert (largest.low <= np.maximum(alone[0].low, alone[1].low)).all()


@pytest.mark.parametrize(
    ("fields", "unit", "arms", "span"),
    [
        ({"kind": "behind", "measures": ["y"], "measure": "z"}, "1", "ab", (-np.inf, 1.0)),
        ({"of": "b"}, "1", "ab", (-1.0, np.inf)),
        ({"of": "a"}, "1", "ab", (-np.inf, 1.0)),
        ({}, "share", "ab", (-1.0, 1.0)),
        ({}, "1", "ab", (-np.inf, np.inf)),
        ({"scale": "log"}, "share", "ab", (-np.inf, np.inf)),
        ({"kind": "contrast", "weights": [1.0, 1.0, -2.0], "of": "c"}, "1", "abc", (-2.0, np.inf)),
        ({"kind": "best-dose", "part": "fall", "of": "c"}, "1", "abc", (-1.0, np.inf)),
        ({"kind": "interaction"}, "share", "abcd", (-2.0, 2.0)),
        ({"kind": "hazard-ratio", "sesoi": 1.2}, "month", "ab", (0.0, np.inf)),
        ({"kind": "shapley", "part": "rest", "arms": []}, "1", ("00", "01", "10", "11"), (-np.inf, 0.5)),
    ],
)  # fmt: skip
def test_intervals_stay_where_an_effect_can_be(
    fields: dict[str, object], unit: str, arms: Sequence[str], span: tuple[float, float]
) -> None:
    rng = np.random.default_rng(11)
    made = {arm: rng.uniform(0.0, 1.0, (400, 6)) ** 20 for arm in arms}  # hardly above 0: wide
    asked = effect(**{"arms": list(arms), **fields})
    table = made_up_of({"y": made, "z": made})
    assert ESTIMANDS[asked.kind].span(Ask(asked, table, {}, unit)) == span
    found = judge_effect(asked, table, {}, {"y": unit, "z": unit})
    known = np.isfinite(found.size)
    assert (found.low[known] >= span[0]).all()
    assert (found.high[known] <= span[1]).all()
    assert ((found.low <= found.size) & (found.size <= found.high))[known].all()
    below_0 = table - 1.0
    if asked.kind not in ("hazard-ratio", "shapley"):
        assert ESTIMANDS[asked.kind].span(Ask(asked, below_0, {}, unit)) == (-np.inf, np.inf)


def test_a_span_moves_no_test() -> None:
    values = RNG.normal(0.9, 1.0, (50, 20))
    free, cut = (found_of(effect(), Means(values, np.ones_like(values)), (-0.5, 0.5), "", None, span)
                 for span in ((-np.inf, np.inf), (-1.0, 1.0)))  # fmt: skip
    assert (free.high > 1.0).any()
    assert (cut.high <= 1.0).all()
    assert (free.p == cut.p).all()


def test_denominators_of_0_are_no_effect_and_warn_of_nothing() -> None:
    zero, noise = np.zeros((3, 9)), RNG.uniform(1.0, 2.0, (3, 9))
    none, some = np.full((3, 9), np.nan), noise.copy()
    some[0] = 0.0
    bits = ("00", "01", "10", "11")
    for first, second in ((zero, zero), (some, zero), (zero, noise), (none, noise), (none, none), (some, none)):
        arms = {"a": first, "b": second, "c": first, "d": second}
        table = made_up_of({"y": arms, "z": arms, "x": arms})
        for sign in "+-":
            for kind, given in (
                ("difference", {"of": "a"}), ("behind", {"measures": ["z"]}), ("hazard-ratio", {"sesoi": 1.2}),
                ("best-dose", {"part": "rise", "of": "a", "arms": ["a", "b", "c"]}), ("elasticity", {"against": "x"}),
                ("interaction", {"arms": list("abcd"), "scale": "log-of-means"}),
            ):  # fmt: skip
                found = judge_effect(effect(sign, kind=kind, **given), table, {}, {})
                assert (found.power >= 0.0).all()
            switches = made_up("y", **dict(zip(bits, (second, first, second, first), strict=True)))
            for part in ("rest", "together"):
                judge_effect(effect(sign, kind="shapley", part=part, arms=[]), switches, {}, {})


def rung(found: list[tuple[float, float, float]], need: str = "all") -> RungFound:
    """Judge a rung of effects whose means are given, in one world."""
    arms = {}
    effects = []
    for n, (mean, *_) in enumerate(found):
        arms |= {f"a{n}": constant(mean).over, f"b{n}": np.zeros((1, 20))}
        effects.append(effect(name=f"e{n}", arms=[f"a{n}", f"b{n}"]))
    asked = Rung.model_validate({"name": "effect", "says": "", "need": need, "effect": effects})
    return judge_rung(asked, made_up("y", **arms), {}, {"y": "1"})


@pytest.mark.parametrize(
    ("means", "need", "verdict"),
    [
        ([2.0, 3.0], "all", SUPPORTED), ([2.0, 1.0], "all", UNDECIDED), ([2.0, 0.0], "all", NEGLIGIBLE),
        ([2.0, -2.0], "all", CONTRADICTED), ([2.0, -2.0], "any", SUPPORTED), ([0.0, -2.0], "any", NEGLIGIBLE),
        ([-2.0, -3.0], "any", CONTRADICTED), ([1.0, 0.0], "any", UNDECIDED),
    ],
)  # fmt: skip
def test_a_rung_needs_all_or_any_of_its_effects(means: list[float], need: str, verdict: int) -> None:
    assert rung([(mean, 0.0, 0.0) for mean in means], need).verdict.tolist() == [verdict]


def test_holm_agrees_with_statsmodels_in_each_world() -> None:
    p = RNG.uniform(0.0, 0.04, (4, 6))
    rungs = [RungFound(Rung.model_validate({"name": "effect", "says": "", "effect": [effect()]}), (),
                       np.stack([row, np.ones_like(row), np.ones_like(row)])) for row in p]  # fmt: skip
    corrected = np.stack([found.p[0] for found in holm(rungs)])
    for world in range(6):
        assert corrected[:, world] == pytest.approx(multipletests(p[:, world], method="holm")[1])
    alone = holm(rungs[:1], absent=9)[0].p[0]
    assert alone == pytest.approx(np.minimum(1.0, 10.0 * p[0]))


def test_power_is_the_chance_to_find_twice_the_smallest_effect_of_interest() -> None:
    values = RNG.normal(2.0, 3.0, (4000, 40))
    found = found_of(effect(), Means(values, np.ones_like(values)), (-1.0, 1.0), "")
    assert np.median(found.power) == pytest.approx((found.verdict == SUPPORTED).mean(), abs=0.03)
    assert np.median(found.need.min(axis=0)[found.verdict == UNDECIDED]) > 40.0


def test_what_is_chosen_on_other_seeds_is_not_flattered() -> None:
    noise = RNG.normal(0.0, 1.0, (6, 3000, 20))
    assert pick(noise, noise).mean() == pytest.approx(0.0, abs=0.02)
    assert noise.mean(axis=2).max(axis=0).mean() > 0.2  # what choosing on the same seeds would give


def test_months_that_never_come_are_later_than_any() -> None:
    first = np.array([[1.0, 5.0, np.nan, np.nan, 2.0]])
    second = np.array([[2.0, 4.0, 6.0, np.nan, np.nan]])
    asked = effect(kind="hazard-ratio", sesoi=1.25)
    among = ESTIMANDS["hazard-ratio"].among(Ask(asked, made_up("y", a=first, b=second), {}))
    assert among is not None
    ((over, under),) = among.each
    assert over.tolist() == [[1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0]]  # and a pair of each order
    assert under.tolist() == [[0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0]]


def test_months_that_all_come_in_one_order_decide() -> None:
    first = np.tile(np.arange(1.0, 21.0), (1, 1))
    asked = effect(kind="hazard-ratio", sesoi=1.25)
    found = judge_effect(asked, made_up("y", a=first, b=first + 1.0), {}, {"y": "1"})
    assert found.verdict.tolist() == [SUPPORTED]
    assert 1.25 < found.low[0] < found.size[0] < found.high[0] == np.inf


@pytest.mark.parametrize(("need", "effects"), [("all", 1), ("any", 3)])
def test_power_is_what_is_found_after_holms_procedure_over_all_claims(need: str, effects: int) -> None:
    claims, shape = 10, (1500, 40)
    rng = np.random.default_rng(3)
    arms = {f"a{n}": rng.normal(2.0 if n == 0 else 0.0, 1.6 + n, shape) for n in range(effects)} | {
        "b": np.zeros(shape)
    }
    asked = Rung(name="effect", says="", need=need, effect=[effect(name=f"e{n}", arms=[f"a{n}", "b"])
                                                            for n in range(effects)])  # fmt: skip
    found = judge_rung(asked, made_up("y", **arms), {}, {}, claims)
    others = [rung([(1.0, 0.0, 0.0)])] * (claims - 1)  # undecided
    others = [replace(each, p=np.ones((3, shape[0]))) for each in others]
    (after, *_) = holm([found, *others])
    told, came = np.median(found.power), (after.verdict == SUPPORTED).mean()
    assert 0.5 < told < 0.95
    assert came == pytest.approx(told, abs=0.04)
    assert (holm([found], absent=claims - 1)[0].verdict == after.verdict).all()
    alone = judge_rung(asked, made_up("y", **arms), {}, {})
    assert (alone.verdict == SUPPORTED).mean() == pytest.approx(np.median(alone.power), abs=0.04)
    assert np.median(alone.power) > told + 0.05


def test_a_rung_of_all_has_no_more_power_than_all_of_its_effects() -> None:
    shape = (3000, 40)
    arms = {f"a{n}": RNG.normal(2.0, 2.4, shape) for n in range(3)} | {"b": np.zeros(shape)}
    effects = [effect(name=f"e{n}", arms=[f"a{n}", "b"]) for n in range(3)]
    found = judge_rung(Rung(name="effect", says="", effect=effects), made_up("y", **arms), {}, {})
    came = (found.verdict == SUPPORTED).mean()
    weakest = np.min([each.power for each in found.effects], axis=0)
    assert np.median(found.power) - 0.02 < came < np.median(weakest) - 0.1


@pytest.mark.parametrize(("mean", "need", "effects"), [(1.3, "all", 2), (-1.3, "all", 2), (0.7, "any", 2)])
def test_the_seeds_that_are_needed_decide(mean: float, need: str, effects: int) -> None:
    """What is undecided at some seeds is decided at those that are needed, and not at much fewer, after Holm."""
    claims = 10
    apart = np.linspace(-1.0, 1.0, 20)

    def judged(seeds: int) -> RungFound:
        spread = 2.0 * np.resize(apart, (1, seeds))
        arms = {f"a{n}": mean + spread for n in range(effects)} | {"b": np.zeros((1, seeds))}
        asked = [effect(name=f"e{n}", arms=[f"a{n}", "b"]) for n in range(effects)]
        rung = Rung(name="effect", says="", need=need, effect=asked)
        return holm([judge_rung(rung, made_up("y", **arms), {}, {}, claims)], absent=claims - 1)[0]

    few = judged(20)
    assert few.verdict[0] == UNDECIDED
    needed = int(few.need[0]) // 20 * 20
    assert judged(needed + 20).verdict[0] != UNDECIDED
    assert judged(int(0.6 * needed) // 20 * 20).verdict[0] == UNDECIDED


@pytest.mark.parametrize(
    ("undecided", "supported", "contradicted", "negligible", "word"),
    [
        (0, 250, 0, 6, "holds robustly"), (0, 29, 0, 3, "mostly"), (0, 140, 0, 116, "mostly"),
        (10, 10, 200, 36, "the other way"), (120, 20, 10, 106, "not settled"), (20, 20, 10, 206, "in some worlds"),
        (5, 5, 5, 241, "nowhere"),
    ],
)  # fmt: skip
def test_words_follow_from_shares(
    undecided: int, supported: int, contradicted: int, negligible: int, word: str
) -> None:
    counts = (undecided, supported, contradicted, negligible)
    assert word_of(tuple(share_of(count, sum(counts)) for count in counts)) == word


def test_an_answer_says_how_many_more_seeds_an_open_rung_takes() -> None:
    found = rung([(1.2, 0.0, 0.0)])
    assert answer(found).word == "supported"
    noisy = judge_rung(found.rung, made_up("y", a0=constant(2.0, 9.0).over, b0=np.zeros((1, 20))), {}, {})
    more = answer(noisy).seeds_more
    assert 20 < more < 2000


def test_what_speaks_against_one_of_several_effects_is_held_to_a_stricter_level() -> None:
    error = constant(0.0).over.std(ddof=1) / np.sqrt(20)
    just = -1.0 - stats.t.ppf(0.98, 19) * error  # p = 0.04: enough for one effect, not for one of two
    assert rung([(just, 0.0, 0.0)]).verdict.tolist() == [CONTRADICTED]
    assert rung([(just, 0.0, 0.0), (2.0, 0.0, 0.0)]).verdict.tolist() == [UNDECIDED]
