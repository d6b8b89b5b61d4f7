"""What decides in which worlds a rung holds."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.claims.ladder import deciders, effect_strength
from tests.claims.made import EFFECT, made_effect, made_rung, made_worlds

RNG = np.random.default_rng(1)
A, B, IDLE = RNG.random((3, 90))


def test_the_strongest_decider_comes_first_with_its_sign_and_thirds() -> None:
    found = deciders(made_rung(made_effect(A - 0.4 * B)), made_worlds(b=B, idle=IDLE, a=A, same=np.ones(90)))
    assert [each.key for each in found] == ["x.a", "x.b"]
    first, second = found
    assert first.strength > 0.8
    assert second.strength < -0.2
    assert first.low < 0.3
    assert first.high > 0.9
    assert second.low > second.high


@pytest.mark.parametrize("idle", range(3))
def test_what_goes_with_nothing_decides_nothing(idle: int) -> None:
    values = np.random.default_rng(idle).random((32, 60))
    assert (
        deciders(made_rung(made_effect(RNG.random(60))), made_worlds(**{f"p{n}": v for n, v in enumerate(values)}))
        == ()
    )


def test_an_effect_claimed_to_be_negative_is_turned() -> None:
    effect = EFFECT.model_copy(update={"sign": "-"})
    (found,) = deciders(made_rung(made_effect(-A, effect=effect)), made_worlds(a=A))
    assert found.strength > 0.9
    assert found.high == 1.0


def test_few_worlds_or_equal_ones_tell_nothing() -> None:
    assert deciders(made_rung(made_effect(A[:15])), made_worlds(a=A[:15])) == ()
    assert deciders(made_rung(made_effect(np.zeros(20), 0.0)), made_worlds(a=A[:20])) == ()


@pytest.mark.parametrize("sign", ["+", "-"])
def test_what_must_only_not_be_worse_speaks_for_a_rung_up_to_its_bound(sign: str) -> None:
    effect = EFFECT.model_copy(update={"sign": sign, "part": "not-worse"})
    worse = -effect.sesoi if sign == "+" else effect.sesoi
    found = made_effect(np.array([0.0, worse, 2.0 * worse]), 0.0, effect=effect)
    assert effect_strength(found) == pytest.approx([2.0, 1.0, 0.0])
