"""Limits of the whole model: L7, without innovation; L8, without absorption; L11, no way in for contributions."""

from __future__ import annotations

import numpy as np

from experiments.checks import check
from experiments.checks.check import Check
from experiments.checks.theory.worlds import Changes, batch, differences

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


def closing(quick: bool) -> list[Check]:
    """L7: without innovation the gap follows g₀ Π (1 - ψ e_a), and nothing opens, whatever others do.

    Innovation is off when neither the month nor development buys trials. With it, the control, the gap follows
    g* + (1 - (1 - η)^m)(1 - g*), m the month's independent innovations, g* the gap that arbitrage leaves.
    """
    checks = []
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
        checks.append(check.distance("L7", f"gap against {law}, largest relative error: {case}", off, 1e-9, 1e-9))
        rose = float(np.mean((np.diff(runs["gap"], axis=1) > 0.0).any(axis=1)))
        name = f"share of runs in which the gap opens: {case}"
        checks.append(check.equal("L7", name, float(innovation > 0.0), rose))
    return checks


def absorbing(quick: bool) -> list[Check]:
    """L8: A = 0 and nothing is mastered, taken in or imitated, though everything else is on.

    With A > 0, the control, all three happen in every run, and A is K/(K + K₀).
    """
    seeds = 4 if quick else 20
    without, with_it = batch(_MUCH | {"absorption.enabled": False}, seeds), batch(_MUCH, seeds)
    names = {"modules mastered": "events_mastered", "trials taken in": "inflow", "modules imitated": "imitations"}
    checks = [check.equal("L8", f"{name}, A = 0", 0.0, float(without[column].sum())) for name, column in names.items()]
    share = np.mean([with_it[column].sum(axis=1) > 0.0 for column in names.values()])
    checks.append(check.equal("L8", "control, share of runs with A > 0 in which each happens", 1.0, float(share)))
    experience = with_it["experience"]
    off = np.abs(with_it["absorptive_capacity"] - experience / (experience + _MUCH["absorption.half"])).max()
    return [*checks, check.distance("L8", "A against K/(K + K₀), largest error", float(off), 1e-12, 1e-12)]


def taking_in(quick: bool) -> list[Check]:
    """L11: openness 0, A = 0 or bandwidth 0: no patches; all channels and the leak off: openness only moves adoption.

    Controls: each channel on its own, and the leak, lets openness move what firms do.
    """
    seeds = 3 if quick else 20
    shut: dict[str, Changes] = {
        "openness 0": {"firm.openness": 0.0},
        "A = 0": {"absorption.enabled": False},
        "bandwidth 0": {"organisation.bandwidth": 0.0},
    }
    checks = []
    for name, change in shut.items():
        came = batch(_MUCH | change, seeds)
        checks.append(
            check.equal("L11", f"inflow and patches, {name}", 0.0, float((came["inflow"] + came["patches"]).sum()))
        )
    share = float(np.mean(batch(_MUCH, seeds)["inflow"].sum(axis=1) > 0.0))
    checks.append(check.equal("L11", "control, share of open runs with inflow", 1.0, share))
    moved = _moved(_ISOLATED, seeds)
    name = "no channel, no leak: series of the firms that openness moves"
    checks.append(check.equal("L11", name, 0.0, len(moved - set(_ADOPTION))))
    checks.append(
        check.equal("L11", "control, it moves users and the commons", 2.0, len(moved & {"users", "commons_cost"}))
    )
    for switch in ("feedback.patches", "feedback.tooling", "feedback.signal", "leak.enabled"):
        others = _moved(_ISOLATED | {switch: True}, seeds) - set(_ADOPTION)
        costs = {"unit_cost", "rival_unit_cost"} & others
        checks.append(check.equal("L11", f"control, {switch} alone: openness moves unit cost", 1.0, float(bool(costs))))
    return checks


def _moved(changes: Changes, seeds: int) -> set[str]:
    """Return the observed series that differ between a closed and an open firm in any run."""
    closed, opened = (batch(changes | {"firm.openness": openness}, seeds) for openness in (0.0, 1.0))
    return differences(closed, opened)
