"""Limits of search: on a module (L1, L2, L12, L13), and through prices (L5, L6).

L1 is the learning exponent, L2 the shortcut, L12 the end of a misfit, L13 development; L5 the law of the exponents and
the run-away, L6 that the series ends without loops.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import mesa
import numpy as np

from experiments.checks import check
from experiments.checks.check import Check
from experiments.checks.theory import laws
from experiments.checks.theory.worlds import (
    ALONE,
    Case,
    Changes,
    Floats,
    Growth,
    batch,
    begin,
    each,
    exponents,
    grow,
    joint,
    lone_slots,
    parameters,
    pay_evenly,
    ring,
)
from sim.architecture import acyclic, cost_exponents, loop_gain
from sim.declare import event
from sim.founding import advance_tables
from sim.reference import Reference

DECADES, START = 13, 4.0  # nine decades of trials are measured
SLOTS = 40  # that have nothing to do with each other


def learning(quick: bool) -> Iterator[Check]:
    """L1: C ∝ n^(-1/(γ d*)), and E[c] = 1/(n+1) for one module of γ = 1, where all slots weigh the same.

    Widest half-interval: 5 % of the exponent, 12 % if quick; 4 % of the mean, 8 % if quick.
    """
    sizes = [(1, 0.5), (1, 1.0), (2, 0.5), (2, 1.0), (3, 2.0), (4, 1.0)]
    unequal = Case("d=3,1,2 so d*=2, γ=1", ((1, 2), (), (0,)), 1.0, 0.0, 1.0)
    for case in (*(joint(6, d, gamma) for d, gamma in sizes), unequal):
        expected = laws.learning_exponent(case.clusters, case.gamma)
        found = grow(case, 20 if quick else 60, DECADES)
        slopes = exponents(found.time, found.log_unit_cost, START)
        widest = (0.12 if quick else 0.05) * expected
        yield check.mean(f"exponent 1/(γ d*) of cost in trials: {case.name}", expected, slopes, widest)
    for trials in (1.0, 10.0, 1000.0):
        changes = ALONE | lone_slots(SLOTS) | {"run.months": 2, "firm.endowment": SLOTS * trials}
        costs = batch(changes, 150 if quick else 600)["unit_cost"][:, 1]
        expected = laws.lowest_of_poisson(trials)
        name = f"one module: E[c] = 1/(n+1), n = 1 + Poisson({trials:g})"
        yield check.mean(name, expected, costs, (0.08 if quick else 0.04) * expected)


# Months of monthly search and development with misfit, so that every branch of the shortcut is reached.
_BUSY: Changes = ALONE | {
    "architecture.slots": ["a", "b", "c"],
    "architecture.coupling": 2,
    "release.schedule": [],
    "reuse.interval": 2,
    "reuse.fresh_cost": 5.0,
    "reuse.stake": 40.0,
    "reuse.mismatch_penalty": 1.5,
    "reuse.heterogeneity": 0.4,
    "displacement.enabled": True,
    "displacement.step": 0.4,
    "organisation.autonomy": 0.3,
    "organisation.memory": 0.8,
    "flywheel.elasticity": 0.3,
    "firm.endowment": 20.0,
    "firm.grant": 12.0,
    "firm.capacity": 10.0,
    "run.months": 6,
}
CONTESTS: dict[str, Changes] = {
    "two lines share modules, d=2, γ=1": {"reuse.lines": 2},
    "uneven weights, d=3, γ=0.7": {
        "architecture.weights": {"a": 0.9, "b": 0.06, "c": 0.04}, "architecture.widening": 1.0, "search.gamma": 0.7,
    },
    "d=2, γ=2": {"search.gamma": 2.0, "flywheel.form": "ces"},
}  # fmt: skip
_COMPARED = ("unit_cost", "experience", "misfit")


def shortcut(quick: bool) -> Iterator[Check]:
    """L2: the core has the law of the reference, which makes one trial after the other.

    Largest two-sample distance that noise may explain: 0.06, 0.14 if quick.
    """
    runs, widest = (400, 0.14) if quick else (2500, 0.06)
    for case, changes in CONTESTS.items():
        core = batch(_BUSY | changes, runs)[:, -1]
        plain = _trial_by_trial(_BUSY | changes, runs)
        for n, what in enumerate(_COMPARED):
            name = f"shortcut against every trial, KS distance of {what.replace('_', ' ')}: {case}"
            yield check.same_distribution(name, core[what], plain[:, n], widest)


def _trial_by_trial(changes: Changes, runs: int) -> Floats:
    given = parameters(changes)
    found = np.empty((runs, len(_COMPARED)))
    for seed in range(runs):
        model = Reference(given, rng=seed)
        model.run_model()
        found[seed] = [model.datacollector.model_vars[name][-1] for name in _COMPARED]
        getattr(mesa.Agent, "_ids", {}).clear()  # Mesa remembers every model
    return found


MONTHS = 40
PACE = 0.5  # trials on each module a month


def fitting(quick: bool) -> Iterator[Check]:
    """L12: the next trial on a module of misfit ρ is kept with chance min(1, (ρc)^γ); after it the misfit is 0.

    Trials are a Poisson stream, so months with ``PACE`` of them wait geometrically. Largest distances that noise may
    explain: 0.03, 0.07 if quick.
    """
    widest, rest = 0.07 if quick else 0.03, []
    for gamma, cost, misfit in ((1.0, 0.1, 2.0), (2.0, 0.4, 1.5), (0.5, 0.8, 2.5)):
        case = f"γ={gamma:g}, ρc={cost * misfit:g}"
        runs = each(partial(_fit, gamma, cost, misfit), 20 if quick else 120)
        waits, reached, left = (np.concatenate(part) for part in zip(*runs, strict=True))
        chance = laws.kept(misfit * cost, gamma)
        law = partial(laws.geometric, 1.0 - np.exp(-PACE * chance))
        name = f"KS distance of months until a trial is kept from the geometric law: {case}"
        yield check.follows(name, np.minimum(waits, MONTHS + 1), law, widest, last=MONTHS)
        law = partial(laws.drawn_below, min(1.0, misfit * cost), gamma)
        name = f"KS distance of the cost it comes to from F below ρc: {case}"
        yield check.follows(name, reached[waits <= MONTHS], law, widest)
        yield check.equal(f"misfit after it: {case}", 0.0, float(left[waits <= MONTHS].max()))
        rest.append(left[waits > MONTHS] / np.log(misfit))
    stayed = float(np.abs(np.concatenate(rest) - 1.0).max())
    yield check.distance("change of the misfit where no trial was kept, relative", stayed, 1e-9, 1e-9)


def _fit(gamma: float, cost: float, misfit: float, seed: int) -> tuple[Floats, Floats, Floats]:
    """Return for each slot the months until a trial is kept, the cost it comes to, and the misfit in the end."""
    changes = ALONE | lone_slots(SLOTS) | {"search.gamma": gamma, "reuse.mismatch_penalty": 1.0, "run.months": 60}
    tables = begin(changes, seed, until=1, keeps_events=True)
    world = tables.world[0]
    product = world.products[0, 0]
    rows = product.modules[:SLOTS]
    world.modules["cost"][rows] = cost
    product.requirement[:SLOTS] = np.log(misfit) * np.where(np.arange(SLOTS) % 2, 1.0, -1.0)
    for month in range(MONTHS):
        pay_evenly(tables, SLOTS * PACE)
        tables = advance_tables(tables, month + 2)
    waits, reached = np.full(SLOTS, MONTHS + 1.0), np.full(SLOTS, np.nan)
    for happened in tables.events[: int(world.here.events)][::-1]:  # the first one of a slot is what stays
        if happened.kind == event("redesigned"):
            waits[happened.slot], reached[happened.slot] = happened.month - 1, happened.value
    return waits, reached, np.abs(world.modules["point"][rows] - product.requirement[:SLOTS])


def developing(quick: bool) -> Iterator[Check]:
    """L13: a module made for F is a first draw and n = F/κ₀ trials: E[c at release] = (n - 1 + e^(-n))/n².

    Widest half-interval: 4 % of the mean, 8 % if quick.
    """
    for trials, price in ((0.5, 4.0), (5.0, 1.0), (200.0, 0.5)):
        changes = ALONE | lone_slots(SLOTS) | {
            "reuse.fresh_cost": trials * price, "search.trial_price": price, "run.months": 1, "firm.endowment": 1e6,
            "firm.innovation": 0.0,
        }  # fmt: skip
        runs = batch(changes, 150 if quick else 600)[:, 0]
        expected = laws.lowest_of_poisson(trials)
        name = f"E[c at release] = (n - 1 + e^-n)/n²: n = {trials:g}"
        yield check.mean(name, expected, runs["unit_cost"], (0.08 if quick else 0.04) * expected)
        bought = float(runs["development_trials"].mean())
        yield check.equal(f"trials of development, n a module: n = {trials:g}", SLOTS * trials, bought)


# Ten decades are measured after twelve to settle, so that even cases need no allowance for a finite horizon.
TURNS, SETTLED = 22, 12.0
RING = 4
# Where slots differ, near exponents settle slowly: the law is stated to hold within this, slot by slot.
UNEVEN = 0.05


def turns(gain: float, size: int, gamma: float) -> Case:
    """Return a ring of two partners each with loop gain θ = row sum / (γ d), of which d - 1 are redrawn together."""
    name = f"θ={gain:g}, d={size}, γ={gamma:g}"
    return Case(name, ring(RING, 2), (size - 1) / 2.0, gain * gamma * size / 2.0, gamma)


_EVEN = {
    turns(*shape): shape[0] for shape in ((0.0, 2, 1.0), (0.3, 2, 0.5), (0.3, 1, 2.0), (0.6, 2, 1.0), (0.6, 1, 1.0))
}
"""Cases of equal cluster sizes and row sums, each with its loop gain θ."""
_UNEVEN = (
    Case("alone, one loop of three", ((1,), (2,), (0, 3), ()), 0.0, 0.4, 1.0),
    Case("overlapping d=2,2,3,1", ((1, 2), (2,), (3, 0, 1), ()), 0.5, 0.35, 1.0),
)
"""Cases in which slots have exponents of their own: other slots draw them, or their inputs speed them."""


def law(quick: bool) -> Iterator[Check]:
    """L5: exponents follow the law slot by slot, amplified by 1/(1 - θ); from θ = 1 on prices run away to the floor.

    Where slots are alike, the sample is the mean exponent of a run's slots. The model's own iteration of the law is
    compared with a linear programme.
    """
    for case, gain in _EVEN.items():
        expected = float(laws.leontief(case.links, len(case.clusters[0]), case.gamma)[0])
        found = grow(case, _seeds(quick), TURNS)
        samples = exponents(found.time, found.log_costs, SETTLED).mean(axis=1)
        name = f"exponent 1/(γ d) × 1/(1 - θ) = × {1.0 / (1.0 - gain):.3g}: {case.name}"
        yield check.mean(name, expected, samples, _widest(expected, quick))
    for case in _UNEVEN:
        expected_each = laws.flywheel_exponents(case.links, case.clusters, case.gamma)
        yield from _slot_by_slot(case, grow(case, _seeds(quick), TURNS), expected_each, quick, UNEVEN)
    given = [(case.links, case.clusters, case.gamma) for case in (*_EVEN, *_UNEVEN)]
    off = max(np.abs(cost_exponents(*each) / laws.flywheel_exponents(*each) - 1.0).max() for each in given)
    yield check.distance("iterated law against linear programme, largest relative error", off, 1e-6, 1e-6)
    yield from _run_away(quick)


def _widest(expected: float, quick: bool) -> float:
    """Widest half-interval of an exponent: 0.05, or 2 % of one above 2.5; 0.12, or 5 %, if quick."""
    return max(0.12, 0.05 * expected) if quick else max(0.05, 0.02 * expected)


def _seeds(quick: bool) -> int:
    return 20 if quick else 100


def _slot_by_slot(case: Case, found: Growth, expected: Floats, quick: bool, bias: float = 0.0) -> Iterator[Check]:
    samples = exponents(found.time, found.log_costs, SETTLED)
    for slot, a in enumerate(expected.tolist()):
        yield check.mean(f"exponent of slot {slot}: {case.name}", a, samples[:, slot], _widest(a, quick), bias)


def _run_away(quick: bool) -> Iterator[Check]:
    """With θ = 1.2 all prices meet the floor, and then McNerney's law holds again; with θ = 0.2 none does."""
    seeds, floor, size, decades = 20 if quick else 40, 1e-4, 2, 14
    for gain, share in ((1.2, 1.0), (0.2, 0.0)):
        case = turns(gain, size, 1.0)._replace(name=f"θ={gain:g} with a floor", floor=floor)
        found = grow(case, seeds, decades)
        at_floor = found.log_prices <= np.log(floor) + 1e-9
        soon = at_floor[:, found.time <= 1e6][:, -1].mean()
        yield check.equal(f"share of prices at the floor after 10^6 trials: θ={gain:g}", share, soon)
        if gain > 1.0:
            exponent = float(cost_exponents(case.links, case.clusters, case.gamma).min())
            yield check.equal(f"the law has no finite solution: θ={gain:g}, 1/a", 0.0, 1.0 / exponent)
            after = exponents(found.time, found.log_costs, 7.0).mean(axis=1)
            name = f"exponent 1/(γ d) again once at the floor: θ={gain:g}"
            yield check.mean(name, 1.0 / size, after, _widest(1.0 / size, quick))


