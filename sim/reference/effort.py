"""Effort: arbitrage earns from a gap that closes as it is used; innovation spends on trials, which open it again.

    e_a = a / load,   e_i = i / load · (1 − review),   load = max(1, a + i)
    income = earnings · e_a · gap
    g* = gap (1 − closing · e_a),   gap' = g* + (1 − (1 − opening)^m) (1 − g*),   m the month's independent innovations

Limit: L7, without innovation gaps close and nothing opens.
Source: claim a; Kirzner (1973); Schumpeter (1934); D10, D14.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.reference.aim import own_tasks
from sim.reference.search import search

if TYPE_CHECKING:
    from sim.reference.firm import Firm


def arbitrage_effort(firm: Firm) -> float:
    """Return the share of effort for arbitrage."""
    wanted = firm.strategy.arbitrage if firm.model.parameters.arbitrage.enabled else 0.0
    return wanted / max(1.0, wanted + firm.strategy.innovation)


def innovation_effort(firm: Firm) -> float:
    """Return the share of effort for innovation; reviewing contributions takes some of it."""
    wanted = firm.strategy.arbitrage if firm.model.parameters.arbitrage.enabled else 0.0
    return firm.strategy.innovation / max(1.0, wanted + firm.strategy.innovation) * (1.0 - firm.review)


def invent(firm: Firm) -> None:
    """Earn, and spend on trials what the next release leaves; aim's upkeep shrinks the trials, not the spending."""
    earn(firm)
    given, memory = firm.model.parameters.search, firm.model.parameters.organisation.memory
    budget = affordable(firm)
    tasks = own_tasks(firm, budget) if given.enabled and budget > 0.0 else []
    if not tasks:
        return
    firm.pay(budget)
    firm.rd_spending = budget
    firm.trials, kept = search(tasks, given.gamma, firm.random)
    firm.learn(kept)
    firm.record = [memory * each for each in firm.record]
    for task, _ in kept:
        firm.record[task.root.slot] += 1.0


def earn(firm: Firm) -> None:
    """Take in what owners, the parent, policy and arbitrage pay."""
    given, model = firm.model.parameters, firm.model
    firm.cash += firm.strategy.grant
    if firm.focal:
        firm.cash += given.demand.budget if given.demand.funding else 0.0
        firm.cash += model.spend_publicly(model.levers["subsidy"] + model.levers["matching"] * firm.matched)
    if firm.releases:
        firm.cash += model.spend_publicly(model.levers["open_reward"] * firm.product_openness)
    firm.cash += given.arbitrage.earnings * arbitrage_effort(firm) * firm.gap


def affordable(firm: Firm) -> float:
    """Return what the firm can spend on trials: a part of the next release's cost is set aside each month."""
    waited = (firm.model.month - firm.last_release) / max(1, firm.next_release() - firm.last_release)
    free = firm.cash - firm.expected_development * min(1.0, waited)
    return min(max(free, 0.0), innovation_effort(firm) * firm.strategy.capacity)


def work_gap(firm: Firm) -> None:
    """Close the gap as far as it was worked, and open it by what was new in the month."""
    given = firm.model.parameters.arbitrage
    worked = firm.gap * (1.0 - given.closing * arbitrage_effort(firm))
    firm.gap = worked + (1.0 - (1.0 - given.opening) ** firm.innovations) * (1.0 - worked)
