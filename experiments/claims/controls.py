"""What a negative control comes to: whether a rung fails where it must."""

from __future__ import annotations

from experiments.claims.judging import SUPPORTED, UNDECIDED
from experiments.claims.ladder import Share

HOLDS, FAILS, OPEN, NOTHING = "holds though it must fail", "fails as it must", "not settled", "says nothing"
_HARDLY = 0.25  # a rung supported in fewer worlds hardly holds


def outcome_of(without: float, shares: tuple[Share, ...]) -> str:
    """Return what a control comes to: a rung is said to hold where it is supported in a quarter of worlds or more.

    Args:
        without: the share of worlds in which the rung is supported without the control.
        shares: of worlds under the control, in the order of ``VERDICTS``.
    """
    if without < _HARDLY:
        return NOTHING
    if shares[SUPPORTED].share >= _HARDLY:
        return HOLDS
    return FAILS if shares[SUPPORTED].share + shares[UNDECIDED].share < _HARDLY else OPEN
