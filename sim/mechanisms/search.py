"""Search: the firm spends what the next release leaves on trials, on what it owns.

    budget = clip(cash − expected development · share of the time to the next release, 0, e_i · capacity)

What a trial is, and when it is kept, is in ``sim/kernels/trials.py``.

Units: money a month, trials a month.
Limits: L1, L2, L12.
Source: McNerney et al. (2011); Auerswald et al. (2000).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.declare import MONEY, SWITCH, Column, Kind, Section, event, param
from sim.kernels.compiled import World, compiled
from sim.kernels.trials import OWN, Price, kept, lay_out, redesign, weigh


class Search(Section):
    """Trials on modules (Auerswald et al. 2000; McNerney et al. 2011)."""

    enabled: bool = param(True, "Firms make trials.", unit=SWITCH, source="brief 1")
    gamma: float = param(
        1.6, "Exponent of the cost distribution F(c) = c^γ of a trial.", symbol="γ", unit="1", ge=0.25, le=4,
        source="fit of the case, docs/case.md",
    )  # fmt: skip
    trial_price: float = param(
        10.0,
        "Price of a trial where inputs cost what a first draw does.",
        symbol="κ₀",
        unit=MONEY,
        ge=1e-3,
        le=1e3,
        source="D5",
    )


STATE = {"firms": [("trials", "f8"), ("kept", "i8")]}
EVENTS = (
    Kind("redesigned", "an own trial of the month was kept; value: the module's new cost, extra: the root's slot"),
    Kind("best", "an own trial set a new best in the world (independent innovation); extra: by how much, log cost"),
)
COLUMNS = (
    Column("trials", "trials", "focal firm's own trials in the month, without development's"),
    Column("kept", "trials", "own trials kept in the month, with development's"),
    Column("rd_spending", "money/month", "spent on trials"),
)

_REDESIGNED = event("redesigned")


@compiled
def spend(
    world: World,
    k: int,
    budget: float,
    price: Price,
    aim: Callable[[World, int, float], None],
    remember: Callable[[World, int], None],
) -> None:
    """Spend a budget on a month's trials."""
    firm = world.firms[k]
    firm.trials = 0.0
    if not world.parameters.search.enabled or budget <= 0.0:
        return
    weigh(world, k)
    lay_out(world, k, False)
    if world.here.tasks == 0:
        return
    firm.cash = max(0.0, firm.cash - budget)
    firm.rd_spending = budget
    firm.spent += budget
    aim(world, k, budget)
    firm.trials = redesign(world, k, price, OWN, _REDESIGNED)
    remember(world, k)
    firm.kept += kept(world)
    firm.experience += kept(world)


@compiled
def observe(world: World, row: Any) -> None:
    """Write the focal firm's trials."""
    firm = world.firms[0]
    row.trials, row.kept, row.rd_spending = firm.trials, firm.kept, firm.rd_spending
