"""What openness brings back and gives away: patches from contributors, and imitation by other firms.

    patches    trials = min(offered, B) · A on the firm's open modules; review takes effort ∝ min(offered, B) / B
    leak       with chance 1 − e^(−imitation · A), a trial at the cost of the cheapest open module of others

Limits: L8, A = 0: nothing is absorbed; L11, openness 0, or A = 0, or B = 0: no patches.
Source: claim f; Cohen, Levinthal (1990); D28, D29.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from sim.reference.aim import part_of, patch_tasks
from sim.reference.search import search

if TYPE_CHECKING:
    from sim.reference.firm import Firm
    from sim.reference.model import Reference


def take_patches(firm: Firm) -> None:
    """Take in trials that users make on the open modules, as far as the firm can review and absorb them."""
    given = firm.model.parameters
    if not given.feedback.patches:
        return
    bandwidth = given.organisation.bandwidth if given.organisation.enabled else inf
    reviewed = min(given.feedback.upstream * firm.contributed * firm.strategy.accept, bandwidth)
    firm.review = given.feedback.review * reviewed / bandwidth if bandwidth > 0.0 else 0.0
    trials = reviewed * firm.absorptive
    tasks = patch_tasks(firm, trials)
    if trials == 0.0 or not tasks:
        return
    firm.inflow = trials
    _, kept = search(tasks, given.search.gamma, firm.random)
    firm.patches = len(kept)
    firm.events["patched"] += len(kept)


def leak(model: Reference) -> None:
    """Let every firm imitate what the others had opened before anyone imitated."""
    if not model.parameters.leak.enabled:
        return
    seen = {firm: cheapest_of_others(firm) for firm in model.firms}
    for firm in model.firms:
        imitate(firm, seen[firm])


def cheapest_of_others(firm: Firm) -> dict[int, float]:
    """Return the lowest cost among the open modules of other firms that have released, by slot."""
    seen: dict[int, float] = {}
    for other in firm.model.firms:
        if other is not firm and other.releases:
            for module in other.open_modules():
                seen[module.slot] = min(seen.get(module.slot, inf), module.cost)
    return seen


def imitate(firm: Firm, seen: dict[int, float]) -> None:
    """Try others' designs on own modules, fitted to what the firm requires, and keep what is better."""
    hazard = firm.model.parameters.leak.imitation
    for module in firm.modules():
        if module.owner is not firm or module.slot not in seen or not firm.absorbs(hazard):
            continue
        part, cost = part_of(firm, module), seen[module.slot]
        if part.fitted * cost < part.worth():
            part.redesign(cost)
            firm.imitations += 1
            firm.events["imitated"] += 1
