"""Limits of the flywheel: L5, the law of the exponents and the run-away; L6, without loops the series ends."""

from __future__ import annotations

import numpy as np

from experiments.checks import check
from experiments.checks.check import Check
from experiments.checks.theory import laws
from experiments.checks.theory.growth import Case, Growth, exponents, grow, ring
from experiments.checks.theory.worlds import Floats
from sim.architecture import acyclic, cost_exponents, loop_gain

# Ten decades are measured after twelve to settle, so that even cases need no allowance for a finite horizon.
DECADES, START = 22, 12.0
SLOTS = 4
# Where slots differ, near exponents settle slowly: the law is stated to hold within this, slot by slot.
BIAS = 0.05


def turns(gain: float, size: int, gamma: float) -> Case:
    """Return a ring of two partners each with loop gain θ = row sum / (γ d), of which d - 1 are redrawn together."""
    name = f"θ={gain:g}, d={size}, γ={gamma:g}"
    return Case(name, ring(SLOTS, 2), (size - 1) / 2.0, gain * gamma * size / 2.0, gamma)


def even_cases() -> list[tuple[Case, float]]:
    """Return cases of equal cluster sizes and row sums, each with its loop gain θ."""
    shapes = ((0.0, 2, 1.0), (0.3, 2, 0.5), (0.3, 1, 2.0), (0.6, 2, 1.0), (0.6, 1, 1.0))
    return [(turns(*shape), shape[0]) for shape in shapes]


def uneven_cases() -> list[Case]:
    """Return cases in which slots have exponents of their own: other slots draw them, or their inputs speed them."""
    return [
        Case("alone, one loop of three", ((1,), (2,), (0, 3), ()), 0.0, 0.4, 1.0),
        Case("overlapping d=2,2,3,1", ((1, 2), (2,), (3, 0, 1), ()), 0.5, 0.35, 1.0),
    ]


def law(quick: bool) -> list[Check]:
    """L5: exponents follow the law slot by slot, amplified by 1/(1 - θ); from θ = 1 on prices run away to the floor."""
    checks = [_amplified(case, gain, quick) for case, gain in even_cases()]
    for case in uneven_cases():
        expected = laws.flywheel_exponents(case.links, case.clusters, case.gamma)
        checks += _slot_by_slot("L5", case, grow(case, _seeds(quick), DECADES), expected, quick, BIAS)
    return [*checks, _iteration(), *_run_away(quick)]


def _widest(expected: float, quick: bool) -> float:
    """Widest half-interval of an exponent: 0.05, or 2 % of one above 2.5; 0.12, or 5 %, if quick."""
    return max(0.12, 0.05 * expected) if quick else max(0.05, 0.02 * expected)


def _seeds(quick: bool) -> int:
    return 20 if quick else 100


def _amplified(case: Case, gain: float, quick: bool) -> Check:
    """Slots are alike, so the sample is the mean exponent of a run's slots."""
    expected = laws.leontief(case.links, len(case.clusters[0]), case.gamma)
    found = grow(case, _seeds(quick), DECADES)
    samples = exponents(found.time, found.log_costs, START).mean(axis=1)
    name = f"exponent 1/(γ d) × 1/(1 - θ) = × {1.0 / (1.0 - gain):.3g}: {case.name}"
    return check.mean("L5", name, float(expected[0]), samples, _widest(float(expected[0]), quick))


def _slot_by_slot(
    limit: str, case: Case, found: Growth, expected: Floats, quick: bool, bias: float = 0.0
) -> list[Check]:
    samples = exponents(found.time, found.log_costs, START)
    return [
        check.mean(limit, f"exponent of slot {slot}: {case.name}", a, samples[:, slot], _widest(a, quick), bias)
        for slot, a in enumerate(expected.tolist())
    ]


def _iteration() -> Check:
    """The model's own iteration of the law against a linear programme, over all cases."""
    cases = [case for case, _ in even_cases()] + uneven_cases()
    off = [
        np.abs(
            cost_exponents(case.links, case.clusters, case.gamma)
            / laws.flywheel_exponents(case.links, case.clusters, case.gamma)
            - 1.0
        ).max()
        for case in cases
    ]
    return check.distance("L5", "iterated law against linear programme, largest relative error", max(off), 1e-6, 1e-6)


def _run_away(quick: bool) -> list[Check]:
    """With θ = 1.2 all prices meet the floor, and then McNerney's law holds again; with θ = 0.2 none does."""
    seeds, floor, size, decades = 20 if quick else 40, 1e-4, 2, 14
    checks = []
    for gain, share in ((1.2, 1.0), (0.2, 0.0)):
        case = turns(gain, size, 1.0)._replace(name=f"θ={gain:g} with a floor", floor=floor)
        found = grow(case, seeds, decades)
        at_floor = found.log_prices <= np.log(floor) + 1e-9
        soon = at_floor[:, found.time <= 1e6][:, -1].mean()
        checks.append(check.equal("L5", f"share of prices at the floor after 10^6 trials: θ={gain:g}", share, soon))
        if gain > 1.0:
            exponent = float(cost_exponents(case.links, case.clusters, case.gamma).min())
            checks.append(check.equal("L5", f"the law has no finite solution: θ={gain:g}, 1/a", 0.0, 1.0 / exponent))
            after = exponents(found.time, found.log_costs, 7.0).mean(axis=1)
            name = f"exponent 1/(γ d) again once at the floor: θ={gain:g}"
            checks.append(check.mean("L5", name, 1.0 / size, after, _widest(1.0 / size, quick)))
    return checks


def without_loops(quick: bool) -> list[Check]:
    """L6: the placebo of equal total weight has loop gain 0, the exponents of a finite series, and a slower product.

    Clusters of one slot and of overlapping two: joint redesign could close a loop that price links have left open.
    """
    checks = []
    for size, gamma in ((1, 1.0), (2, 1.0)):
        looped = turns(0.6, size, gamma)
        cut = looped._replace(name=f"acyclic, d={size}, γ={gamma:g}", topology="acyclic")
        without = acyclic(cut.links, cut.clusters)
        gain = loop_gain(without, np.full(SLOTS, size), gamma)
        checks.append(check.equal("L6", f"total weight of E: {cut.name}", float(looped.links.sum()), without.sum()))
        checks.append(check.equal("L6", f"loop gain: {cut.name}", 0.0, gain))
        series = laws.finite_series(without, cut.clusters, gamma)
        closed = laws.flywheel_exponents(without, cut.clusters, gamma)
        off = float(np.abs(closed / series - 1.0).max())
        checks.append(check.distance("L6", f"what the law adds to the series, relative: {cut.name}", off, 1e-6, 1e-6))
        found = grow(cut, _seeds(quick), DECADES)
        checks += _slot_by_slot("L6", cut, found, series, quick)
        checks.append(_slower(looped, found, series, quick))
    return checks


def _slower(looped: Case, cut: Growth, series: Floats, quick: bool) -> Check:
    """The product follows its slowest slot: what the loops add to its exponent."""
    runs = (grow(looped, _seeds(quick), DECADES), cut)
    speeds = [exponents(found.time, found.log_unit_cost, START) for found in runs]
    expected = float(laws.leontief(looped.links, len(looped.clusters[0]), looped.gamma)[0] - series.min())
    name = f"what loops add to the product's exponent: {looped.name}"
    return check.mean("L6", name, expected, speeds[0] - speeds[1], _widest(expected, quick))
