"""What is observed: a row a month, an event log, and the figures of a whole run. Observing changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import fsum, nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.mechanisms import flywheel, reuse

if TYPE_CHECKING:
    from sim.model import InnovationModel


class Event(NamedTuple):
    """One thing that happened to one firm."""

    month: int
    kind: str
    firm: str
    product: str
    slot: str
    module: int
    value: float
    detail: str


EVENT_FIELDS = {
    "month": "month of the event; 0 is founding",
    "kind": "what happened; the kinds follow below",
    "firm": "focal, rival-1, … or empty for the world",
    "product": "name of the product, if one is concerned",
    "slot": "name of the slot or of the commons' module, if one is concerned",
    "module": "id of the module, 0 if none is concerned",
    "value": "a number that belongs to the event; its kind says which",
    "detail": "the same in words",
}

EVENT_KINDS = {
    "founded": "a module of the founding product; value: its cost",
    "released": "a product came out; value: its unit cost",
    "made": "a slot of a release took a fresh module; value: its cost",
    "redeveloped": "a slot took the line's module, redesigned to the requirement; value: its cost",
    "reused": "a slot reused a module; value: its cost",
    "adopted": "a slot took an outside module; value: its cost",
    "redesigned": "an own trial was kept; value: the root module's new cost",
    "best": "an own trial set a new best in the world (independent innovation); value: the new cost",
    "integrated": "a release joined outside modules anew with own ones (integrated innovation); value: outside modules",
    "mastered": "an adopted module became the firm's own to redesign; value: its cost",
    "patched": "a contributed trial was kept; value: the root module's new cost",
    "imitated": "another firm's open module was imitated; value: its cost",
    "forked": "contributors forked an open module; value: its forks",
    "retired": "no live product uses the module any more; value: its cost",
    "cut": "supply from outside was cut",
    "restored": "supply from outside came back",
    "lost": "an adopted module was lost to a cut; value: cost of what replaced it",
    "policy": "a lever changed; value: its new level",
    "shocked": "an experimenter's shock; value: the module's new cost",
}


class Column(NamedTuple):
    """One observed series: name, unit, description and the function that reads it."""

    name: str
    unit: str
    description: str
    function: Callable[[InnovationModel], float]


def month(model: InnovationModel) -> float:
    """Return the month."""
    return model.month


def _rivals(model: InnovationModel, read: Callable[[int], float]) -> float:
    numbers = [read(k) for k in range(1, len(model.firms))]
    return fsum(numbers) / len(numbers) if numbers else nan


def unit_cost(model: InnovationModel) -> float:
    """Return the unit cost of the focal firm's product on offer."""
    return model.focal.unit_cost(model.focal.offered())


def rival_unit_cost(model: InnovationModel) -> float:
    """Return the mean unit cost of the rivals' products on offer."""
    return _rivals(model, lambda k: model.firms[k].unit_cost(model.firms[k].offered()))


def shocked_cost(model: InnovationModel) -> float:
    """Return the unit cost, in the focal product on offer, of the slot that an experimenter shocks; NaN without one."""
    slot = model.parameters.shock.slot
    if not slot:
        return nan
    product, number = model.focal.offered(), model.architecture.slots.index(slot)
    module, penalty = product.modules[number], model.parameters.reuse.mismatch_penalty
    mismatch = abs(module.point - product.requirement[number])
    return float(reuse.running_cost(module.cost, mismatch, penalty))


def average_rd_cost(model: InnovationModel) -> float:
    """Return R&D spending and development to date over releases to date (over 1 before the first)."""
    return model.focal.spent / max(1, model.focal.releases)


def capability(model: InnovationModel) -> float:
    """Return the capability of the focal product."""
    return float(model.offers.capability[0])


def rival_capability(model: InnovationModel) -> float:
    """Return the mean capability of the rivals' products."""
    return _rivals(model, lambda k: float(model.offers.capability[k]))


def trials(model: InnovationModel) -> float:
    """Return the focal firm's own trials in the month."""
    return model.focal.trials


def kept(model: InnovationModel) -> float:
    """Return how many of them were kept."""
    return model.focal.kept


def trial_price(model: InnovationModel) -> float:
    """Return the geometric mean price of a trial relative to founding, over the slots of the product on offer."""
    return float(np.exp(np.log(model.focal.relative_prices(model.focal.offered())).mean()))


