"""Errors and power of the tests of order and shape: who is first, contrasts of one sign, a best dose."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from experiments.inference import inverted_u, pairs, supermodularity
from experiments.inference.intervals import Floats
from experiments.inference.inverted_u import InvertedU
from experiments.inference.proof import synthetic
from experiments.inference.proof.averages import holds
from experiments.inference.proof.check import Check, counterexample, coverage, error, exact, power
from experiments.inference.supermodularity import Supermodularity
from experiments.inference.verdict import judge

DOSES = np.arange(7.0)
KODDE_PALM = (2.706, 5.138, 7.045, 8.761)


def firsts(quick: bool) -> list[Check]:
    """Check the hazard ratio of pairs with shared luck and runs that never end, times exact or in whole months."""
    sets, checks = 1000 if quick else 4000, []
    for ratio, n in ((1.0, 30), (2.0, 30), (2.0, 100)):
        treated, control = synthetic.times(ratio, sets, n, synthetic.stream(f"times {ratio} {n}"))
        hits = [holds(pairs.hazard_ratio(a, b).log_hazard_ratio, math.log(ratio))
                for a, b in zip(treated, control, strict=True)]  # fmt: skip
        checks.append(coverage("times", f"hazard ratio {ratio:g}, {n} pairs", hits))
    treated, control = (np.ceil(arm) for arm in synthetic.times(2.0, sets, 100, synthetic.stream("months")))
    hits = [holds(pairs.hazard_ratio(a, b).log_hazard_ratio, math.log(2.0))
            for a, b in zip(treated, control, strict=True)]  # fmt: skip
    checks.append(coverage("times", "hazard ratio 2, 100 pairs, whole months", hits, tolerance=0.01))
    for ratio in (1.25, 3.0):
        arms = zip(*synthetic.times(ratio, sets, 100, synthetic.stream(f"sooner {ratio}")), strict=True)
        found = [judge(pairs.hazard_ratio(a, b).log_hazard_ratio, 1, math.log(1.25)) == "supported" for a, b in arms]
        if ratio == 1.25:
            checks.append(error("times", "hazard ratio 1.25: found to be above 1.25", found, 0.025))
        else:
            checks.append(power("times", "hazard ratio 3, 100 pairs: found to be above 1.25", found, 0.9))
    return checks


def signs(quick: bool) -> list[Check]:
    """Check both nulls of supermodularity where no contrast differs from 0, in the worst case, and where some do."""
    sets, n = 1000 if quick else 4000, 30
    found = [round(supermodularity.critical_values(q)[1], 3) for q in (1, 2, 3, 4)]
    checks = [exact("signs", f"Kodde and Palm's critical value, {q} constraints", value, found[q - 1])
              for q, value in enumerate(KODDE_PALM, start=1)]  # fmt: skip
    return [*checks, *_nothing(n, sets), *_something(n, sets)]


def _nothing(n: int, sets: int) -> list[Check]:
    """Check the size of both nulls where all contrasts are 0."""
    checks = []
    for q in (2, 4):
        tests = _tests(np.zeros(q), np.eye(q), n, sets)
        for null in ("supermodular", "submodular"):
            hits = [getattr(t, null).p_high <= 0.05 for t in tests]
            checks.append(error("signs", f"{q} of 0: {null} rejected", hits))
    worst = _tests(np.zeros(3), np.asarray(np.linalg.inv(0.001 * np.eye(3) + 0.999), dtype=np.float64), n, sets)
    hits = [t.supermodular.p_high <= 0.05 for t in worst]
    checks.append(error("signs", "3 of 0, worst covariance: supermodular rejected", hits, rule="=", tolerance=0.005))
    hits = [t.supermodular.p_low <= 0.05 for t in worst]
    known = supermodularity.p_bounds(supermodularity.critical_values(3, 0.05, n)[0], 3, n)[1]
    return [
        *checks,
        counterexample("signs", "3 of 0, worst covariance, by the lower bound: rejected", hits, known, 0.01),
    ]


def _something(n: int, sets: int) -> list[Check]:
    """Check what is told where contrasts differ in sign, or are all positive."""
    edge = _tests(np.array([0.0, 1.0, 1.0]), np.eye(3), n, sets)
    mixed = _tests(np.array([-0.8, 0.8]), np.eye(2), n, sets)
    positive = _tests(np.full(3, 0.4), np.eye(3), n, sets)
    # D is at least the square of the mean along (1, 1, 1), so power is at least that mean's; V is estimated.
    least = float(stats.norm.sf(supermodularity.critical_values(3, 0.05, n)[1] ** 0.5 - 0.4 * (3 * n) ** 0.5))
    return [
        error("signs", "one of three is 0: all shown positive", [t.p_not_all_positive <= 0.05 for t in edge], rule="=",
              tolerance=0.005),
        error("signs", "one of two is negative: told complements", [t.tells() == "complements" for t in mixed]),
        power("signs", "three of 0.4 sd: told complements", [t.tells() == "complements" for t in positive], least,
              0.02),
    ]  # fmt: skip


def _tests(means: Floats, covariance: Floats, n: int, sets: int) -> list[Supermodularity]:
    rng = synthetic.stream(f"signs {means} {covariance}")
    data = rng.multivariate_normal(means, covariance, size=(sets, n))
    return [supermodularity.supermodularity(each) for each in data]


def humps(quick: bool) -> list[Check]:
    """Check curves that only rise, level off, just reach the top at the end, fall again, or have a bottom."""
    sets, n, x = 400 if quick else 4000, 30, DOSES / DOSES[-1]
    line = _curves(x, n, sets)
    # Both tests at their worst: rising to a flat end; the parabola's slope, or the last two doses, are 0 there.
    flat_end = _curves(3.0 * (2.0 * x - x**2), n, sets)
    tied = _curves(np.minimum(3.0 * x, 3.0 * x[-2]), n, sets)
    level = _curves(2.0 * np.log1p(20.0 * x), n, sets)
    hump, bottom = _curves(6.0 * x * (1.0 - x) + x / 2.0, n, sets), _curves(-6.0 * x * (1.0 - x), n, sets)
    best = DOSES[-1] * 6.5 / 12.0
    return [
        error("hump", "straight line: hump found", [u.p <= 0.05 for u in line]),
        error("hump", "parabola flat at its end: Lind-Mehlum", [u.p_parabola <= 0.05 for u in flat_end], rule="=",
              tolerance=0.005),
        error("hump", "last two doses give the same: by doses", [u.p_doses <= 0.05 for u in tied]),
        error("hump", "levels off: hump found, both tests", [u.p <= 0.05 for u in level]),
        counterexample("hump", "levels off: Lind-Mehlum alone finds a hump", [u.p_parabola <= 0.05 for u in level],
                       1.0, 0.05),
        error("hump", "bottom between: hump found", [u.p <= 0.05 for u in bottom]),
        power("hump", "top between: hump found, both tests", [u.p <= 0.05 for u in hump], 0.95),
        coverage("hump", "best dose of a parabola", [holds(u.optimum, best) for u in hump], rule="="),
    ]  # fmt: skip


def _curves(curve: Floats, n: int, sets: int) -> list[InvertedU]:
    data = synthetic.responses(curve, sets, n, synthetic.stream(f"hump {curve}"))
    return [inverted_u.inverted_u(DOSES, each) for each in data]
