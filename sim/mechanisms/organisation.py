"""Organisation: teams aim a share of the trials by local success, and there is only so much the firm can maintain.

    share of trials_t = (1 − autonomy) · ŵ_t c_t / Σ ŵ c  +  autonomy · (1 + r_t) / Σ (1 + r)

with r_t the fading record of kept trials. Trials shrink by min(1, span / modules).

Source: claim g; March (1991).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def aim(stakes: Floats, record: Floats, autonomy: float) -> Floats:
    """Return each cluster's share of trials (T,), from what is at stake ŵ c (T,) and its record of success (T,)."""
    above = stakes / stakes.sum()
    local = (1.0 + record) / (1.0 + record).sum()
    return np.asarray((1.0 - autonomy) * above + autonomy * local)


def remember(record: Floats, kept: Floats, memory: float) -> Floats:
    """Return the record of success after a month."""
    return memory * record + kept


def upkeep(modules: int, span: float) -> float:
    """Return the share of trials that is left when the firm maintains so many modules."""
    return min(1.0, span / modules) if modules else 1.0
