"""feedback."""

from __future__ import annotations

from sim.second.declare import SHARE, SWITCH, Section, param


class Feedback(Section):
    """What comes back to the firm from open modules and their users: three channels, a switch each."""

    patches: bool = param(True, "Contributed trials reach the firm's open modules.", unit=SWITCH, source="claim f")
    upstream: float = param(
        0.3, "Share of contributed trials aimed at the firms' open modules.", unit=SHARE, ge=0, le=1, source="D28"
    )
    review: float = param(
        0.2, "Share of innovation effort taken by reviewing contributions at full bandwidth.", unit=SHARE, ge=0, le=1,
        source="D28",
    )  # fmt: skip
    tooling: bool = param(True, "The commons are inputs to firms' trials.", unit=SWITCH, source="claim f")
    tooling_elasticity: float = param(
        0.3, "Elasticity of an open firm's trial prices to the commons' cost.", symbol="ε_c", unit="1", ge=0, le=2,
        source="D84",
    )  # fmt: skip
    closed_share: float = param(
        0.5, "Share of that elasticity that a wholly closed firm has.", symbol="χ", unit=SHARE, ge=0, le=1, source="D84"
    )
    signal: bool = param(True, "Use shows firms which slots matter.", unit=SWITCH, source="claim f")
    signal_half: float = param(
        500.0, "Users of its product at which a firm's error in perceived weights is halved.", symbol="U₀",
        unit="adopters", ge=1e-3, le=1e12, source="D85",
    )  # fmt: skip
