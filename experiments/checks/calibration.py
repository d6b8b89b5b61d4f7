"""The calibration of a fit (``fit.calibrate``) as checks: ranks and coverage of parameters, errors of mechanisms."""

from __future__ import annotations

from scipy.stats import binomtest

from experiments.checks.check import Check
from experiments.figures.words import percent
from experiments.fit.calibrate import ABOVE, ERROR, LEVELS
from experiments.fit.proof import Proof


def calibration_checks(proof: Proof) -> list[Check]:
    """Return the checks of a calibration; whether one passes is decided by its p-value, after Holm."""
    used = float(len(proof.places))
    enough = Check("pseudo-cases", "value", "that could be used", "≥", proof.wanted, 0.0, used, used, used,
                   used >= proof.wanted)  # fmt: skip
    checks = [enough]
    for key, one in zip(proof.keys, proof.each, strict=True):
        checks.append(
            Check(key, "value", "p that ranks are even", "≥", ERROR, 0.0, one.p, one.p, one.p, one.p >= ERROR)
        )
        checks += [
            Check(key, "coverage", f"{percent(level)} intervals", "=", level, 0.0, each.share, each.low, each.high,
                  each.p >= ERROR)
            for level, each in zip(LEVELS, one.coverage, strict=True)
        ]  # fmt: skip
    for title, wrong in proof.errors.items():
        for above, found, p in zip(ABOVE, wrong.found, wrong.p, strict=True):
            name = f"found needed though off, Bayes factor above {above:g}, {wrong.judged} of {wrong.cases} judged"
            share, low, high = _share(found, wrong.judged)
            passed = wrong.judged > 0 and p >= ERROR
            checks.append(Check(title, "error", name, "≤", 1.0 / above, 0.0, share, low, high, passed))
    return checks


def _share(found: int, judged: int) -> tuple[float, float, float]:
    """Return a share with its 95 % interval; of none, nothing is known."""
    if not judged:
        return 0.0, 0.0, 1.0
    ends = binomtest(found, judged).proportion_ci()
    return found / judged, float(ends.low), float(ends.high)