def loop_gain(model: InnovationModel) -> float:
    """Return θ = ρ(B E) over the firm's own modules whose price has not met the floor."""
    product, floor = model.focal.offered(), model.parameters.flywheel.price_floor
    live = model.focal.relative_prices(product) > floor * (1.0 + 1e-9)
    own = np.array([module.owner is model.focal for module in product.modules])
    elasticity = np.where((live & own)[:, None] & own[None, :], model.architecture.elasticity, 0.0)
    sizes = [max(1, int(own[list(cluster)].sum())) for cluster in model.architecture.clusters]
    return flywheel.loop_gain(elasticity, sizes, model.parameters.search.gamma)


def cash(model: InnovationModel) -> float:
    """Return the focal firm's cash."""
    return model.focal.cash


def rival_cash(model: InnovationModel) -> float:
    """Return the rivals' mean cash."""
    return _rivals(model, lambda k: model.firms[k].cash)


def funding(model: InnovationModel) -> float:
    """Return what parent, owners and policy paid in the month."""
    return model.focal.month.funding


def earnings(model: InnovationModel) -> float:
    """Return the month's income from arbitrage."""
    return model.focal.month.earnings


def revenue(model: InnovationModel) -> float:
    """Return the month's income from users."""
    return model.focal.month.revenue


def rd_spending(model: InnovationModel) -> float:
    """Return the month's spending on trials."""
    return model.focal.month.rd_spending


def development_spending(model: InnovationModel) -> float:
    """Return the month's spending on releases."""
    return model.focal.month.development


def gap(model: InnovationModel) -> float:
    """Return the gap in the parent's market."""
    return model.focal.gap


def experience(model: InnovationModel) -> float:
    """Return the firm's own kept trials to date, K."""
    return model.focal.experience


def absorptive_capacity(model: InnovationModel) -> float:
    """Return A."""
    return model.focal.absorptive


def modules(model: InnovationModel) -> float:
    """Return the modules in live products."""
    return len(model.focal.modules)


def reuse_share(model: InnovationModel) -> float:
    """Return the share of slots filled by reuse, over all releases to date (0 before the first)."""
    return model.focal.reused / max(1, model.focal.filled)


def independent(model: InnovationModel) -> float:
    """Return independent innovations to date."""
    return model.focal.independent


def rival_independent(model: InnovationModel) -> float:
    """Return the rivals' mean independent innovations to date."""
    return _rivals(model, lambda k: model.firms[k].independent)


def integrated(model: InnovationModel) -> float:
    """Return integrated innovations to date."""
    return model.focal.integrated


def counted(model: InnovationModel, kind: str) -> float:
    """Return how many events of a kind the log holds of the focal firm."""
    return model.tally[kind]


def users(model: InnovationModel) -> float:
    """Return the focal product's users."""
    return int(model.population.users[0])


def rival_users(model: InnovationModel) -> float:
    """Return the users of all rivals' products."""
    return int(model.population.users[1:].sum())


def adopted_openness(model: InnovationModel) -> float:
    """Return the share of all adopters who use an open product, weighted by its openness."""
    return float(model.population.users @ model.openness) / model.population.size


def surplus(model: InnovationModel) -> float:
    """Return the users' summed utility."""
    return model.population.surplus(model.offers)


def cost_of_use(model: InnovationModel) -> float:
    """Return the monthly cost of using the focal product."""
    return float(model.offers.cost_of_use[0])


def rival_cost_of_use(model: InnovationModel) -> float:
    """Return the mean monthly cost of using the rivals' products."""
    return _rivals(model, lambda k: float(model.offers.cost_of_use[k]))


def commons_cost(model: InnovationModel) -> float:
    """Return the mean cost of the commons' modules relative to founding."""
    return model.commons_relative


def contributors(model: InnovationModel) -> float:
    """Return users who contributed in the month."""
    return float(model.contributors.sum())


def commons_trials(model: InnovationModel) -> float:
    """Return trials made on the commons in the month."""
    return model.commons_trials


def inflow(model: InnovationModel) -> float:
    """Return contributed trials that the focal firm took in, in the month."""
    return float(model.inflow[0])


def patches(model: InnovationModel) -> float:
    """Return how many of them were kept."""
    return int(model.patches[0])


def imitations(model: InnovationModel) -> float:
    """Return open modules that the rivals imitated in the month."""
    return int(model.imitations[1:].sum())


def supply_cut(model: InnovationModel) -> float:
    """Return 1 while supply is cut."""
    return int(model.environment.cut)


