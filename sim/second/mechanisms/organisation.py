"""organisation."""

from __future__ import annotations

from sim.second.declare import SHARE, SWITCH, Section, param


class Organisation(Section):
    """How the firm's teams work."""

    enabled: bool = param(
        True, "Organisation matters; off: all trials aimed from above, span and bandwidth without limit.",
        unit=SWITCH, source="claim g",
    )  # fmt: skip
    autonomy: float = param(
        0.3, "Share of trials that teams aim themselves, by local success.", unit=SHARE, ge=0, le=1, source="claim g"
    )
    memory: float = param(
        0.8, "Share of the record of local success that is kept from month to month.", unit=SHARE, ge=0, le=0.99,
        source="D20",
    )  # fmt: skip
    span: float = param(
        40.0, "Modules that the firm can maintain; above it trials shrink in proportion.", unit="modules", ge=1,
        le=1e6, source="D20",
    )  # fmt: skip
    bandwidth: float = param(
        20.0, "Outside trials that the firm can review and integrate.", symbol="B", unit="trials/month", ge=0, le=1e12,
        source="claim g",
    )  # fmt: skip
