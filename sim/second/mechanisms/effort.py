"""effort."""

from __future__ import annotations

from sim.second.declare import MONEY, PER_MONTH, SHARE, SWITCH, Section, param


class Strategy(Section):
    """What distinguishes one firm from another."""

    arbitrage: float = param(0.3, "Share of effort for arbitrage.", symbol="e_a", unit=SHARE, ge=0, le=1, source="D14")
    innovation: float = param(
        0.6, "Share of effort for innovation; with arbitrage above 1 in sum, both shrink in proportion.",
        symbol="e_i", unit=SHARE, ge=0, le=1, source="D14",
    )  # fmt: skip
    self_reliance: float = param(
        0.7, "Chance that a slot is made though an outside module is cheaper now.", symbol="s", unit=SHARE, ge=0,
        le=1, source="claim a",
    )  # fmt: skip
    openness: float = param(
        1.0, "Share of the firm's modules that it opens.", symbol="o", unit=SHARE, ge=0, le=1, source="claim e"
    )
    platform: float = param(
        0.9, "Strength of the platform strategy: chance that reuse is considered for a slot, and share of G paid.",
        symbol="π", unit=SHARE, ge=0, le=1, source="D8",
    )  # fmt: skip
    accept: float = param(
        1.0, "Share of offered contributions that the firm is willing to review.", unit=SHARE, ge=0, le=1, source="D15"
    )
    capacity: float = param(
        600.0, "R&D money that the whole team can turn into trials.", unit="money/month", ge=0, le=1e12, source="D14"
    )
    endowment: float = param(1000.0, "Cash at founding.", unit=MONEY, ge=0, le=1e12, source="D14")
    grant: float = param(
        0.0, "Income from owners other than the parent.", unit="money/month", ge=0, le=1e12, source="D14"
    )
    compute: float = param(
        100.0, "Compute bought a month at founding.", symbol="X₀", unit="compute", ge=1e-3, le=1e12, source="D16"
    )


class Rival(Strategy):
    """The rivals: the same class of firm with another strategy; an incumbent with closed products by default."""

    count: int = param(1, "Number of rivals.", unit="firms", ge=0, le=8, source="D17")
    arbitrage: float = param(0.2, "Share of effort for arbitrage.", unit=SHARE, ge=0, le=1, source="D17")
    self_reliance: float = param(
        0.5, "Chance that a slot is made though an outside module is cheaper now.", unit=SHARE, ge=0, le=1, source="D17"
    )
    openness: float = param(0.0, "Share of the rival's modules that it opens.", unit=SHARE, ge=0, le=1, source="D17")
    platform: float = param(0.5, "Strength of the platform strategy.", unit=SHARE, ge=0, le=1, source="D17")
    grant: float = param(400.0, "Income from owners.", unit="money/month", ge=0, le=1e12, source="D17")
    compute: float = param(
        1000.0, "Compute bought a month at founding.", unit="compute", ge=1e-3, le=1e12, source="D17"
    )


class Arbitrage(Section):
    """Kirzner's entrepreneur: earns from a gap in the parent's market, and notices cheaper outside modules."""

    enabled: bool = param(
        True, "The firm can earn from gaps and notice outside modules.", unit=SWITCH, source="claim a"
    )
    gap: float = param(
        1.0,
        "Gap in the market that the firm trades in, at founding (the focal firm's: its parent's).",
        symbol="g₀",
        unit="1",
        ge=0,
        le=1,
        source="D10",
    )
    earnings: float = param(
        800.0, "Money earned in a month by full arbitrage effort on a gap of 1.", symbol="y", unit="money/month",
        ge=0, le=1e9, source="D10",
    )  # fmt: skip
    closing: float = param(
        0.10, "Share of the gap closed in a month by full arbitrage effort.", symbol="ψ", unit=PER_MONTH, ge=0, le=1,
        source="Kirzner 1973",
    )  # fmt: skip
    opening: float = param(
        0.05, "Share of the closed part that one independent innovation opens again.", symbol="η", unit="1", ge=0,
        le=1, source="Schumpeter 1934",
    )  # fmt: skip
    alertness: float = param(
        4.0, "Hazard, at full arbitrage effort, of noticing a cheaper outside module at a release.", unit="1", ge=0,
        le=50, source="Kirzner 1973",
    )  # fmt: skip
