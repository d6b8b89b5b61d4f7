"""Errors and power of decisions: under looking, by verdicts, and over a family of claims."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import stats

from experiments.inference import intervals, looking, verdict
from experiments.inference.intervals import Floats, Interval
from experiments.inference.proof import synthetic
from experiments.inference.proof.averages import holds
from experiments.inference.proof.check import Check, counterexample, coverage, error, power
from experiments.inference.proof.synthetic import Kind
from experiments.inference.verdict import Kind as Verdict

CAP = 320
NAIVE_LOOKS = range(10, 201, 10)
NAIVE = 0.248  # of 20 even looks at normal data, each at 5 % (Armitage, McPherson, Rowe 1969)
CLAIMS, REAL = 9, 5
EFFECTS, SEEDS = 4, 30


def looks(quick: bool) -> list[Check]:
    """Check that intervals of all looks cover together; that peeking without correction errs as is known; power."""
    sets = 700 if quick else 4000
    cases: tuple[tuple[Kind, float], ...] = (
        ("normal", 0.0), ("t3", 0.0), ("two points", 0.0), ("heavy", 0.0), ("skewed", 0.02), ("very skewed", 0.09)
    )  # fmt: skip
    checks = []
    for kind, tolerance in cases:
        data = synthetic.differences(kind, sets, CAP, synthetic.stream(f"looks {kind}"))
        hits = [all(holds(looking.interval_at(row[:n], CAP), 0.0) for n in looking.looks(CAP)) for row in data]
        checks.append(coverage("looks", f"all looks at 20, 40 … {CAP}, {kind}", hits, tolerance=tolerance))
    data = synthetic.differences("very skewed", sets, CAP, synthetic.stream("looks median"))
    middle = synthetic.median_of("very skewed")
    hits = [all(holds(_median_at(row[:n], CAP), middle) for n in looking.looks(CAP)) for row in data]
    checks.append(coverage("looks", f"all looks at 20, 40 … {CAP}, very skewed, medians", hits))
    data = synthetic.differences("normal", sets, max(NAIVE_LOOKS), synthetic.stream("naive"))
    found = [not all(holds(intervals.t_interval(row[:n]), 0.0) for n in NAIVE_LOOKS) for row in data]
    checks.append(counterexample("looks", "peeking every 10 to 200 errs, each look at 5 %", found, NAIVE, 0.02))
    data = 0.2 + synthetic.differences("normal", sets, CAP, synthetic.stream("looks power"))
    found = [any(looking.interval_at(row[:n], CAP).low > 0.0 for n in looking.looks(CAP)) for row in data]
    checks.append(power("looks", f"0.2 sd found by {CAP}, as by its last look or more", found, _last_look(0.2)))
    return checks


def _last_look(effect: float) -> float:
    """Return the power of the last look alone: noncentral t."""
    level = 1.0 - looking.confidence_at(CAP, CAP)
    return float(stats.nct.sf(stats.t.isf(level / 2.0, CAP - 1), CAP - 1, effect * CAP**0.5))


def verdicts(quick: bool) -> list[Check]:
    """Check verdicts reached by looking until decided, where the truth is none, at, within and beyond the SESOI."""
    sets = 1000 if quick else 4000
    none = _reached(0.0, 0.1, 1, sets)
    edge = _reached(0.1, 0.1, 1, sets)
    strong = _reached(0.35, 0.1, 1, sets)
    wrong = _reached(0.35, 0.1, -1, sets)
    equal = _reached(0.0, 0.25, 1, sets)
    half = (1.0 - looking.confidence_at(CAP, CAP)) / 2.0
    equivalent = 2.0 * float(stats.norm.cdf(0.25 * CAP**0.5 - stats.t.isf(half, CAP - 1))) - 1.0
    return [
        error("verdict", "no effect: supported or contradicted", [v in ("supported", "contradicted") for v in none]),
        error("verdict", "effect at the SESOI: supported", [v == "supported" for v in edge], 0.025),
        error("verdict", "effect at the SESOI: negligible", [v == "negligible" for v in edge], 0.025),
        error("verdict", "effect beyond the SESOI: any other", [v not in ("supported", "undecided") for v in strong]),
        power("verdict", "effect of 0.25 sd beyond: supported", [v == "supported" for v in strong], _last_look(0.25)),
        power("verdict", "0.25 sd beyond, other sign claimed: contradicted", [v == "contradicted" for v in wrong],
              _last_look(0.25)),
        power("verdict", "no effect, SESOI 0.25 sd: negligible", [v == "negligible" for v in equal], equivalent, 0.01),
    ]  # fmt: skip


def _reached(effect: float, sesoi: float, sign: int, sets: int) -> list[Verdict]:
    """Return the verdict of each data set, seeds added until it is decided or the cap is met."""
    data = effect + synthetic.differences("normal", sets, CAP, synthetic.stream(f"verdict {effect} {sesoi} {sign}"))
    return [_until_decided(row, sign, sesoi) for row in data]


def _until_decided(
    differences: Floats, sign: int, sesoi: float, interval_at: Callable[[Floats, int], Interval] = looking.interval_at
) -> Verdict:
    reached: Verdict = "undecided"
    for n in looking.looks(CAP):
        reached = verdict.judge(interval_at(differences[:n], CAP), sign, sesoi)
        if reached != "undecided":
            break
    return reached


def middles(quick: bool) -> list[Check]:
    """Check verdicts on a median, reached by looking until decided, of very skewed data whose mean lies elsewhere."""
    sets = 600 if quick else 4000
    cases = (0.0, 0.001), (0.1, 0.1), (0.2, 0.1), (0.0, 0.15)
    none, edge, strong, equal = (_middle(effect, sesoi, sets) for effect, sesoi in cases)
    return [
        error("middle", "no effect, SESOI 0.001 sd: supported or contradicted",
              [v in ("supported", "contradicted") for v in none]),
        error("middle", "effect at the SESOI: supported", [v == "supported" for v in edge], 0.025),
        error("middle", "effect at the SESOI: negligible", [v == "negligible" for v in edge], 0.025),
        error("middle", "effect beyond the SESOI: any other", [v not in ("supported", "undecided") for v in strong]),
        power("middle", "effect of 0.1 sd beyond: supported", [v == "supported" for v in strong],
              _sign_test(-0.1), 0.01),
        power("middle", "no effect, SESOI 0.15 sd: negligible", [v == "negligible" for v in equal],
              _sign_test(-0.15) + _sign_test(0.15) - 1.0, 0.01),
    ]  # fmt: skip


def _middle(effect: float, sesoi: float, sets: int) -> list[Verdict]:
    """Return the verdict on each data set whose median is ``effect``."""
    drawn = synthetic.differences("very skewed", sets, CAP, synthetic.stream(f"middle {effect} {sesoi}"))
    return [_until_decided(row, 1, sesoi, _median_at) for row in drawn - synthetic.median_of("very skewed") + effect]


def _median_at(values: Floats, cap: int) -> Interval:
    return intervals.median_interval(values, looking.confidence_at(len(values), cap))


def _sign_test(bound: float) -> float:
    """Return the power of the last look alone to tell on which side of a bound the median 0 of very skewed data lies.

    So many of n values must lie beyond it as fewer than α/2 of fair coins would give.
    """
    deviation, sigma = synthetic.lognormal_deviation("very skewed"), synthetic.spread_of("very skewed")
    below = float(stats.norm.cdf(np.log(max(1.0 + bound * deviation, 1e-300)) / sigma))
    on_far_side = 1.0 - below if bound < 0.0 else below
    most_on_this = stats.binom.ppf((1.0 - looking.confidence_at(CAP, CAP)) / 2.0, CAP, 0.5) - 1.0
    return float(stats.binom.cdf(most_on_this, CAP, 1.0 - on_far_side))


def conjunctions(quick: bool) -> list[Check]:
    """Check claims that four effects are all there, where each lies at a bound, or one is too small beside three."""
    sets = 800 if quick else 3000
    edge, wrong, one, none = (
        _claims(means, sesoi, sets)
        for means, sesoi in (((0.5,) * 4, 0.5), ((-0.5,) * 4, 0.5), ((0.5, 2.0, 2.0, 2.0), 0.5), ((0.0,) * 4, 0.6))
    )
    alone = [any(verdict.kind == "negligible" for verdict in effects) for effects, _ in edge]
    critical = float(stats.t.isf(0.05 / EFFECTS / 2.0, SEEDS - 1))
    least = 2.0 * float(stats.nct.cdf(-critical, SEEDS - 1, -0.6 * SEEDS**0.5)) - 1.0  # of one equivalence at α/4
    return [
        error("claim", "four effects at the SESOI: negligible", [c == "negligible" for _, c in edge], 0.025),
        error("claim", "four effects at minus the SESOI: contradicted", [c == "contradicted" for _, c in wrong], 0.025),
        error("claim", "one effect at the SESOI, three beyond: supported", [c == "supported" for _, c in one], 0.025),
        counterexample("claim", "four effects at the SESOI, each at 5 %: any negligible", alone, 1.0 - 0.975**EFFECTS,
                       0.02),
        power("claim", "no effects, SESOI 0.6 sd: negligible, as one alone",
              [c == "negligible" for _, c in none], least),
    ]  # fmt: skip


def _claims(means: tuple[float, ...], sesoi: float, sets: int) -> list[tuple[list[verdict.Verdict], Verdict]]:
    """Return the verdicts on a claim's effects, and on the claim, for each data set."""
    drawn = synthetic.stream(f"claim {means} {sesoi}").normal(size=(sets, EFFECTS, SEEDS))
    found = []
    for effects in drawn + np.array(means)[:, None]:
        each = [verdict.decide(partial(intervals.t_interval, row), 1, sesoi) for row in effects]
        found.append((each, verdict.jointly(each).kind))
    return found


