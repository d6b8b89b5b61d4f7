"""What is observed of a run, a row a month, by the names that the model's own columns have."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.twin.firm import Firm
    from benchmarks.twin.model import Twin


def focal(name: str) -> Callable[[Twin], float]:
    """Return a reporter of an attribute of the focal firm."""
    return lambda model: getattr(model.firms[0], name)


def rivals(name: str) -> Callable[[Twin], float]:
    """Return a reporter of the rivals' mean of an attribute."""
    return lambda model: fmean(getattr(firm, name) for firm in model.firms[1:])


def filled(way: str) -> Callable[[Twin], float]:
    """Return a reporter of the slots of the focal firm's releases that were filled in a way, to date."""
    return lambda model: model.firms[0].filled[way]


def unit_cost(firm: Firm) -> float:
    """Return the unit cost of the product on offer."""
    return firm.unit_cost(firm.offered())


REPORTERS: dict[str, Callable[[Twin], float]] = {
    "month": lambda model: model.month,
    "unit_cost": lambda model: unit_cost(model.firms[0]),
    "rival_unit_cost": lambda model: fmean(unit_cost(firm) for firm in model.firms[1:]),
    "average_rd_cost": lambda model: model.firms[0].spent / max(1, model.firms[0].releases),
    "capability": focal("capability"),
    "rival_capability": rivals("capability"),
    "trials": focal("trials"),
    "kept": focal("kept"),
    "cash": focal("cash"),
    "rival_cash": rivals("cash"),
    "revenue": focal("revenue"),
    "rd_spending": focal("rd_spending"),
    "development_spending": focal("development"),
    "gap": focal("gap"),
    "experience": focal("experience"),
    "absorptive_capacity": focal("absorptive"),
    "modules": lambda model: len(model.firms[0].modules()),
    "independent": focal("independent"),
    "rival_independent": rivals("independent"),
    "integrated": focal("integrated"),
    "users": focal("users"),
    "rival_users": lambda model: sum(firm.users for firm in model.firms[1:]),
    "cost_of_use": focal("cost_of_use"),
    "rival_cost_of_use": rivals("cost_of_use"),
    "commons_cost": lambda model: model.commons_relative,
    "contributors": lambda model: sum(firm.contributors for firm in model.firms),
    "commons_trials": lambda model: model.commons_trials,
    "inflow": focal("inflow"),
    "patches": focal("patches"),
    "imitations": lambda model: sum(firm.imitations for firm in model.firms[1:]),
    "supply_cut": lambda model: int(model.frontier.cut),
    "events_released": focal("releases"),
    "events_made": filled("made"),
    "events_redeveloped": filled("redeveloped"),
    "events_reused": filled("reused"),
    "events_adopted": filled("adopted"),
    "events_mastered": focal("mastered"),
    "events_lost": focal("lost"),
}