def policy_cost(model: InnovationModel) -> float:
    """Return public spending to date, net of tariffs."""
    return model.policy_cost


# Kinds of events that are counted as outcomes: the channels through which mechanisms reach the focal firm's modules.
COUNTED = {
    "released": ("releases", "products brought out, to date"),
    "made": ("modules", "slots of releases filled afresh, to date"),
    "redeveloped": ("modules", "slots of releases redeveloped, to date"),
    "reused": ("modules", "slots of releases filled by reuse, to date"),
    "adopted": ("modules", "slots of releases filled from outside, to date"),
    "mastered": ("modules", "adopted modules mastered, to date"),
    "patched": ("trials", "contributed trials kept, to date"),
    "imitated": ("modules", "others' open modules imitated, to date"),
    "lost": ("modules", "adopted modules lost to cuts of supply, to date"),
}
COLUMNS: tuple[Column, ...] = (
    Column("month", "month", "months since founding", month),
    Column("unit_cost", "1", "focal product's cost of a unit of capability, C", unit_cost),
    Column("rival_unit_cost", "1", "rivals' products' mean C", rival_unit_cost),
    Column("average_rd_cost", "money", "R&D and development to date, per release", average_rd_cost),
    Column("capability", "1", "focal product's capability, 0 to 1", capability),
    Column("rival_capability", "1", "rivals' mean capability", rival_capability),
    Column("trials", "trials", "focal firm's own trials in the month", trials),
    Column("kept", "trials", "own trials kept in the month", kept),
    Column("trial_price", "1", "price of a trial relative to founding, geometric mean over slots", trial_price),
    Column("loop_gain", "1", "loop gain θ of the firm's own modules above the price floor", loop_gain),
    Column("cash", "money", "focal firm's cash", cash),
    Column("rival_cash", "money", "rivals' mean cash", rival_cash),
    Column("funding", "money/month", "paid by parent, owners and policy", funding),
    Column("earnings", "money/month", "earned by arbitrage", earnings),
    Column("revenue", "money/month", "earned from users", revenue),
    Column("rd_spending", "money/month", "spent on trials", rd_spending),
    Column("development_spending", "money/month", "spent on releases", development_spending),
    Column("gap", "1", "gap in the parent's market", gap),
    Column("experience", "kept trials", "own kept trials to date, K", experience),
    Column("absorptive_capacity", "1", "absorptive capacity A", absorptive_capacity),
    Column("modules", "modules", "modules in live products", modules),
    Column("reuse_share", "share", "slots filled by reuse, over all releases to date", reuse_share),
    Column("independent", "innovations", "own redesigns that set a new best, to date", independent),
    Column("rival_independent", "innovations", "the same, rivals' mean", rival_independent),
    Column(
        "integrated",
        "releases",
        "releases joining two or more outside modules, in a new combination, with own ones, to date",
        integrated,
    ),
    Column("users", "adopters", "users of the focal product", users),
    Column("rival_users", "adopters", "users of all rivals' products", rival_users),
    Column("adopted_openness", "share", "adopters using an open product, weighted by its openness", adopted_openness),
    Column("surplus", "utility", "users' summed utility", surplus),
    Column("cost_of_use", "utility/month", "cost of using the focal product", cost_of_use),
    Column("rival_cost_of_use", "utility/month", "mean cost of using the rivals' products", rival_cost_of_use),
    Column("commons_cost", "1", "cost of the commons' modules relative to founding", commons_cost),
    Column("contributors", "adopters", "users contributing in the month", contributors),
    Column("commons_trials", "trials/month", "trials made on the commons", commons_trials),
    Column("inflow", "trials/month", "contributed trials taken in by the focal firm", inflow),
    Column("patches", "trials/month", "contributed trials kept by the focal firm", patches),
    Column("imitations", "modules/month", "open modules imitated by the rivals", imitations),
    Column("supply_cut", "0 or 1", "supply from outside is cut", supply_cut),
    Column("policy_cost", "money", "public spending to date, net of tariffs", policy_cost),
    Column("shocked_cost", "1", "cost of the focal product's slot that an experimenter shocks", shocked_cost),
    *(Column(f"events_{kind}", *said, partial(counted, kind=kind)) for kind, said in COUNTED.items()),
)


def summary(model: InnovationModel) -> dict[str, float]:
    """Return the outcome of a run: every column at its end."""
    return {column.name: column.function(model) for column in COLUMNS}
