"""Coverage of the intervals of means, medians and ratios."""

from __future__ import annotations

import numpy as np

from experiments.inference import intervals, ratios
from experiments.inference.intervals import Interval
from experiments.inference.proof import synthetic
from experiments.inference.proof.check import Check, Rule, counterexample, coverage
from experiments.inference.proof.synthetic import Kind

RESAMPLES = 999  # fewer than in use, for time


def holds(interval: Interval, truth: float) -> bool:
    """Return whether an interval holds the truth."""
    return interval.low <= truth <= interval.high


def means(quick: bool) -> list[Check]:
    """Check t of few, BCa of many; BCa of few, and t where it is better, for comparison."""
    sets = 1000 if quick else 4000
    checks = []
    t_cases: tuple[tuple[Kind, int, float], ...] = (("normal", 10, 0.0), ("heavy", 10, 0.0), ("skewed", 10, 0.03))
    for kind, n, tolerance in (*t_cases, ("heavy", 80, 0.0)):
        data = synthetic.differences(kind, sets, n, synthetic.stream(f"t {kind} {n}"))
        hits = [holds(intervals.t_interval(row), 0.0) for row in data]
        rule: Rule = "=" if kind == "normal" else "≥"
        checks.append(coverage("mean", f"t, n = {n}, {kind}", hits, rule=rule, tolerance=tolerance))
    bca_cases: tuple[tuple[Kind, int, float], ...] = (
        ("normal", 50, 0.015), ("normal", 200, 0.01), ("skewed", 50, 0.025), ("very skewed", 200, 0.03),
        ("heavy", 80, 0.06),
    )  # fmt: skip
    for kind, n, tolerance in bca_cases:
        checks.append(coverage("mean", f"BCa, n = {n}, {kind}", _bca(kind, n, sets), tolerance=tolerance))
    checks.append(counterexample("mean", "BCa covers, n = 10, normal", _bca("normal", 10, sets), 0.892, 0.015))
    return checks


def _bca(kind: Kind, n: int, sets: int) -> list[bool]:
    data = synthetic.differences(kind, sets // 2, n, synthetic.stream(f"bca {kind} {n}"))
    return [holds(intervals.bca_interval(row, resamples=RESAMPLES), 0.0) for row in data]


def medians(quick: bool) -> list[Check]:
    """Check that the interval of a median covers whatever the shape."""
    sets = 1000 if quick else 4000
    cases: tuple[tuple[Kind, int], ...] = (("normal", 10), ("very skewed", 10), ("very skewed", 50), ("heavy", 50))
    checks = []
    for kind, n in cases:
        data = synthetic.differences(kind, sets, n, synthetic.stream(f"median {kind} {n}"))
        hits = [holds(intervals.median_interval(row), synthetic.median_of(kind)) for row in data]
        checks.append(coverage("median", f"n = {n}, {kind}", hits))
    return checks


def quotients(quick: bool) -> list[Check]:
    """Check Fieller's interval: a firm base, a base that is hardly there, and skewed figures."""
    sets = 1000 if quick else 4000
    cases: tuple[tuple[Kind, float, Rule, float], ...] = (
        ("normal", 3.0, "=", 0.0), ("normal", 0.3, "≥", 0.0), ("skewed", 3.0, "≥", 0.02)
    )  # fmt: skip
    checks = []
    for kind, base, rule, tolerance in cases:
        rng = synthetic.stream(f"ratio {kind} {base}")
        below = base + synthetic.differences(kind, sets, 20, rng)
        above = 0.5 * below + synthetic.differences(kind, sets, 20, rng)
        pairs = zip(above, below, strict=True)
        hits = [holds(ratios.ratio_interval(np.asarray(a), np.asarray(b)), 0.5) for a, b in pairs]
        name = f"Fieller, n = 20, {kind}, base {base:g} sd from 0"
        checks.append(coverage("ratio", name, hits, rule=rule, tolerance=tolerance))
    return checks
