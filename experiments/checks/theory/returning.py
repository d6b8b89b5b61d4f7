"""Limits of what comes back: L14, the commons as tools; L15, users as a signal of what matters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.checks import check
from experiments.checks.check import Check
from experiments.checks.theory import laws
from experiments.checks.theory.growth import exponents, grow
from experiments.checks.theory.turning import turns
from experiments.checks.theory.worlds import ALONE, Changes, batch, begin, differences, lone_slots
from sim.founding import advance_tables

DECADES, START = 20, 10.0


def tooling(quick: bool) -> list[Check]:
    """L14: the commons held at g, trials bought scale as g^(-ε_c) for an open firm, g^(-χ ε_c) for a closed one.

    Exponents of cost do not change. Widest half-interval of an exponent: 0.05, 0.12 if quick.
    """
    checks = []
    for openness, elasticity, closed in ((1.0, 0.3, 0.5), (0.0, 0.8, 0.25), (1.0, 1.5, 0.0)):
        sizes = np.array([1.0, 0.1, 0.01])
        trials = [_trials(cost, openness, elasticity, closed) for cost in sizes.tolist()]
        found = float(np.polyfit(np.log(sizes), np.log(trials), 1)[0])
        expected = -elasticity * (closed + (1.0 - closed) * openness)
        name = f"elasticity of trials bought to g: o={openness:g}, ε_c={elasticity:g}, χ={closed:g}"
        checks.append(check.equal("L14", name, expected, found))
    case = turns(0.6, 2, 1.0)
    expected = float(laws.leontief(case.links, 2, case.gamma)[0])
    for cost in (1.0, 1e-3):
        found_here = grow(case._replace(commons=cost), 20 if quick else 80, DECADES)
        slopes = exponents(found_here.time, found_here.log_costs, START).mean(axis=1)
        name = f"exponent of cost, {case.name}: g={cost:g}"
        checks.append(check.mean("L14", name, expected, slopes, 0.12 if quick else 0.05))
    return checks


def _trials(cost: float, openness: float, elasticity: float, closed: float) -> float:
    """Return the trials that a budget buys in a month, given the commons' cost."""
    changes = ALONE | lone_slots(4) | {
        "feedback.tooling": True,
        "feedback.tooling_elasticity": elasticity,
        "feedback.closed_share": closed,
        "firm.openness": openness,
        "firm.endowment": 100.0,
    }  # fmt: skip
    tables = begin(changes, seed=0, until=1)
    tables.world[0].here.commons_cost = cost
    return float(advance_tables(tables, 2).record["trials"][1])


# A firm that does not know what matters, many users from the start, and a product all of whose slots are its own.
_SEEN: Changes = {
    "demand.inheritance": False,
    "demand.steering": False,
    "demand.noise": 2.0,
    "frontier.enabled": False,
    "rival.count": 0,
    "displacement.enabled": False,
    "firm.endowment": 1e4,
    "organisation.autonomy": 0.0,
    "search.gamma": 0.5,
    "reuse.interval": 60,
    "release.schedule": [{"month": 1, "name": "first"}],
    "diffusion.seeds": 1.0,
    "diffusion.adopters": 1000,
    "diffusion.churn": 0.0,
    "run.months": 24,
}
_STEERED: Changes = {"demand.steering": True, "demand.clarity": 1.0, "feedback.signal": False}


def signal(quick: bool) -> list[Check]:
    """L15: errors shrink as 1/(1 + U/U₀); U₀ = ∞ is no signal, to the bit; U → ∞ is perfect steering, in distribution.

    Largest two-sample distance that noise may explain: 0.08, 0.16 if quick. Control: without the signal, it is more.
    """
    checks = [_shrinking(half) for half in (100.0, 1000.0, 1e6)]
    runs = 300 if quick else 1200
    blind = batch(_SEEN | {"feedback.signal": False}, runs)
    endless = np.stack([_to_the_end(_SEEN, seed, np.inf) for seed in range(3)])
    moved = len(differences(endless, blind[:3]))
    checks.append(check.equal("L15", "U₀ = ∞: series that the signal moves", 0.0, moved))
    perfect = batch(_SEEN | _STEERED, 2 * runs)[runs:, -1]  # other seeds
    seen = batch(_SEEN | {"feedback.signal_half": 1e-3}, runs)[:, -1]
    widest = 0.16 if quick else 0.08
    for column in ("unit_cost", "independent_size"):
        name = f"U/U₀ = 10⁶ against perfect steering, KS distance of {column.replace('_', ' ')}"
        checks.append(check.same_distribution("L15", name, seen[column], perfect[column], widest))
    apart = check.same_distribution("L15", "", blind[:, -1]["unit_cost"], perfect["unit_cost"], widest)
    name = "control, without the signal unit cost differs from that of perfect steering"
    checks.append(check.equal("L15", name, 1.0, float(not apart.passed)))
    return checks


def _shrinking(half: float) -> Check:
    """Compare log contrasts of perceived weights with what founding's errors and last month's users make them."""
    tables = begin(_SEEN | {"feedback.signal_half": half, "demand.noise": 1.0}, seed=1, until=1)
    world, off = tables.world[0], 0.0
    slots = int(world.design.slots)
    first = np.log(world.firms[0].perceived[:slots].copy())
    for month in range(2, 12):
        expected = (first - first[0]) / (1.0 + tables.record["users"][month - 2] / half)
        tables = advance_tables(tables, month)
        now = np.log(world.firms[0].perceived[:slots])
        off = max(off, float(np.abs((now - now[0]) - expected).max()))
    name = f"error in perceived weights against ν/(1 + U/U₀), largest: U₀={half:g}"
    return check.distance("L15", name, off, 1e-9, 1e-9)


def _to_the_end(changes: Changes, seed: int, half: float) -> NDArray[Any]:
    """Return what is observed of a run whose U₀ is set beyond what parameters allow."""
    tables = begin(changes, seed)
    tables.world[0].parameters.feedback.signal_half = half
    return np.asarray(advance_tables(tables, changes["run.months"]).record)
