"""Limits of what firms and adopters do.

L3 and L4 hold reuse, from the firm's own releases: relative cost and break-even, and scale elasticity. L7, L8 and L11
hold the whole model: without innovation, without absorption, and with no way in for contributions. L14 and L15 hold
what comes back: the commons as tools, users as a signal of what matters. L9 and L10 hold diffusion: Bass's curve,
nobody without p and q, and Watts' cascade window.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.checks import check
from experiments.checks.check import Check
from experiments.checks.theory import laws
from experiments.checks.theory.searching import turns
from experiments.checks.theory.worlds import (
    ALONE,
    Changes,
    Floats,
    batch,
    begin,
    differences,
    each,
    exponents,
    grow,
    lone_slots,
    module_costs,
    pay_evenly,
)
from sim.architecture import Architecture
from sim.founding import advance_tables

_RICH: Changes = {"firm.endowment": 1e9, "rival.endowment": 1e9, "firm.platform": 1.0, "rival.platform": 0.0}


def relative_cost(quick: bool) -> Iterator[Check]:  # noqa: ARG001  nothing random: quick is no quicker
    """L3: R reuses cost 1 + R (b - 1 + G/n) relative to fresh copies, break-even at n₀ = G/(1 - b).

    A platform firm makes all modules reusable for a dated release (that pays G), and reuses them in the n releases
    that follow; rivals without a platform fill theirs with fresh ones. So R is the share of slots that is filled by
    reuse in the industry's releases of those n months, and the making is the investment spread over n.
    """
    for base, generality, coupled, rivals, uses in (
        (0.2, 1.3, 0, 0, 1), (0.2, 1.3, 0, 0, 8), (0.5, 2.0, 0, 1, 5), (0.2, 1.3, 2, 1, 10), (0.6, 1.5, 2, 3, 20),
    ):  # fmt: skip
        relative = base + 0.05 * coupled
        shared = _development(base, generality, coupled, rivals, uses, reuse=True)
        fresh = _development(base, generality, coupled, rivals, uses, reuse=False)
        share = 1.0 / (1.0 + rivals)
        # The rivals' first release comes with the making, before the n months that are compared.
        observed = (shared[:, 0].sum() + shared[1:, 1:].sum()) / fresh[1:].sum()
        expected = laws.reuse_cost(share, relative, generality, uses)
        name = f"1 + R (b - 1 + G/n): R={share:g}, b={relative:g}, G={generality:g}, n={uses}"
        yield check.equal(name, expected, observed)
    for base, generality, coupled in ((0.2, 1.3, 0), (0.5, 2.0, 0), (0.6, 1.5, 2)):
        relative = base + 0.05 * coupled
        observed = _break_even(base, generality, coupled)
        name = f"break-even n₀ = G/(1 - b): b={relative:g}, G={generality:g}"
        yield check.equal(name, generality / (1.0 - relative), observed)


def _development(base: float, generality: float, coupled: int, rivals: int, uses: int, reuse: bool) -> Floats:
    """Return development cost by month and firm, shape (1 + n, 1 + rivals): making first, then n releases."""
    slots = Architecture().slots
    changes = ALONE | _RICH | {
        "search.enabled": False,
        "architecture.coupling": coupled,
        "architecture.widening": 1.0,
        "reuse.enabled": reuse,
        "reuse.interval": 1,
        "reuse.stake": 0.0,
        "reuse.fresh_cost": 100.0,
        "reuse.reuse_cost": base,
        "reuse.coupling_cost": 0.05,
        "reuse.generality": generality,
        "rival.count": rivals,
        "release.schedule": [{"month": 1, "name": "making", "introduces": slots}],
        "run.months": 1 + uses,
    }  # fmt: skip
    tables = begin(changes, seed=0, until=1 + uses)
    spent = np.zeros((1 + uses, 1 + rivals))
    for release in tables.releases[: int(tables.world[0].here.releases)]:
        spent[release.month - 1, release.firm] += release.development
    return spent


def _break_even(base: float, generality: float, coupled: int) -> float:
    """Return the number of uses at which spending with reuse and without are level, between months on a line."""
    uses = 2 + int(generality / (1.0 - base - 0.05 * coupled))
    shared = _development(base, generality, coupled, 0, uses, reuse=True)[:, 0].cumsum()
    fresh = _development(base, generality, coupled, 0, uses, reuse=False)[:, 0].cumsum()
    dearer = shared - (fresh - fresh[0])  # uses 0, 1, …, n; copies need no making
    before = int(np.flatnonzero(dearer > 0.0)[-1])
    return float(before + dearer[before] / (dearer[before] - dearer[before + 1]))


SCALES = (1, 2, 4, 8)
SCALE_DECADES, SCALE_START = 18, 3
_NEXT_TO_NOTHING = 1e-6  # what a fresh module costs: a reuse is cheaper, and development buys no trial


def scale(quick: bool) -> Iterator[Check]:
    """L4: each of L lines brings a budget; unit cost falls with L as L^(-1/(γ d*)) if shared, not at all if copied.

    Widest half-interval: 0.06, 0.2 if quick.
    """
    for size, gamma in ((1, 1.0), (2, 1.0), (2, 2.0)):
        for reuse in (True, False):
            elasticity = each(partial(_elasticity, size, gamma, reuse), 16 if quick else 80)
            way, expected = ("full reuse", -1.0 / (gamma * size)) if reuse else ("fresh modules", 0.0)
            name = f"scale elasticity of unit cost, {way}: d={size}, γ={gamma:g}"
            yield check.mean(name, expected, elasticity, 0.2 if quick else 0.06)


def _elasticity(size: int, gamma: float, reuse: bool, seed: int) -> float:
    """Return the slope of log unit cost in log L, cost averaged over lines and over fifteen decades of trials."""
    logs = [_log_unit_cost(seed, lines, size, gamma, reuse) for lines in SCALES]
    return float(np.polyfit(np.log(SCALES), logs, 1)[0])


def _log_unit_cost(seed: int, lines: int, size: int, gamma: float, reuse: bool) -> float:
    """Let a firm bring out L lines in its first month, then search on all, in months whose budgets grow."""
    changes = ALONE | _RICH | {
        "architecture.slots": ["a", "b", "c", "d"],
        "architecture.coupling": size - 1,
        "architecture.widening": 1.0,
        "search.gamma": gamma,
        "flywheel.enabled": False,
        "firm.capacity": 0.0,
        "reuse.enabled": reuse,
        "reuse.stake": 0.0,
        "reuse.fresh_cost": _NEXT_TO_NOTHING,
        "reuse.lines": lines,
        "release.schedule": [{"month": 1, "name": f"line {n}", "line": n} for n in range(lines)],
    }  # fmt: skip
    tables = begin(changes, seed, until=1)
    logs = []
    for month, budget in enumerate(np.diff(10.0 ** np.arange(SCALE_DECADES + 1), prepend=0.0).tolist()):
        pay_evenly(tables, lines * budget)
        tables = advance_tables(tables, month + 2)
        logs.append(np.mean([np.log(module_costs(tables, line).mean()) for line in range(lines)]))
    return float(np.mean(logs[SCALE_START:]))


# Much to absorb: strong firms with many users buy in and open all, others imitate them, and users contribute.
_MUCH: Changes = {
    "firm.compute": 1e4,
    "firm.self_reliance": 0.2,
    "firm.openness": 1.0,
    "rival.self_reliance": 0.2,
    "rival.openness": 1.0,
    "absorption.half": 2.0,
    "leak.imitation": 0.5,
    "commons.cost": 1.0,
    "diffusion.adopters": 500,
    "diffusion.p": 0.02,
}
# No channel brings anything back, nothing leaks, and users pay nothing that could buy trials.
_ISOLATED: Changes = _MUCH | {
    "feedback.patches": False,
    "feedback.tooling": False,
    "feedback.signal": False,
    "leak.enabled": False,
    "market.revenue": 0.0,
}
# What openness may move even so: adoption, and the commons that adopters bring about.
_ADOPTION = (
    "users", "rival_users", "surplus", "adopted_openness", "openness", "cost_of_use", "rival_cost_of_use",
    "contributors", "commons_trials", "commons_cost",
)  # fmt: skip


def closing(quick: bool) -> Iterator[Check]:
    """L7: without innovation the gap follows g₀ Π (1 - ψ e_a), and nothing opens, whatever others do.

    Innovation is off when neither the month nor development buys trials. With it, the control, the gap follows
    g* + (1 - (1 - η)^m)(1 - g*), m the month's independent innovations, g* the gap that arbitrage leaves.
    """
    seeds, opening = 4 if quick else 20, 0.05
    for effort, rate, innovation in ((0.3, 0.1, 0.0), (1.0, 0.25, 0.0), (0.4, 0.1, 0.6)):
        changes: Changes = {
            "firm.innovation": innovation,
            "firm.arbitrage": effort,
            "arbitrage.closing": rate,
            "arbitrage.opening": opening,
            "feedback.review": 0.0,
        }
        if innovation == 0.0:
            changes["reuse.fresh_cost"] = 0.0
        runs = batch(changes, seeds)
        case = f"e_a={effort:g}, e_i={innovation:g}, ψ={rate:g}"
        news = np.diff(runs["independent"], axis=1, prepend=0.0) * (innovation > 0.0)
        gap, off = np.ones(seeds), 0.0
        for month in range(news.shape[1]):
            worked = gap * (1.0 - rate * effort)
            gap = worked + (1.0 - (1.0 - opening) ** news[:, month]) * (1.0 - worked)
            off = max(off, float(np.abs(runs["gap"][:, month] / gap - 1.0).max()))
        law = "g₀ Π (1 - ψ e_a)" if innovation == 0.0 else "g* + (1 - (1 - η)^m)(1 - g*)"
        yield check.distance(f"gap against {law}, largest relative error: {case}", off, 1e-9, 1e-9)
        rose = float(np.mean((np.diff(runs["gap"], axis=1) > 0.0).any(axis=1)))
        name = f"share of runs in which the gap opens: {case}"
        yield check.equal(name, float(innovation > 0.0), rose)


def absorbing(quick: bool) -> Iterator[Check]:
    """L8: A = 0 and nothing is mastered, taken in or imitated, though everything else is on.

    With A > 0, the control, all three happen in every run, and A is K/(K + K₀).
    """
    seeds = 4 if quick else 20
    without, with_it = batch(_MUCH | {"absorption.enabled": False}, seeds), batch(_MUCH, seeds)
    names = {"modules mastered": "events_mastered", "trials taken in": "inflow", "modules imitated": "imitations"}
    for name, column in names.items():
        yield check.equal(f"{name}, A = 0", 0.0, float(without[column].sum()))
    share = np.mean([with_it[column].sum(axis=1) > 0.0 for column in names.values()])
    yield check.equal("control, share of runs with A > 0 in which each happens", 1.0, float(share))
    experience = with_it["experience"]
    off = np.abs(with_it["absorptive_capacity"] - experience / (experience + _MUCH["absorption.half"])).max()
    yield check.distance("A against K/(K + K₀), largest error", float(off), 1e-12, 1e-12)


def taking_in(quick: bool) -> Iterator[Check]:
    """L11: openness 0, A = 0 or bandwidth 0: no patches; all channels and the leak off: openness only moves adoption.

    Controls: each channel on its own, and the leak, lets openness move what firms do.
    """
    seeds = 3 if quick else 20
    shut: dict[str, Changes] = {
        "openness 0": {"firm.openness": 0.0},
        "A = 0": {"absorption.enabled": False},
        "bandwidth 0": {"organisation.bandwidth": 0.0},
    }
    for name, change in shut.items():
        came = batch(_MUCH | change, seeds)
        yield check.equal(f"inflow and patches, {name}", 0.0, float((came["inflow"] + came["patches"]).sum()))
    share = float(np.mean(batch(_MUCH, seeds)["inflow"].sum(axis=1) > 0.0))
    yield check.equal("control, share of open runs with inflow", 1.0, share)
    moved = _moved(_ISOLATED, seeds)
    name = "no channel, no leak: series of the firms that openness moves"
    yield check.equal(name, 0.0, len(moved - set(_ADOPTION)))
    yield check.equal("control, it moves users and the commons", 2.0, len(moved & {"users", "commons_cost"}))
    for switch in ("feedback.patches", "feedback.tooling", "feedback.signal", "leak.enabled"):
        others = _moved(_ISOLATED | {switch: True}, seeds) - set(_ADOPTION)
        costs = {"unit_cost", "rival_unit_cost"} & others
        yield check.equal(f"control, {switch} alone: openness moves unit cost", 1.0, float(bool(costs)))


def _moved(changes: Changes, seeds: int) -> set[str]:
    """Return the observed series that differ between a closed and an open firm in any run."""
    closed, opened = (batch(changes | {"firm.openness": openness}, seeds) for openness in (0.0, 1.0))
    return differences(closed, opened)


TOOL_DECADES, TOOL_START = 20, 10.0


def tooling(quick: bool) -> Iterator[Check]:
    """L14: the commons held at g, trials bought scale as g^(-ε_c) for an open firm, g^(-χ ε_c) for a closed one.

    Exponents of cost do not change. Widest half-interval of an exponent: 0.05, 0.12 if quick.
    """
    for openness, elasticity, closed in ((1.0, 0.3, 0.5), (0.0, 0.8, 0.25), (1.0, 1.5, 0.0)):
        sizes = np.array([1.0, 0.1, 0.01])
        trials = [_trials(cost, openness, elasticity, closed) for cost in sizes.tolist()]
        found = float(np.polyfit(np.log(sizes), np.log(trials), 1)[0])
        expected = -elasticity * (closed + (1.0 - closed) * openness)
        name = f"elasticity of trials bought to g: o={openness:g}, ε_c={elasticity:g}, χ={closed:g}"
        yield check.equal(name, expected, found)
    case = turns(0.6, 2, 1.0)
    expected = float(laws.leontief(case.links, 2, case.gamma)[0])
    for cost in (1.0, 1e-3):
        found_here = grow(case._replace(commons=cost), 20 if quick else 80, TOOL_DECADES)
        slopes = exponents(found_here.time, found_here.log_costs, TOOL_START).mean(axis=1)
        name = f"exponent of cost, {case.name}: g={cost:g}"
        yield check.mean(name, expected, slopes, 0.12 if quick else 0.05)


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


def signal(quick: bool) -> Iterator[Check]:
    """L15: errors shrink as 1/(1 + U/U₀); U₀ = ∞ is no signal, to the bit; U → ∞ is perfect steering, in distribution.

    Largest two-sample distance that noise may explain: 0.08, 0.16 if quick. Control: without the signal, it is more.
    """
    yield from map(_shrinking, (100.0, 1000.0, 1e6))
    runs = 300 if quick else 1200
    blind = batch(_SEEN | {"feedback.signal": False}, runs)
    endless = np.stack([_to_the_end(_SEEN, seed, np.inf) for seed in range(3)])
    moved = len(differences(endless, blind[:3]))
    yield check.equal("U₀ = ∞: series that the signal moves", 0.0, moved)
    perfect = batch(_SEEN | _STEERED, 2 * runs)[runs:, -1]  # other seeds
    seen = batch(_SEEN | {"feedback.signal_half": 1e-3}, runs)[:, -1]
    widest = 0.16 if quick else 0.08
    for column in ("unit_cost", "independent_size"):
        name = f"U/U₀ = 10⁶ against perfect steering, KS distance of {column.replace('_', ' ')}"
        yield check.same_distribution(name, seen[column], perfect[column], widest)
    apart = check.same_distribution("", blind[:, -1]["unit_cost"], perfect["unit_cost"], widest)
    name = "control, without the signal unit cost differs from that of perfect steering"
    yield check.equal(name, 1.0, float(not apart.passed))


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
    return check.distance(name, off, 1e-9, 1e-9)


def _to_the_end(changes: Changes, seed: int, half: float) -> NDArray[Any]:
    """Return what is observed of a run whose U₀ is set beyond what parameters allow."""
    tables = begin(changes, seed)
    tables.world[0].parameters.feedback.signal_half = half
    return np.asarray(advance_tables(tables, changes["run.months"]).record)


# One product that anybody would take: it does something, costs nothing, and nobody leaves it.
_WELCOME: Changes = ALONE | lone_slots(1) | {
    "diffusion.enabled": True,
    "diffusion.churn": 0.0,
    "diffusion.switching_cost": 0.0,
    "market.price": 0.0,
    "market.hosting": 0.0,
    "market.tooling": 0.0,
    "search.enabled": False,
}  # fmt: skip


def _spread(changes: Changes, months: int, adopters: int, runs: int) -> Floats:
    """Return the share of users after each month, shape (runs, months); the product comes out in the first."""
    size = {"run.months": months, "diffusion.adopters": adopters}
    return np.asarray(batch(_WELCOME | changes | size, runs)["users"] / adopters)


def epidemic(quick: bool) -> Iterator[Check]:
    """L9: under complete mixing adoption is Bass's curve. Largest distance allowed: 0.01."""
    for p, q in ((0.03, 0.38), (0.02, 0.5), (0.1, 0.0)):
        step = 0.02  # of the time unit of p and q: small against 1/(p + q)
        adopters, runs = (10_000, 4) if quick else (30_000, 8)
        months = min(1200, int(np.log(1e3 * (1.0 + q / p)) / (p + q) / step))
        expected = laws.bass(p, q, step * np.arange(1, months + 1, dtype=np.float64))
        mixing: Changes = {"diffusion.network": "complete", "diffusion.p": p * step, "diffusion.q": q * step}
        error = np.abs(_spread(mixing, months, adopters, runs).mean(axis=0) - expected).max()
        name = f"Bass curve, largest distance of {runs} runs' mean: p={p:g}, q={q:g}, N={adopters:,}"
        yield check.distance(name, float(error), 0.01, 0.01)