def without_loops(quick: bool) -> Iterator[Check]:
    """L6: the placebo of equal total weight has loop gain 0, the exponents of a finite series, and a slower product.

    Clusters of one slot and of overlapping two: joint redesign could close a loop that price links have left open.
    """
    for size, gamma in ((1, 1.0), (2, 1.0)):
        looped = turns(0.6, size, gamma)
        cut = looped._replace(name=f"acyclic, d={size}, γ={gamma:g}", topology="acyclic")
        without = acyclic(cut.links, cut.clusters)
        gain = loop_gain(without, np.full(RING, size), gamma)
        yield check.equal(f"total weight of E: {cut.name}", float(looped.links.sum()), without.sum())
        yield check.equal(f"loop gain: {cut.name}", 0.0, gain)
        series = laws.finite_series(without, cut.clusters, gamma)
        closed = laws.flywheel_exponents(without, cut.clusters, gamma)
        off = float(np.abs(closed / series - 1.0).max())
        yield check.distance(f"what the law adds to the series, relative: {cut.name}", off, 1e-6, 1e-6)
        found = grow(cut, _seeds(quick), TURNS)
        yield from _slot_by_slot(cut, found, series, quick)
        # The product follows its slowest slot.
        speeds = [
            exponents(each.time, each.log_unit_cost, SETTLED) for each in (grow(looped, _seeds(quick), TURNS), found)
        ]
        expected = float(laws.leontief(looped.links, size, gamma)[0] - series.min())
        name = f"what loops add to the product's exponent: {looped.name}"
        yield check.mean(name, expected, speeds[0] - speeds[1], _widest(expected, quick))
