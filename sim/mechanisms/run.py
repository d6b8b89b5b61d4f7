"""The calendar: how long a run lasts, and in which order firms act in a month."""

from __future__ import annotations

from typing import Any, Literal

from sim.declare import Column, Section, param
from sim.kernels.compiled import World, compiled


class Run(Section):
    """How long one run lasts."""

    months: int = param(60, "Length of the run.", symbol="T", unit="month", ge=1, le=1200, source="D1")
    order: Literal["search-first", "release-first"] = param(
        "search-first", "Whether firms make a month's trials before its releases or after.", unit="choice", source="D65"
    )


COLUMNS = (Column("month", "month", "months since founding"),)


@compiled
def observe(world: World, row: Any) -> None:
    """Write the month."""
    row.month = world.here.month
