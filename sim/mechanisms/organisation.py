"""Organisation: teams aim a share of the trials by local success, and there is only so much the firm can maintain.

    share of trials_t = (1 − autonomy) · stake_t / Σ stake  +  autonomy · (1 + r_t) / Σ (1 + r)

with r the fading record of kept trials of the root's slot. Trials shrink by min(1, span / modules).

Shapes: clusters (T,), slots (M,).
Source: claim g; March (1991).
"""

from __future__ import annotations

from math import inf
from typing import Any

from sim.declare import SHARE, SWITCH, Column, Section, param
from sim.kernels.compiled import World, compiled
from sim.kernels.products import count_modules
from sim.kernels.trials import stakes


class Organisation(Section):
    """How the firm's teams work."""

    enabled: bool = param(
        True, "Organisation matters; off: all trials aimed from above, span and bandwidth without limit.",
        unit=SWITCH, source="claim g",
    )  # fmt: skip
    autonomy: float = param(
        0.87,
        "Share of trials that teams aim themselves, by local success.",
        unit=SHARE,
        ge=0,
        le=1,
        source="fit of the case, docs/case.md",
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


STATE = {"firms": [("success", "f8", (64,))]}
COLUMNS = (Column("modules", "modules", "modules in the focal firm's live products"),)


@compiled
def aim(world: World, k: int, budget: float) -> None:
    """Divide a month's budget among clusters."""
    given, success, at_stake, tasks = world.parameters.organisation, world.firms[k].success, stakes(world), world.tasks
    autonomy = given.autonomy if given.enabled else 0.0
    upkeep = min(1.0, given.span / count_modules(world, k)) if given.enabled else 1.0
    records = 0.0
    for t in range(world.here.tasks):
        records += 1.0 + success[tasks[t].slot]
    for t in range(world.here.tasks):
        above, local = tasks[t].stake / at_stake, (1.0 + success[tasks[t].slot]) / records
        tasks[t].budget = budget * upkeep * ((1.0 - autonomy) * above + autonomy * local)


@compiled
def remember(world: World, k: int) -> None:
    """Let the record of success fade, and add a month's kept trials."""
    success = world.firms[k].success
    for slot in range(world.design.slots):
        success[slot] *= world.parameters.organisation.memory
    for t in range(world.here.tasks):
        success[world.tasks[t].slot] += world.tasks[t].kept


@compiled
def bandwidth(world: World) -> float:
    """Return the outside trials that a firm can review in a month."""
    given = world.parameters.organisation
    return given.bandwidth if given.enabled else inf


@compiled
def observe(world: World, row: Any) -> None:
    """Write how many modules the focal firm maintains."""
    row.modules = count_modules(world, 0)
