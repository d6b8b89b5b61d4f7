"""Limits of search: L1, the learning exponent; L2, the shortcut; L12, the end of a misfit; L13, development."""

from __future__ import annotations

from functools import partial

import mesa
import numpy as np

from experiments.checks import check
from experiments.checks.check import Check
from experiments.checks.theory import laws
from experiments.checks.theory.growth import Case, exponents, grow, joint
from experiments.checks.theory.worlds import (
    ALONE,
    Changes,
    Floats,
    batch,
    begin,
    each,
    lone_slots,
    parameters,
    pay_evenly,
)
from sim.declare import event
from sim.founding import advance_tables
from sim.reference import Reference

DECADES, START = 13, 4.0  # nine decades of trials are measured
SLOTS = 40  # that have nothing to do with each other


def learning(quick: bool) -> list[Check]:
    """L1: C ∝ n^(-1/(γ d*)), and E[c] = 1/(n+1) for one module of γ = 1."""
    return [_learns(case, quick) for case in learning_cases()] + [_lowest(n, quick) for n in (1.0, 10.0, 1000.0)]


def learning_cases() -> list[Case]:
    """Return the cases of L1: clusters of one size for several (d, γ), and clusters of unequal size."""
    sizes = [(1, 0.5), (1, 1.0), (2, 0.5), (2, 1.0), (3, 2.0), (4, 1.0)]
    unequal = Case("d=3,1,2 so d*=2, γ=1", ((1, 2), (), (0,)), 1.0, 0.0, 1.0)
    return [*(joint(6, d, gamma) for d, gamma in sizes), unequal]


def _learns(case: Case, quick: bool) -> Check:
    """Widest half-interval: 5 % of the exponent, 12 % if quick."""
    expected = laws.learning_exponent(case.clusters, case.gamma)
    found = grow(case, 20 if quick else 60, DECADES)
    slopes = exponents(found.time, found.log_unit_cost, START)
    widest = (0.12 if quick else 0.05) * expected
    return check.mean("L1", f"exponent 1/(γ d*) of cost in trials: {case.name}", expected, slopes, widest)


def _lowest(trials: float, quick: bool) -> Check:
    """All slots weigh the same: unit cost is a mean of samples. Widest half-interval: 4 %, 8 % if quick."""
    changes = ALONE | lone_slots(SLOTS) | {"run.months": 2, "firm.endowment": SLOTS * trials}
    costs = batch(changes, 150 if quick else 600)["unit_cost"][:, 1]
    expected = laws.lowest_of_poisson(trials)
    name = f"one module: E[c] = 1/(n+1), n = 1 + Poisson({trials:g})"
    return check.mean("L1", name, expected, costs, (0.08 if quick else 0.04) * expected)


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


def shortcut(quick: bool) -> list[Check]:
    """L2: the core has the law of the reference, which makes one trial after the other.

    Largest two-sample distance that noise may explain: 0.06, 0.14 if quick.
    """
    checks = []
    runs = 400 if quick else 2500
    for case, changes in CONTESTS.items():
        core = batch(_BUSY | changes, runs)[:, -1]
        plain = _trial_by_trial(_BUSY | changes, runs)
        for n, what in enumerate(_COMPARED):
            name = f"shortcut against every trial, KS distance of {what.replace('_', ' ')}: {case}"
            widest = 0.14 if quick else 0.06
            checks.append(check.same_distribution("L2", name, core[what], plain[:, n], widest))
    return checks


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


def fitting(quick: bool) -> list[Check]:
    """L12: the next trial on a module of misfit ρ is kept with chance min(1, (ρc)^γ); after it the misfit is 0.

    Trials are a Poisson stream, so months with ``PACE`` of them wait geometrically. Largest distances that noise may
    explain: 0.03, 0.07 if quick.
    """
    checks, rest = [], []
    widest = 0.07 if quick else 0.03
    for gamma, cost, misfit in ((1.0, 0.1, 2.0), (2.0, 0.4, 1.5), (0.5, 0.8, 2.5)):
        case = f"γ={gamma:g}, ρc={cost * misfit:g}"
        runs = each(partial(_fit, gamma, cost, misfit), 20 if quick else 120)
        waits, reached, left = (np.concatenate(part) for part in zip(*runs, strict=True))
        chance = laws.kept(misfit * cost, gamma)
        law = partial(laws.geometric, 1.0 - np.exp(-PACE * chance))
        name = f"KS distance of months until a trial is kept from the geometric law: {case}"
        checks.append(check.follows("L12", name, np.minimum(waits, MONTHS + 1), law, widest, last=MONTHS))
        law = partial(laws.drawn_below, min(1.0, misfit * cost), gamma)
        name = f"KS distance of the cost it comes to from F below ρc: {case}"
        checks.append(check.follows("L12", name, reached[waits <= MONTHS], law, widest))
        checks.append(check.equal("L12", f"misfit after it: {case}", 0.0, float(left[waits <= MONTHS].max())))
        rest.append(left[waits > MONTHS] / np.log(misfit))
    stayed = float(np.abs(np.concatenate(rest) - 1.0).max())
    checks.append(check.distance("L12", "change of the misfit where no trial was kept, relative", stayed, 1e-9, 1e-9))
    return checks


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


def developing(quick: bool) -> list[Check]:
    """L13: a module made for F is a first draw and n = F/κ₀ trials: E[c at release] = (n - 1 + e^(-n))/n².

    Widest half-interval: 4 % of the mean, 8 % if quick.
    """
    checks = []
    for trials, price in ((0.5, 4.0), (5.0, 1.0), (200.0, 0.5)):
        changes = ALONE | lone_slots(SLOTS) | {
            "reuse.fresh_cost": trials * price, "search.trial_price": price, "run.months": 1, "firm.endowment": 1e6,
            "firm.innovation": 0.0,
        }  # fmt: skip
        runs = batch(changes, 150 if quick else 600)[:, 0]
        expected = laws.lowest_of_poisson(trials)
        name = f"E[c at release] = (n - 1 + e^-n)/n²: n = {trials:g}"
        checks.append(check.mean("L13", name, expected, runs["unit_cost"], (0.08 if quick else 0.04) * expected))
        bought = float(runs["development_trials"].mean())
        checks.append(check.equal("L13", f"trials of development, n a module: n = {trials:g}", SLOTS * trials, bought))
    return checks
