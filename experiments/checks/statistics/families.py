"""Errors and power of what several effects come to: a rung of all or of any, and a family of claims under Holm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.checks.check import Check, rate
from experiments.checks.statistics.made_up import stream
from experiments.claims.estimands.base import made_up_of
from experiments.claims.judging import CONTRADICTED, SUPPORTED, UNDECIDED, RungFound, holm, judge_rung
from experiments.claims.schema import Effect, Rung

SEEDS, SESOI, STRONG = 30, 0.6, 1.6
AT, UNDER = SESOI, -SESOI  # where a verdict is wrong as often as it may be
CLAIMS, REAL = 9, 4
_NAIVE = 1.0 - 0.95 ** (CLAIMS - REAL)  # of claims that are independent, each at 5 %


def rung_checks(quick: bool) -> list[Check]:
    """Check a rung of three effects: one that just misses fails all of them, and none that just misses makes any."""
    worlds = 2000 if quick else 8000
    cases = (
        ("error", "all, one at its bound: supported", "all", (AT, STRONG, STRONG), SUPPORTED),
        ("error", "all, each at its lower bound: contradicted", "all", (UNDER, UNDER, UNDER), CONTRADICTED),
        ("error", "any, each at its bound: supported", "any", (AT, AT, AT), SUPPORTED),
        ("error", "any, one at its lower bound: contradicted", "any", (UNDER, -STRONG, -STRONG), CONTRADICTED),
        ("power", "all, each strong: supported", "all", (STRONG, STRONG, STRONG), SUPPORTED),
        ("power", "any, one strong: supported", "any", (STRONG, 0.0, 0.0), SUPPORTED),
        ("power", "all, one reversed: contradicted", "all", (STRONG, STRONG, -STRONG), CONTRADICTED),
        ("power", "any, each reversed: contradicted", "any", (-STRONG, -STRONG, -STRONG), CONTRADICTED),
    )  # fmt: skip
    checks = []
    for measure, name, need, truths, code in cases:
        happened = judged(name, need, truths, worlds).verdict == code
        if measure == "error":
            checks.append(rate("rung", "error", name, "≤", 0.025, happened))
        else:
            checks.append(rate("rung", "power", name, "≥", 0.9, happened))
    return checks


def family_checks(quick: bool) -> list[Check]:
    """Check Holm over claims of which some lie at a bound: any verdict on those is wrong, and what is real is found."""
    worlds = 2000 if quick else 8000
    truths = [STRONG] * REAL + [AT] * (CLAIMS - REAL)
    each = [judged(f"claim {n}", "all", (truth,), worlds) for n, truth in enumerate(truths)]
    corrected = holm(each)
    alone = [judged(f"lone {n}", "all", (AT,), worlds) for n in range(CLAIMS - REAL)]
    return [
        rate("family", "error", "a verdict on any of 5 claims at a bound", "≤", 0.05, _any_verdict(corrected[REAL:])),
        rate("family", "error", "likewise, 4 other claims absent", "≤", 0.05, _any_verdict(holm(alone, absent=REAL))),
        rate("family", "power", "4 strong claims of 9: all supported", "≥", 0.9,
             np.all([found.verdict == SUPPORTED for found in corrected[:REAL]], axis=0)),
        rate("family", "counterexample", "without Holm", "=", _NAIVE, _any_verdict(each[REAL:]), 0.02),
    ]  # fmt: skip


def judged(name: str, need: str, truths: Sequence[float], worlds: int) -> RungFound:
    """Return what a rung is whose effects are truly these, in standard deviations of a seed."""
    rng = stream(name)
    measures = {
        f"m{n}": {"a": truth + rng.normal(size=(worlds, SEEDS)), "b": np.zeros((worlds, SEEDS))}
        for n, truth in enumerate(truths)
    }
    effects = [Effect(name=measure, kind="difference", sign="+", sesoi=SESOI, measure=measure, arms=["a", "b"])
               for measure in measures]  # fmt: skip
    rung = Rung.model_validate({"name": "effect", "says": name, "need": need, "effect": effects})
    return judge_rung(rung, made_up_of(measures), {}, {})


def _any_verdict(found: Sequence[RungFound]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return in which worlds any is decided."""
    return np.asarray(np.any([each.verdict != UNDECIDED for each in found], axis=0))
