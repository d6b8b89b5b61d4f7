"""release."""

from __future__ import annotations

from itertools import pairwise

from pydantic import model_validator

from sim.second.declare import MONEY, SWITCH, Section, param


class Reuse(Section):
    """Products released over time share modules or take fresh ones (Gaffney, Durek 1989)."""

    enabled: bool = param(
        True, "Own modules may be reused; off: only copies and fresh ones.", unit=SWITCH, source="claim c"
    )
    lines: int = param(2, "Product lines kept alive at once.", symbol="L", unit="lines", ge=1, le=8, source="D6")
    interval: int = param(4, "Months between releases.", unit="month", ge=1, le=60, source="D6")
    heterogeneity: float = param(
        0.15, "Standard deviation of a product's requirement point around the firm's core.", symbol="σ",
        unit="design distance", ge=0, le=2, source="D7",
    )  # fmt: skip
    fresh_cost: float = param(
        100.0,
        "Development cost of a module; a made one has it spent on trials.",
        symbol="F",
        unit=MONEY,
        ge=0,
        le=1e6,
        source="D7",
    )
    generality: float = param(
        1.3, "Factor on development cost when a module is made reusable.", symbol="G", unit="1", ge=1, le=5,
        source="Gaffney, Durek 1989",
    )  # fmt: skip
    reuse_cost: float = param(
        0.2, "Cost of a reuse relative to a fresh module, without mismatch or coupling.", symbol="b₀", unit="1",
        ge=0, le=1, source="Gaffney, Durek 1989",
    )  # fmt: skip
    mismatch_cost: float = param(
        0.6, "Rise of the relative cost of reuse with mismatch.", symbol="b₁", unit="1/design distance", ge=0, le=5,
        source="D7",
    )  # fmt: skip
    coupling_cost: float = param(
        0.05, "Rise of the relative cost of reuse with each coupled slot.", symbol="b₂", unit="1/slot", ge=0, le=1,
        source="D7",
    )  # fmt: skip
    mismatch_penalty: float = param(
        0.5, "Running cost of a module grows as exp(penalty × mismatch).", symbol="μ",
        unit="1/design distance", ge=0, le=5, source="D7",
    )  # fmt: skip
    stake: float = param(
        1000.0, "Money that the firm thinks one unit of unit cost is worth over a product's life.", symbol="V",
        unit=MONEY, ge=0, le=1e9, source="D8",
    )  # fmt: skip


class ScheduledRelease(Section):
    """One dated release of the focal firm."""

    month: int = param(..., "Month of the release.", unit="month", ge=1, le=1200, source="case facts")
    name: str = param(..., "Name of the product.", unit="name", source="case facts")
    line: int = param(0, "Product line that it renews.", unit="line", ge=0, le=7, source="case facts")
    introduces: tuple[str, ...] = param((), "Slots that take a fresh module.", unit="names", source="case facts")


class Release(Section):
    """When products come out; an empty schedule means every ``reuse.interval`` months."""

    schedule: tuple[ScheduledRelease, ...] = param(
        (), "Dated releases of the focal firm, in order.", unit="list", source="D31"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Release:
        seen = set()
        for release in self.schedule:
            if not release.name.strip() or not release.name.isprintable():
                raise ValueError(f"schedule: {release.name!r} is no name for a product")
            if (release.name, release.month) in seen:
                raise ValueError(f"schedule: two releases are named '{release.name}' in month {release.month}")
            seen.add((release.name, release.month))
        for earlier, later in pairwise(self.schedule):
            if later.month < earlier.month:
                raise ValueError(
                    f"schedule: '{later.name}' (month {later.month}) stands after '{earlier.name}', "
                    f"which comes later (month {earlier.month})"
                )
        return self
