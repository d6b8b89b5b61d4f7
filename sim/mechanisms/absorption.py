"""Absorption: only who makes trials can use what others found; A = K/(K + K₀), K the firm's own kept trials.

What A scales: mastering adopted modules, integrating contributions, imitating open modules.

Limit: L8, A = 0: nothing is absorbed.
Source: Cohen, Levinthal (1990).
"""

from __future__ import annotations

from math import exp


def capacity(experience: float, half: float) -> float:
    """Return A in [0, 1) for K own kept trials and half-point K₀."""
    return experience / (experience + half)


def chance(hazard: float, absorptive: float) -> float:
    """Return the chance in a month of absorbing one thing, hazard scaled by A."""
    return 1.0 - exp(-hazard * absorptive)
