"""shock."""

from __future__ import annotations

from sim.second.declare import SHARE, SWITCH, Section, param


class Shock(Section):
    """An experimenter's hand, for impulse responses: one slot of the focal firm, or its trials, gets cheaper."""

    slot: str = param("", "Slot that is shocked; empty for none.", unit="name", source="D64")
    size: float = param(0.01, "Share by which cost or price falls.", unit=SHARE, ge=0, le=0.999, source="D64")
    month: int = param(1, "Month of the shock.", unit="month", ge=1, le=1200, source="D64")
    lasting: bool = param(
        False,
        "Trials on the slot stay cheaper from then on; otherwise its modules get cheaper once.",
        unit=SWITCH,
        source="D71",
    )
