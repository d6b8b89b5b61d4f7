"""What is observed of a run, a row a month; NaN where there is no product yet."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import exp, isnan, log, nan
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.reference.firm import Firm
    from sim.reference.model import Reference

Read = Callable[["Firm"], float]


def attribute(firm: Firm, name: str) -> float:
    """Return an attribute of a firm."""
    return float(getattr(firm, name))


def unit_cost(firm: Firm) -> float:
    """Return the unit cost of the product on offer."""
    return firm.unit_cost(firm.offered()) if firm.releases else nan


def openness(firm: Firm) -> float:
    """Return the openness of the product on offer."""
    return firm.product_openness if firm.releases else nan


def trial_price(firm: Firm) -> float:
    """Return the geometric mean relative price of a trial over the slots of the product on offer."""
    return exp(fmean(log(price) for price in firm.slot_prices)) if firm.releases else nan


def misfit(firm: Firm) -> float:
    """Return the mean distance of modules from what the product on offer requires, by the market's weights."""
    if not firm.releases:
        return nan
    product, weights = firm.offered(), firm.model.design.weights
    return sum(weight * product.misfit(slot) for slot, weight in enumerate(weights))


def average_rd_cost(firm: Firm) -> float:
    """Return spending on trials and development to date, over releases."""
    return firm.spent / max(1, firm.releases)


def module_count(firm: Firm) -> float:
    """Return how many modules there are in live products."""
    return len(firm.modules())


def reuse_share(firm: Firm) -> float:
    """Return the share of slots filled by reuse, over all releases to date."""
    return firm.events["reused"] / max(1, firm.releases * len(firm.model.design.slots))


def core_distance(firm: Firm) -> float:
    """Return how far the firm's core has moved from the outside standard, the mean over slots."""
    return fmean(abs(core) for core in firm.core)


def event(firm: Firm, kind: str) -> float:
    """Return how often something happened to a firm, to date."""
    return firm.events[kind]


def focal(model: Reference, read: Read) -> float:
    """Return what there is to read of the focal firm."""
    return read(model.firms[0])


def rivals_mean(model: Reference, read: Read) -> float:
    """Return the mean over the rivals that have it; NaN if none has."""
    found = [number for firm in model.firms[1:] if not isnan(number := read(firm))]
    return fmean(found) if found else nan


def rivals_sum(model: Reference, read: Read) -> float:
    """Return the sum over the rivals."""
    return sum(map(read, model.firms[1:]))


def month(model: Reference) -> int:
    """Return the month."""
    return model.month


def commons_cost(model: Reference) -> float:
    """Return what the commons' modules cost relative to founding."""
    return model.commons_cost


def contributors(model: Reference) -> float:
    """Return how many users contributed in the month."""
    return sum(firm.contributors for firm in model.firms)


def commons_trials(model: Reference) -> float:
    """Return the month's trials on the commons."""
    return model.commons_trials


def supply_cut(model: Reference) -> float:
    """Return whether supply from outside is cut."""
    return int(model.frontier.cut)


def frontier_cost(model: Reference) -> float:
    """Return the mean cost of outside modules over slots."""
    return fmean(model.frontier.costs)


def policy_cost(model: Reference) -> float:
    """Return public spending to date, net of tariffs."""
    return model.policy_cost


def adopted_openness(model: Reference) -> float:
    """Return the share of adopters who use an open product, weighted by its openness."""
    return sum(firm.users * firm.product_openness for firm in model.firms) / len(model.adopters)


def surplus(model: Reference) -> float:
    """Return the sum of users' utilities from what they use."""
    return sum(adopter.surplus() for adopter in model.adopters)


def of_focal(*names: str) -> dict[str, Callable[[Reference], float]]:
    """Return reporters of attributes of the focal firm, under their own names."""
    return {name: partial(focal, read=partial(attribute, name=name)) for name in names}


def of_rivals(*names: str) -> dict[str, Callable[[Reference], float]]:
    """Return reporters of the rivals' mean attributes."""
    return {f"rival_{name}": partial(rivals_mean, read=partial(attribute, name=name)) for name in names}


EVENTS = ("released", "made", "copied", "reused", "adopted", "mastered", "lost", "patched", "imitated")
FOCAL = (unit_cost, average_rd_cost, trial_price, reuse_share, openness, misfit, core_distance)
WORLD = (
    month, commons_cost, contributors, commons_trials, supply_cut, frontier_cost, policy_cost, surplus,
    adopted_openness,
)  # fmt: skip
REPORTERS: dict[str, Callable[[Reference], float]] = {
    **{read.__name__: read for read in WORLD},
    **{read.__name__: partial(focal, read=read) for read in FOCAL},
    "modules": partial(focal, read=module_count),
    **of_focal("capability", "trials", "kept", "development_trials", "cash", "revenue", "rd_spending"),
    "development_spending": partial(focal, read=partial(attribute, name="development")),
    **of_focal("gap", "experience", "independent", "independent_size", "integrated", "users", "cost_of_use"),
    "absorptive_capacity": partial(focal, read=partial(attribute, name="absorptive")),
    **of_focal("inflow", "patches", "systems_cost", "algorithms_cost"),
    "rival_unit_cost": partial(rivals_mean, read=unit_cost),
    "rival_trial_price": partial(rivals_mean, read=trial_price),
    **of_rivals("capability", "cash", "independent", "independent_size", "cost_of_use"),
    "rival_users": partial(rivals_sum, read=partial(attribute, name="users")),
    "imitations": partial(rivals_sum, read=partial(attribute, name="imitations")),
    **{f"events_{kind}": partial(focal, read=partial(event, kind=kind)) for kind in EVENTS},
}
