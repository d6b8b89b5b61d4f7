"""Feedback: three channels bring something back from users and open modules, a switch each.

    patches   min(offered, bandwidth) · A trials on open modules; review effort ∝ min(offered, bandwidth) / bandwidth
    tooling   trial prices carry g^(ε_c (χ + (1 − χ) o)): the commons are inputs to experiments, most to open firms'
    signal    the error in perceived weights falls to ν / (1 + U/U₀) with the product's U users

Units: trials a month; g relative to founding; U adopters.
Limits: L11, openness 0, or A = 0, or bandwidth 0: no patches; L14, commons held at g: trials bought scale as g^(−ε_c);
L15, U₀ = ∞ is no signal, U → ∞ perfect steering.
Source: claim f; Cohen, Levinthal (1990); brief, section 6.
"""

from __future__ import annotations

from typing import Any

from sim.declare import SHARE, SWITCH, Column, Kind, Section, event, param
from sim.kernels.compiled import World, compiled
from sim.kernels.trials import OTHERS, Price, kept, lay_out, redesign, stakes, weigh


class Feedback(Section):
    """What comes back to the firm from open modules and their users: three channels, a switch each."""

    patches: bool = param(True, "Contributed trials reach the firm's open modules.", unit=SWITCH, source="claim f")
    upstream: float = param(
        0.41,
        "Share of contributed trials aimed at the firms' open modules.",
        unit=SHARE,
        ge=0,
        le=1,
        source="fit of the case, docs/case.md",
    )
    review: float = param(
        0.2, "Share of innovation effort taken by reviewing contributions at full bandwidth.", unit=SHARE, ge=0, le=1,
        source="D28",
    )  # fmt: skip
    tooling: bool = param(True, "The commons are inputs to firms' trials.", unit=SWITCH, source="claim f")
    tooling_elasticity: float = param(
        0.35, "Elasticity of an open firm's trial prices to the commons' cost.", symbol="ε_c", unit="1", ge=0, le=2,
        source="fit of the case, docs/case.md",
    )  # fmt: skip
    closed_share: float = param(
        0.5, "Share of that elasticity that a wholly closed firm has.", symbol="χ", unit=SHARE, ge=0, le=1, source="D84"
    )
    signal: bool = param(True, "Use shows firms which slots matter.", unit=SWITCH, source="claim f")
    signal_half: float = param(
        35.0, "Users of its product at which a firm's error in perceived weights is halved.", symbol="U₀",
        unit="adopters", ge=1e-3, le=1e12, source="fit of the case, docs/case.md",
    )  # fmt: skip


STATE = {"firms": [("inflow", "f8"), ("patches", "i8")]}
EVENTS = (
    Kind("patched", "a contributed trial was kept; value: the module's new cost, extra: the root's slot", "trials"),
)
COLUMNS = (
    Column("inflow", "trials/month", "contributed trials taken in by the focal firm"),
    Column("patches", "trials/month", "contributed trials kept by the focal firm"),
)

_PATCHED = event("patched")


@compiled
def equip(world: World) -> None:
    """Bring in what the commons' tools leave of prices, and what users leave of errors, as of last month's end."""
    given, here = world.parameters.feedback, world.here
    for k in range(world.here.firms):
        firm = world.firms[k]
        if given.tooling:
            share = given.closed_share + (1.0 - given.closed_share) * firm.product_openness
            firm.tools = here.commons_cost ** (given.tooling_elasticity * share)
        if given.signal and firm.releases > 0:
            firm.unseen = 1.0 / (1.0 + firm.users / given.signal_half)


@compiled
def take_in(world: World, k: int, absorptive: float, bandwidth: float, price: Price) -> None:
    """Review what users contribute to a firm's open modules, and keep what improves them."""
    given, firm = world.parameters.feedback, world.firms[k]
    firm.inflow, firm.patches, firm.review = 0.0, 0, 0.0
    if not given.patches:
        return
    reviewed = min(given.upstream * firm.contributed * firm.strategy.accept, bandwidth)
    firm.review = given.review * reviewed / bandwidth if bandwidth > 0.0 else 0.0
    if reviewed * absorptive <= 0.0:
        return
    weigh(world, k)
    lay_out(world, k, True)
    if world.here.tasks == 0:
        return
    at_stake = stakes(world)
    for t in range(world.here.tasks):
        world.tasks[t].budget = reviewed * absorptive * world.tasks[t].stake / at_stake
    firm.inflow = redesign(world, k, price, OTHERS, _PATCHED)
    firm.patches = kept(world)
    firm.tally.patched += firm.patches


@compiled
def observe(world: World, row: Any) -> None:
    """Write the trials that came back."""
    row.inflow, row.patches = world.firms[0].inflow, world.firms[0].patches
