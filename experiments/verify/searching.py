"""Limits of search: L1, the learning exponent; L2, the shortcut draws from the same law as trial by trial."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.verify import check, laws
from experiments.verify.check import Check
from experiments.verify.growth import Case, Clusters, exponents, grow, ring, ring_links
from sim.mechanisms import flywheel, search
from sim.streams import Streams

Floats = NDArray[np.float64]

DECADES, START = 13, 4.0  # nine decades of trials are measured


def learning(quick: bool) -> list[Check]:
    """L1: C ∝ n^(-1/(γ d*)), and E[c] = 1/(n+1) for one module of γ = 1."""
    return [_learns(case, quick) for case in learning_cases()] + [_lowest(n, quick) for n in (1.0, 10.0, 1000.0)]


def learning_cases() -> list[Case]:
    """Return the cases of L1: clusters of one size for several (d, γ), and clusters of unequal size."""
    sizes = [(1, 0.5), (1, 1.0), (1, 2.0), (2, 0.5), (2, 1.0), (3, 1.0), (3, 2.0), (4, 1.0)]
    cases = [Case(f"d={d}, γ={gamma:g}", ring(6, d), np.zeros((6, 6)), gamma) for d, gamma in sizes]
    unequal = [(0, 1, 2), (1,), (2, 0)]
    return [*cases, Case("d=3,1,2 so d*=2, γ=1", unequal, np.zeros((3, 3)), 1.0)]


def _learns(case: Case, quick: bool) -> Check:
    """Widest half-interval: 5 % of the exponent, 12 % if quick."""
    expected = laws.learning_exponent(case.clusters, case.gamma)
    found = grow(case, 12 if quick else 60, DECADES)
    slopes = exponents(found.time, found.log_unit_cost, START)
    widest = (0.12 if quick else 0.05) * expected
    return check.mean("L1", f"exponent 1/(γ d*) of cost in trials: {case.name}", expected, slopes, widest)


def _lowest(trials: float, quick: bool) -> Check:
    """Modules do not interact, so each is a sample. Widest half-interval: 8 % of the mean, 20 % if quick."""
    slots, runs = 25, 60 if quick else 300
    clusters, flat = ring(slots, 1), partial(np.full, slots)
    costs = []
    for seed in range(runs):
        rng = Streams(seed)[f"verify/lowest of {trials}"]
        founding = search.draw(1.0, 1.0 - rng.random(slots))
        budgets = np.full(slots, trials)
        found = search.redesign(founding, np.ones(slots), clusters, budgets, lambda _: flat(1.0), 1.0, rng)
        costs.append(found.costs)
    expected = laws.lowest_of_poisson(trials)
    name = f"one module: E[c] = 1/(n+1), n = 1 + Poisson({trials:g})"
    return check.mean("L1", name, expected, np.concatenate(costs), (0.2 if quick else 0.08) * expected)


class Contest(NamedTuple):
    """One month of trials to be drawn in both ways, from given costs."""

    name: str
    start: tuple[float, ...]
    weights: tuple[float, ...]
    clusters: Clusters
    elasticity: Floats
    gamma: float
    trials: float


def contests() -> list[Contest]:
    """Return months that reach every branch of the shortcut.

    In the third, S = 0.2 lies above the smallest weights, where draws from the simplex may exceed 1: it starts with the
    heaviest module alone drawn from the simplex, M_1(S) = 0.22, and passes on to two and to all three.
    """
    none = np.zeros
    return [
        Contest("d=2, γ=1", (1.0,) * 4, (0.25,) * 4, ring(4, 2), none((4, 4)), 1.0, 25.0),
        Contest("d=1 and 2, γ=2", (0.9, 0.8, 0.7), (0.5, 0.3, 0.2), [(0, 1), (1,), (2, 0)], none((3, 3)), 2.0, 30.0),
        Contest("S > min w, d=3, γ=1", (0.2,) * 3, (0.9, 0.05, 0.05), [(0, 1, 2)], none((1, 3)), 1.0, 50.0),
        Contest(
            "price follows cost, d=3, γ=0.7",
            (0.8,) * 4, (0.55, 0.25, 0.15, 0.05), ring(4, 3), ring_links(4, 2, 0.6), 0.7, 12.0,
        ),
    ]  # fmt: skip


def shortcut(quick: bool) -> list[Check]:
    """L2: the shortcut's unit cost and number of kept trials have the law of trial by trial.

    Largest two-sample distance that noise may explain: 0.06, 0.12 if quick.
    """
    checks = []
    for contest in contests():
        runs = 600 if quick else 3000
        short, plain = _month(contest, runs, shortcut=True), _month(contest, runs, shortcut=False)
        for what, one, other in zip(("log cost", "kept trials"), short, plain, strict=True):
            name = f"shortcut against every trial, KS distance of {what}: {contest.name}"
            checks.append(check.same_distribution("L2", name, one, other, 0.12 if quick else 0.06))
    return checks


def _month(contest: Contest, runs: int, shortcut: bool) -> tuple[Floats, Floats]:
    """Return log unit cost and number of kept trials of each run."""
    start, weights = np.array(contest.start), np.array(contest.weights)
    price = partial(
        flywheel.trial_price, reference=np.ones(len(start)), elasticity=contest.elasticity, base=1.0, floor=1e-6
    )
    budgets = np.full(len(contest.clusters), contest.trials)
    logs, kept = np.empty(runs), np.empty(runs)
    for seed in range(runs):
        rng = Streams(seed)[f"verify/{contest.name}/{'short' if shortcut else 'plain'}"]
        found = search.redesign(start, weights, contest.clusters, budgets, price, contest.gamma, rng, shortcut)
        logs[seed], kept[seed] = np.log(weights @ found.costs), len(found.kept)
    return logs, kept
