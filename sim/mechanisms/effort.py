"""Effort: arbitrage closes gaps and earns, innovation spends and opens them; effort is scarce.

    e_a + e_i ≤ 1;  review takes its share of e_i
    income = y · e_a · g
    g* = g − ψ e_a g,    g' = g* + (1 − (1 − η)^m)(1 − g*)    with m independent innovations in the month
    P(an outside module is noticed) = 1 − exp(−alertness · e_a)

Units: efforts and gap in [0, 1]; money a month.
Limit: L7, without innovation m = 0: the gap closes and nothing opens.
Source: claim a; Kirzner (1973); Schumpeter (1934).
"""

from __future__ import annotations

from math import exp, nan
from typing import Any

from sim.declare import MONEY, PER_MONTH, SHARE, SWITCH, Column, Lever, Section, param
from sim.kernels.compiled import World, compiled


class Strategy(Section):
    """What distinguishes one firm from another."""

    arbitrage: float = param(0.3, "Share of effort for arbitrage.", symbol="e_a", unit=SHARE, ge=0, le=1, source="D14")
    innovation: float = param(
        0.6, "Share of effort for innovation; with arbitrage above 1 in sum, both shrink in proportion.",
        symbol="e_i", unit=SHARE, ge=0, le=1, source="D14",
    )  # fmt: skip
    self_reliance: float = param(
        0.88, "Chance that a slot takes one of its own though one outside is cheaper.", symbol="s", unit=SHARE, ge=0,
        le=1, source="fit of the case, docs/case.md",
    )  # fmt: skip
    openness: float = param(
        1.0, "Share of the firm's modules that it opens.", symbol="o", unit=SHARE, ge=0, le=1, source="claim e"
    )
    platform: float = param(
        0.95, "Strength of the platform strategy: chance that reuse is considered for a slot, and share of G paid.",
        symbol="π", unit=SHARE, ge=0, le=1, source="fit of the case, docs/case.md",
    )  # fmt: skip
    accept: float = param(
        1.0, "Share of offered contributions that the firm is willing to review.", unit=SHARE, ge=0, le=1, source="D15"
    )
    capacity: float = param(
        52.0,
        "R&D money that the whole team can turn into trials.",
        unit="money/month",
        ge=0,
        le=1e12,
        source="fit of the case, docs/case.md",
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
        0.5,
        "Chance that a slot takes one of its own though one outside is cheaper.",
        unit=SHARE,
        ge=0,
        le=1,
        source="D17",
    )
    openness: float = param(0.0, "Share of the rival's modules that it opens.", unit=SHARE, ge=0, le=1, source="D17")
    platform: float = param(0.5, "Strength of the platform strategy.", unit=SHARE, ge=0, le=1, source="D17")
    capacity: float = param(
        600.0, "R&D money that the whole team can turn into trials.", unit="money/month", ge=0, le=1e12, source="D17"
    )
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
        0.45, "Hazard, at full arbitrage effort, of noticing a cheaper outside module at a release.", unit="1", ge=0,
        le=50, source="fit of the case, docs/case.md",
    )  # fmt: skip


STATE = {
    "firms": [
        ("gap", "f8"), ("review", "f8"), ("openness", "f8"), ("funding", "f8"), ("earnings", "f8"),
        ("rd_spending", "f8"), ("matched", "f8"), ("innovations", "i8"), ("independent", "i8"),
        ("independent_size", "f8"), ("spent", "f8"),
    ],
}  # fmt: skip
LEVERS = (
    Lever("subsidy", "money a month paid to the focal firm"),
    Lever("matching", "share of last month's R&D spending paid back to the focal firm"),
    Lever("mandate", "every firm must open this share of its modules at least", 1.0),
    Lever("open_reward", "money a month paid to each firm for full openness"),
)
COLUMNS = (
    Column("cash", "money", "focal firm's cash"),
    Column("rival_cash", "money", "rivals' mean cash"),
    Column("funding", "money/month", "paid by parent, owners and policy"),
    Column("earnings", "money/month", "earned by arbitrage"),
    Column("gap", "1", "gap in the parent's market"),
    Column("average_rd_cost", "money", "R&D and development to date, per release (over 1 before the first)"),
    Column("independent", "innovations", "own redesigns that set a new best, to date"),
    Column("independent_size", "log cost", "by how much they bettered the best, to date"),
    Column("rival_independent", "innovations", "own redesigns that set a new best, to date, rivals' mean"),
    Column("rival_independent_size", "log cost", "by how much they bettered the best, to date, rivals' mean"),
)


