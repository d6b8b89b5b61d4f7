"""Feedback: part of what users contribute are trials on the firm's own open modules, as far as it can take them in.

    inflow = min(offered, bandwidth) · A,     review effort ∝ min(offered, bandwidth) / bandwidth

Limit: L11, openness 0, or A = 0, or bandwidth 0: no inflow.
Source: claim f; Cohen, Levinthal (1990).
"""

from __future__ import annotations


def inflow(offered: float, bandwidth: float, absorptive: float) -> float:
    """Return the outside trials that the firm integrates in a month."""
    return min(offered, bandwidth) * absorptive


def review(offered: float, bandwidth: float, effort: float) -> float:
    """Return the share of innovation effort that reviewing takes."""
    return effort * min(offered, bandwidth) / bandwidth if bandwidth > 0.0 else 0.0
