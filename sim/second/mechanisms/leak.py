"""leak."""

from __future__ import annotations

from sim.second.declare import PER_MONTH, SWITCH, Section, param


class Leak(Section):
    """Open modules are imitated by whoever can absorb them."""

    enabled: bool = param(True, "Firms imitate open modules of others.", unit=SWITCH, source="brief 6")
    imitation: float = param(
        0.05, "Hazard, at A = 1, of imitating a cheaper open module.", unit=PER_MONTH, ge=0, le=5, source="D29"
    )
