"""Arbitrage closes gaps and innovation opens them; effort is scarce.

    e_a + e_i ≤ 1
    income = y · e_a · g
    g* = g − ψ e_a g,    g' = g* + (1 − (1 − η)^m)(1 − g*)   with m independent innovations in the month

An alert arbitrageur notices a cheaper outside module with chance 1 − exp(−alertness · e_a).

Limit: L7, without innovation m = 0: the gap closes and nothing opens.
Source: claim a; Kirzner (1973); Schumpeter (1934).
"""

from __future__ import annotations

from math import exp


def split_effort(arbitrage: float, innovation: float, review: float = 0.0) -> tuple[float, float]:
    """Return the efforts for arbitrage and innovation: scarce in sum, review taken from innovation."""
    load = max(1.0, arbitrage + innovation)
    return arbitrage / load, innovation / load * (1.0 - review)


def income(gap: float, effort: float, earnings: float) -> float:
    """Return the money earned in a month from the gap."""
    return earnings * effort * gap


def next_gap(gap: float, effort: float, closing: float, opening: float, innovations: int) -> float:
    """Return the gap after a month of arbitrage and of so many independent innovations."""
    worked = gap * (1.0 - closing * effort)
    return worked + (1.0 - (1.0 - opening) ** innovations) * (1.0 - worked)


def notice(effort: float, alertness: float) -> float:
    """Return the chance of noticing an outside module."""
    return 1.0 - exp(-alertness * effort)