@compiled
def found(world: World) -> None:
    """Begin with the endowment, and the gap as it is."""
    for k in range(world.here.firms):
        firm = world.firms[k]
        firm.cash, firm.gap = firm.strategy.endowment, world.parameters.arbitrage.gap
        firm.openness = firm.strategy.openness


@compiled
def open_books(world: World) -> None:
    """Begin a month: what was spent on trials in the last one is what policy may match; mandates hold."""
    for k in range(world.here.firms):
        firm = world.firms[k]
        firm.matched, firm.rd_spending = firm.rd_spending, 0.0
        firm.openness = min(max(firm.strategy.openness, world.policy[world.here.month].mandate), 1.0)


@compiled
def arbitrage(world: World, k: int) -> float:
    """Return a firm's effort for arbitrage e_a."""
    wanted = world.firms[k].strategy.arbitrage if world.parameters.arbitrage.enabled else 0.0
    return wanted / max(1.0, wanted + world.firms[k].strategy.innovation)


@compiled
def innovation(world: World, k: int) -> float:
    """Return a firm's effort for innovation e_i, less what review takes."""
    firm = world.firms[k]
    wanted = firm.strategy.arbitrage if world.parameters.arbitrage.enabled else 0.0
    return firm.strategy.innovation / max(1.0, wanted + firm.strategy.innovation) * (1.0 - firm.review)


@compiled
def notices(world: World, k: int) -> float:
    """Return the chance that a firm notices an outside module."""
    return 1.0 - exp(-world.parameters.arbitrage.alertness * arbitrage(world, k))


@compiled
def earn(world: World, k: int) -> None:
    """Take in what owners, the parent and policy pay, and what arbitrage earns."""
    given, here, firm = world.parameters, world.here, world.firms[k]
    policy = world.policy[here.month]
    public = policy.open_reward * firm.product_openness if firm.releases > 0 else 0.0
    firm.funding = firm.strategy.grant
    if k == 0:
        public += policy.subsidy + policy.matching * firm.matched
        firm.funding += given.demand.budget if given.demand.funding else 0.0
    here.policy_cost += public
    firm.funding += public
    firm.earnings = given.arbitrage.earnings * arbitrage(world, k) * firm.gap
    firm.cash += firm.funding + firm.earnings


@compiled
def close_and_open_gaps(world: World) -> None:
    """Let the month's arbitrage close gaps, and its independent innovations open them."""
    given = world.parameters.arbitrage
    for k in range(world.here.firms):
        firm = world.firms[k]
        worked = firm.gap * (1.0 - given.closing * arbitrage(world, k))
        firm.gap = worked + (1.0 - (1.0 - given.opening) ** firm.innovations) * (1.0 - worked)


@compiled
def observe(world: World, row: Any) -> None:
    """Write money, the gap, and independent innovations."""
    firm, rivals = world.firms[0], world.here.firms - 1
    row.cash, row.funding, row.earnings, row.gap = firm.cash, firm.funding, firm.earnings, firm.gap
    row.average_rd_cost = firm.spent / max(firm.releases, 1)
    row.independent, row.independent_size = firm.independent, firm.independent_size
    row.rival_cash, row.rival_independent, row.rival_independent_size = nan, nan, nan
    if rivals > 0:
        row.rival_cash, row.rival_independent, row.rival_independent_size = 0.0, 0.0, 0.0
        for k in range(1, world.here.firms):
            row.rival_cash += world.firms[k].cash / rivals
            row.rival_independent += world.firms[k].independent / rivals
            row.rival_independent_size += world.firms[k].independent_size / rivals
