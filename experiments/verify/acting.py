"""Limits of the whole model: L7, without innovation; L8, without absorption; L11, no way in for contributions."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.verify import check
from experiments.verify.check import Check
from sim.model import InnovationModel
from sim.outcomes import Event
from sim.parameters import Parameters

Changes = dict[str, Any]

_NO_RIVAL: Changes = {"rival.count": 0, "feedback.inflow": False, "feedback.leak": False}
# Much to absorb: a strong firm with many users buys in and opens all, others imitate it, and users contribute.
_MUCH: Changes = {
    "firm.compute": 1e4,
    "firm.self_reliance": 0.0,
    "firm.openness": 1.0,
    "rival.self_reliance": 0.0,
    "rival.openness": 1.0,
    "feedback.imitation": 0.5,
    "commons.cost": 1.0,
    "commons.trials": 1.0,
    "diffusion.adopters": 500,
    "diffusion.p": 0.02,
}
_REDESIGNS = ("redesigned", "best", "patched", "imitated", "made", "redeveloped", "reused", "adopted", "released")


def _run(changes: Changes, seed: int, months: int = 60) -> tuple[InnovationModel, list[float]]:
    """Run a model; return it with the focal firm's inflow of each month."""
    model = InnovationModel(Parameters().replace(changes), rng=seed)
    inflow = []
    for _ in range(months):
        model.step()
        inflow.append(float(model.inflow[0]))
    return model, inflow


def _count(model: InnovationModel, *kinds: str) -> int:
    return sum(event.kind in kinds for event in model.events)


def closing(quick: bool) -> list[Check]:
    """L7: without innovation, rivals and feedback the gap follows g₀ Π (1 - ψ e_a), and nothing opens.

    With innovation, the control, the gap opens again in every run.
    """
    checks = []
    for effort, rate in ((0.3, 0.1), (1.0, 0.25)):
        changes = _NO_RIVAL | {"firm.innovation": 0.0, "firm.arbitrage": effort, "arbitrage.closing": rate}
        off, rises, best = 0.0, 0.0, 0
        for seed in range(2 if quick else 10):
            model = InnovationModel(Parameters().replace(changes), rng=seed)
            gaps = [model.focal.gap]
            for _ in range(60):
                model.step()
                gaps.append(model.focal.gap)
            path = np.array(gaps)
            predicted = path[0] * (1.0 - rate * effort) ** np.arange(len(path))
            off = max(off, float(np.abs(path / predicted - 1.0).max()))
            rises = max(rises, float(np.diff(path).max()))
            best += _count(model, "best", "redesigned")
        case = f"e_a={effort:g}, ψ={rate:g}"
        checks.append(
            check.distance("L7", f"gap against g₀ Π (1 - ψ e_a), largest relative error: {case}", off, 1e-9, 1e-9)
        )
        checks.append(check.equal("L7", f"largest rise of the gap: {case}", 0.0, max(0.0, rises)))
        checks.append(check.equal("L7", f"redesigns and new bests: {case}", 0.0, best))
    opened = [_opens(seed) for seed in range(2 if quick else 10)]
    checks.append(
        check.equal("L7", "control, share of runs with innovation in which the gap rises", 1.0, float(np.mean(opened)))
    )
    return checks


def _opens(seed: int) -> bool:
    model = InnovationModel(Parameters().replace(_NO_RIVAL), rng=seed)
    gaps = [model.focal.gap]
    for _ in range(60):
        model.step()
        gaps.append(model.focal.gap)
    return bool(np.diff(gaps).max() > 0.0 and _count(model, "best") > 0)


def absorbing(quick: bool) -> list[Check]:
    """L8: A = 0 and nothing is mastered, taken in or imitated, though everything else is on.

    With A > 0, the control, all three happen in every run.
    """
    seeds = range(2 if quick else 10)
    without = [_absorbed(_MUCH | {"absorption.enabled": False}, seed) for seed in seeds]
    with_it = [_absorbed(_MUCH, seed) for seed in seeds]
    names = ("modules mastered", "trials taken in", "modules imitated")
    checks = [
        check.equal("L8", f"{name}, A = 0", 0.0, total)
        for name, total in zip(names, np.sum(without, axis=0).tolist(), strict=True)
    ]
    share = float(np.mean([min(found) > 0.0 for found in with_it]))
    return [*checks, check.equal("L8", "control, share of runs with A > 0 in which all three happen", 1.0, share)]


def _absorbed(changes: Changes, seed: int) -> tuple[float, float, float]:
    model, inflow = _run(changes, seed)
    return float(_count(model, "mastered")), sum(inflow), float(_count(model, "imitated"))


def taking_in(quick: bool) -> list[Check]:
    """L11: openness 0, A = 0 or bandwidth 0: no inflow; and with no inflow and no leak openness only moves adoption.

    Controls: otherwise there is inflow; with inflow openness does change redesigns, and even without it adoption.
    """
    seeds = range(2 if quick else 10)
    shut: tuple[tuple[str, Changes], ...] = (
        ("openness 0", {"firm.openness": 0.0}),
        ("A = 0", {"absorption.enabled": False}),
        ("bandwidth 0", {"organisation.bandwidth": 0.0}),
    )
    checks = [
        check.equal("L11", f"inflow, {name}", 0.0, sum(sum(_run(_MUCH | change, seed)[1]) for seed in seeds))
        for name, change in shut
    ]
    open_runs = [sum(_run(_MUCH, seed)[1]) > 0.0 for seed in seeds]
    checks.append(check.equal("L11", "control, share of open runs with inflow", 1.0, float(np.mean(open_runs))))
    isolated = _MUCH | {"feedback.inflow": False, "feedback.leak": False, "market.revenue": 0.0}
    pairs = [_pair(isolated, seed) for seed in seeds]
    for n, name in enumerate(("unit cost", "trials", "redesigns and releases")):
        moved = float(np.mean([pair[n] for pair in pairs]))
        checks.append(check.equal("L11", f"no inflow, no leak: share of runs whose {name} openness moves", 0.0, moved))
    adoption = float(np.mean([pair[3] for pair in pairs]))
    checks.append(check.equal("L11", "control, share of these runs whose adoption openness moves", 1.0, adoption))
    fed = isolated | {"feedback.inflow": True}
    moved = float(np.mean([_pair(fed, seed)[2] for seed in seeds]))
    return [
        *checks,
        check.equal("L11", "control, share of runs with inflow whose redesigns openness moves", 1.0, moved),
    ]


def _pair(changes: Changes, seed: int) -> tuple[bool, bool, bool, bool]:
    """Return whether unit cost, trials, the firm's acts, and adoption differ between a closed and an open firm."""
    closed, opened = (_history(changes | {"firm.openness": openness}, seed) for openness in (0.0, 1.0))
    return (closed[0] != opened[0], closed[1] != opened[1], closed[2] != opened[2], closed[3] != opened[3])


def _history(changes: Changes, seed: int) -> tuple[list[float], list[float], list[Event], list[int]]:
    model = InnovationModel(Parameters().replace(changes), rng=seed)
    costs, trials, users = [], [], []
    for _ in range(60):
        model.step()
        firm = model.focal
        costs.append(firm.unit_cost(firm.offered()))
        trials.append(firm.trials)
        users.append(int(model.population.users[0]))
    acts = [event for event in model.events if event.kind in _REDESIGNS and event.firm == "focal"]
    return costs, trials, acts, users