THRESHOLD = 0.18
CASCADE = 0.1  # a cascade is global if it reaches this share


def cascades(quick: bool) -> Iterator[Check]:
    """L10: without p and q nobody adopts; with thresholds, cascades are global inside Watts' window only.

    Edges are where each adopter of the first month makes one of the second, on average. Widest half-interval: 0.05
    and 0.12 for the lower and upper edge, three times that if quick.
    """
    for p in (0.0, 0.01):
        hazards = {"diffusion.p": p, "diffusion.q": 0.0, "diffusion.network": "small-world"}
        adopted = bool(_spread(hazards, 120, 2000, 1)[:, -1].max() > 0.0)
        name = "adoption at p = q = 0" if p == 0.0 else "control, some adoption at p > 0"
        yield check.equal(name, float(p > 0.0), adopted)
    for degree, expected in ((0.7, 0.0), (2.0, 1.0), (4.0, 1.0), (7.0, 0.0)):
        shares = _spread(_thresholds(degree, 1e-3), 300, 20_000, 3 if quick else 10)[:, -1]
        name = f"share of global cascades at mean degree {degree:g}"
        yield check.equal(name, expected, float(np.mean(shares > CASCADE)))
    lower, upper = laws.cascade_window(THRESHOLD)
    factor = 3.0 if quick else 1.0
    edges = (
        ("lower", lower, 0.15, 0.05, 20_000 if quick else 50_000, 2 if quick else 25),
        ("upper", upper, 0.4, 0.12, 50_000 if quick else 100_000, 2 if quick else 15),
    )
    for side, edge, reach, widest, adopters, runs in edges:
        crossings = _crossings(edge - reach, edge + reach, adopters, runs)
        name = f"{side} edge of the cascade window, φ={THRESHOLD:g}"
        yield check.mean(name, edge, crossings, factor * widest)