def families(quick: bool) -> list[Check]:
    """Check nine claims at once: none with an effect, apart or hanging together; and five with one among them."""
    sets = 800 if quick else 3000
    rng = synthetic.stream("family")
    apart = rng.normal(size=(sets, CLAIMS, 30))
    together = (rng.normal(size=(sets, 1, 30)) + rng.normal(size=(sets, CLAIMS, 30))) / 2.0**0.5
    mixed = np.array([1.0] * REAL + [0.0] * (CLAIMS - REAL))[:, None] + rng.normal(size=(sets, CLAIMS, 30))
    found = [_family(claims) for claims in mixed]
    single = [any(not holds(intervals.t_interval(row), 0.0) for row in claims) for claims in apart]
    # All effects are found at least if each passes Bonferroni's level.
    critical = float(stats.t.isf(0.05 / CLAIMS / 2.0, 29))
    least = float(stats.nct.sf(critical, 29, 30**0.5)) ** REAL
    return [
        error("family", "nine independent claims without effect: any decided", [_decided(_family(f)) for f in apart]),
        error("family", "nine correlated claims without effect: any decided", [_decided(_family(f)) for f in together]),
        counterexample("family", "nine claims, each at 5 %: any decided", single, 1.0 - 0.95**CLAIMS, 0.02),
        error("family", "five effects of 1 sd, four of none: any of none decided", [_decided(f[REAL:]) for f in found]),
        power("family", "five effects of 1 sd, four of none: all five supported",
              [all(v.kind == "supported" for v in f[:REAL]) for f in found], least),
    ]  # fmt: skip


def _decided(verdicts: list[verdict.Verdict]) -> bool:
    return any(each.kind != "undecided" for each in verdicts)


def _family(claims: Floats) -> list[verdict.Verdict]:
    """Return Holm's verdicts on claims (claims, n) that a mean is above 0."""
    return verdict.holm([verdict.decide(partial(intervals.t_interval, row), 1, 0.0) for row in claims])