def _thresholds(degree: float, seeds: float) -> Changes:
    return {
        "diffusion.network": "poisson", "diffusion.degree": degree, "diffusion.rule": "threshold",
        "diffusion.threshold": THRESHOLD, "diffusion.seeds": seeds, "diffusion.taste_spread": 0.0,
    }  # fmt: skip


def _crossings(low: float, high: float, adopters: int, runs: int) -> Floats:
    """Return where second-generation adopters match the first: a sample per batch of runs, by a line through degrees.

    Few seeds among many adopters: their neighbourhoods are trees that hardly ever meet.
    """
    batches, seeds = 20, 20
    degrees, ratios = np.linspace(low, high, 3), np.empty((batches, 3))
    for n, degree in enumerate(degrees.tolist()):
        found = _spread(_thresholds(degree, seeds / adopters), 2, adopters, batches * runs) * adopters
        first = (found[:, 0] - seeds).reshape(batches, runs).sum(axis=1)
        second = (found[:, 1] - found[:, 0]).reshape(batches, runs).sum(axis=1)
        ratios[:, n] = second / first
    centred = degrees - degrees.mean()
    slope = ratios.mean(axis=0) @ centred / (centred @ centred)
    return np.asarray(degrees.mean() + (1.0 - ratios.mean(axis=1)) / slope)
