"""Release: a firm brings out products, and fills each slot in the way that costs it least.

    total = development + stake · ŵ_i · perceived running cost
    make     F (1 + (G − 1) π)    c⁰ (1 + n)^(−1/(γ d_i)), n = F/κ_i    a first draw and F/κ_i trials on its cluster
    copy     F                    c                                    a module of its own, fitted
    reuse    F b                  c e^{μ|z − x|}                       shared as it is: trials on it improve all uses
    adopt    F a                  c e^{μ|x|}                           an outside module, fitted to 0

    b = min(1, b₀ + b₁ |z − x| + b₂ (d_i − 1)),   x_i = y_i + σ N(0, 1)

An outside module is taken only if it is noticed, supplied and cheaper, and if the firm does not insist on its own. The
library is what live products use, and the best unused own module of each slot. It starts empty but for what is
inherited: until the first release that fills a *prototype*, which is worked on but is not on the market.

Shapes and units: slots (M,); money; design distance.
Limits: L3, without misfit or trials, development with a share R of reused modules, each used n times, costs
1 + R (b − 1 + G/n) relative to fresh ones, break-even at n₀ = G/(1 − b); L4, L lines that each bring a budget: scale
elasticity of unit cost −1/(γ d*) with full reuse, 0 with fresh copies; L13, one slot, γ = 1, ε = 0, n = F/κ₀:
E[c at release] = (n − 1 + e^(−n))/n².
Source: claim c; Gaffney, Durek (1989); brief, section 2.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import nan
from typing import Any

import numpy as np
from pydantic import model_validator

from sim.declare import MONEY, SWITCH, Column, Kind, Lever, Section, check_name, event, look, param
from sim.kernels.compiled import World, compiled
from sim.kernels.door import found as found_module
from sim.kernels.door import log, retire
from sim.kernels.draws import key, normal, stream, uniform
from sim.kernels.products import ALGORITHMS, ALL, NO_PRODUCT, ON_MARKET, PROTOTYPE, SYSTEMS, burden, cost
from sim.kernels.trials import OWN, Price, add_task, best_of, first_draw, kept, redesign, weigh

Displace = Callable[[World, int, int, int, int], None]


class Reuse(Section):
    """Products released over time share modules or take fresh ones (Gaffney, Durek 1989)."""

    enabled: bool = param(
        True, "Own modules may be reused; off: only copies and fresh ones.", unit=SWITCH, source="claim c"
    )
    lines: int = param(2, "Product lines kept alive at once.", symbol="L", unit="lines", ge=1, le=8, source="D6")
    interval: int = param(4, "Months between releases.", unit="month", ge=1, le=60, source="D6")
    heterogeneity: float = param(
        0.022, "Standard deviation of a product's requirement point around the firm's core.", symbol="σ",
        unit="design distance", ge=0, le=2, source="fit of the case, docs/case.md",
    )  # fmt: skip
    fresh_cost: float = param(
        550.0,
        "Development cost of a module; a made one has it spent on trials.",
        symbol="F",
        unit=MONEY,
        ge=0,
        le=1e6,
        source="fit of the case, docs/case.md",
    )
    generality: float = param(
        1.2, "Factor on development cost when a module is made reusable.", symbol="G", unit="1", ge=1, le=5,
        source="fit of the case, docs/case.md",
    )  # fmt: skip
    reuse_cost: float = param(
        0.27, "Cost of a reuse relative to a fresh module, without mismatch or coupling.", symbol="b₀", unit="1",
        ge=0, le=1, source="fit of the case, docs/case.md",
    )  # fmt: skip
    mismatch_cost: float = param(
        0.6, "Rise of the relative cost of reuse with mismatch.", symbol="b₁", unit="1/design distance", ge=0, le=5,
        source="fit of the case, docs/case.md",
    )  # fmt: skip
    coupling_cost: float = param(
        0.05, "Rise of the relative cost of reuse with each coupled slot.", symbol="b₂", unit="1/slot", ge=0, le=1,
        source="D7",
    )  # fmt: skip
    mismatch_penalty: float = param(
        0.82, "Running cost of a module grows as exp(penalty × mismatch).", symbol="μ",
        unit="1/design distance", ge=0, le=5, source="fit of the case, docs/case.md",
    )  # fmt: skip
    stake: float = param(
        890.0, "Money that the firm thinks one unit of unit cost is worth over a product's life.", symbol="V",
        unit=MONEY, ge=0, le=1e9, source="fit of the case, docs/case.md",
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
        (), "Dated releases of the focal firm, in order.", unit="list", max_length=240, source="D31"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Release:
        seen = set()
        for release in self.schedule:
            check_name(release.name, f"schedule, month {release.month}")
            if (look(release.name), release.month) in seen:
                raise ValueError(f"schedule: two releases are named '{release.name}' in month {release.month}")
            seen.add((look(release.name), release.month))
        for earlier, later in pairwise(self.schedule):
            if later.month < earlier.month:
                raise ValueError(
                    f"schedule: '{later.name}' (month {later.month}) stands after '{earlier.name}', "
                    f"which comes later (month {earlier.month})"
                )
        return self


STATE = {
    "firms": [
        ("shelf", "i8", (64,)), ("last_release", "i8"), ("expected_development", "f8"), ("development", "f8"),
        ("development_trials", "f8"), ("reused", "i8"), ("filled", "i8"), ("integrated", "i8"), ("systems", "f8"),
        ("algorithms", "f8"), ("combinations", "u8", (1440,)),
    ],
}  # fmt: skip
LEVERS = (Lever("audit", "money a safety audit of one release costs its firm"),)
EVENTS = (
    Kind("inherited", "a module was handed down by the parent; value: its cost"),
    Kind("released", "a product came out; value: its unit cost, extra: slots filled by reuse", "products"),
    Kind("made", "a slot of a release took a module made for it; value: its cost at release", "modules"),
    Kind("copied", "a slot of a release took a copy of an own module, fitted; value: its cost", "modules"),
    Kind("reused", "a slot of a release reused an own module; value: its cost", "modules"),
    Kind("adopted", "a slot of a release took an outside module; value: its cost", "modules"),
    Kind("developed", "a trial of development was kept; value: the module's new cost, extra: the root's slot"),
    Kind("integrated", "a release joined outside modules anew with own ones; value: outside modules"),
    Kind("lost", "an adopted module was lost to a cut; value: cost of what replaced it", "modules"),
    Kind("retired", "no live product uses the module any more; value: its cost"),
)
COLUMNS = (
    Column("reuse_share", "share", "slots filled by reuse, over all releases to date (0 before the first)"),
    Column("integrated", "releases", "releases joining outside modules in a new combination with own ones, to date"),
    Column("development_spending", "money/month", "spent on releases"),
    Column("development_trials", "trials", "trials of development in the month"),
    Column("systems_cost", "1", "unit cost of the latest release over its systems, at its release, H"),
    Column("algorithms_cost", "1", "unit cost of the latest release over its algorithms, at its release, Q"),
)

_NEED, _NOTICE, _INSIST, _CONSIDER = stream("requirement"), stream("notice"), stream("self-reliance"), stream("reuse")
_FIRST, _SECRECY, _PARENT = stream("first draw"), stream("secrecy"), stream("inheritance")
_VERSION = stream("version")
_INHERITED, _RELEASED, _DEVELOPED, _INTEGRATED = map(event, ("inherited", "released", "developed", "integrated"))
_LOST, _RETIRED = event("lost"), event("retired")
_MADE, _COPIED, _REUSED, _ADOPTED = map(event, ("made", "copied", "reused", "adopted"))
MAKE, COPY, REUSE, ADOPT = 0, 1, 2, 3  # ways to fill a slot
_OUTSIDE, _OF_MADE, _OF_ADOPTED = -1, 0, 1
_EMERGENCY = 1 << 20  # occasions from here on are cuts of supply, below they are releases


@compiled
def found(world: World) -> None:
    """Empty libraries, but for what the parent hands down to the focal firm."""
    given, here, design = world.parameters, world.here, world.design
    for k in range(world.here.firms):
        world.firms[k].systems, world.firms[k].algorithms = nan, nan
        for slot in range(design.slots):
            world.firms[k].shelf[slot] = -1
            for line in range(world.here.lines):
                world.products[k, line].modules[slot] = -1
    if not given.demand.inheritance:
        return
    product, gamma = world.products[0, 0], given.search.gamma
    for slot in range(design.slots):
        if design.inherited[slot] != 0:
            first = first_draw(gamma, uniform(here.seed, _PARENT, slot, 0, 0))
            best = best_of(given.demand.inherited_trials, gamma, uniform(here.seed, _PARENT, slot, 1, 0))
            secrecy = uniform(here.seed, _SECRECY, 0, slot, 0)
            row = found_module(world, slot, 0, _OF_MADE, 0.0, min(first, best), secrecy)
            world.modules[row].uses = 1
            product.modules[slot] = row
            product.state = PROTOTYPE
            log(world, _INHERITED, 0, 0, slot, row, world.modules[row].cost, 0.0)


@compiled
def open_books(world: World) -> None:
    """Begin a month of development."""
    for k in range(world.here.firms):
        firm = world.firms[k]
        firm.development, firm.development_trials, firm.kept = 0.0, 0.0, 0


@compiled
def next_release(world: World, k: int) -> int:
    """Return the month for which a firm's next release is planned."""
    firm = world.firms[k]
    if k == 0 and firm.releases < world.here.dated:
        return int(world.dated[firm.releases].month)
    return int(firm.last_release + world.parameters.reuse.interval)


@compiled
def free_cash(world: World, k: int) -> float:
    """Return the cash that is not set aside for the next release."""
    firm, month = world.firms[k], world.here.month
    planned = max(1, next_release(world, k) - firm.last_release)
    return firm.cash - firm.expected_development * min(1.0, (month - firm.last_release) / planned)


@compiled
def supply(world: World, k: int, notices: float, price: Price, displace: Displace) -> None:
    """Bring out what is due and can be paid for; what cannot is saved for."""
    firm, slots = world.firms[k], world.design.slots
    while world.here.month >= next_release(world, k):
        dated = k == 0 and firm.releases < world.here.dated
        line = world.dated[firm.releases].line if dated else firm.releases % world.here.lines
        firm.expected_development = world.policy[world.here.month].audit
        for slot in range(slots):
            _plan_own(world, k, slot)
            if not (dated and world.dated[firm.releases].introduces[slot] != 0):
                _plan_reuse(world, k, slot)
                _plan_outside(world, k, slot, notices)
            firm.expected_development += world.plan[slot].development
        if firm.expected_development > firm.cash:
            return
        _bring_out(world, k, line, price, displace)


@compiled
def _plan_own(world: World, k: int, slot: int) -> None:
    """Draw what the next release requires of a slot, and plan to make a module for it."""
    given, firm, plan = world.parameters.reuse, world.firms[k], world.plan[slot]
    gamma, platform = world.parameters.search.gamma, firm.strategy.platform if given.enabled else 0.0
    plan.need = firm.core[slot]
    plan.need += given.heterogeneity * normal(world.here.seed, _NEED, k, slot, firm.releases + 1)
    trials = given.fresh_cost / (world.parameters.search.trial_price * firm.prices[slot])
    if not world.parameters.search.enabled:
        trials = 0.0
    running = gamma / (gamma + 1.0) * (1.0 + trials) ** (-1.0 / (gamma * world.design.sizes[slot]))
    plan.way, plan.source = MAKE, -1
    plan.development = given.fresh_cost * (1.0 + (given.generality - 1.0) * platform)
    plan.total = plan.development + given.stake * firm.perceived[slot] * running


@compiled
def _consider(world: World, slot: int, way: int, source: int, development: float, running: float, stake: float) -> None:
    """Plan to fill a slot in another way, if that costs less in all."""
    plan = world.plan[slot]
    if development + stake * running < plan.total:
        plan.way, plan.source, plan.development, plan.total = way, source, development, development + stake * running


@compiled
def _plan_reuse(world: World, k: int, slot: int) -> None:
    """Consider copies of own modules, and own modules as they are if the platform strategy looks at them."""
    given, firm, design = world.parameters.reuse, world.firms[k], world.design
    stake, lines = given.stake * firm.perceived[slot], world.here.lines
    for place in range(lines + 1):
        row = at_hand(world, k, place, slot)
        if row >= 0:
            _consider(world, slot, COPY, row, given.fresh_cost, world.modules[row].cost, stake)
    platform = firm.strategy.platform if given.enabled else 0.0
    if uniform(world.here.seed, _CONSIDER, k, slot, firm.releases + 1) >= platform:
        return
    for place in range(lines + 1):
        row = at_hand(world, k, place, slot)
        if row >= 0:
            misfit = abs(world.modules[row].point - world.plan[slot].need)
            coupled = design.sizes[slot] - 1
            share = min(1.0, given.reuse_cost + given.mismatch_cost * misfit + given.coupling_cost * coupled)
            running = world.modules[row].cost * burden(world, world.modules[row].point, world.plan[slot].need)
            _consider(world, slot, REUSE, row, given.fresh_cost * share, running, stake)


@compiled
def _plan_outside(world: World, k: int, slot: int, notices: float) -> None:
    """Consider an outside module, if it is supplied and noticed, and the firm does not insist on its own."""
    given, here, firm = world.parameters.reuse, world.here, world.firms[k]
    number = firm.releases + 1
    if not world.parameters.frontier.enabled or here.cut or uniform(here.seed, _NOTICE, k, slot, number) >= notices:
        return
    if uniform(here.seed, _INSIST, k, slot, number) >= firm.strategy.self_reliance:
        running = here.frontier[slot] * burden(world, 0.0, world.plan[slot].need)
        development = given.fresh_cost * world.parameters.frontier.adoption_cost
        _consider(world, slot, ADOPT, -1, development, running, given.stake * firm.perceived[slot])


@compiled
def at_hand(world: World, k: int, place: int, slot: int) -> int:
    """Return a firm's own module for a slot in its product of line ``place``, or past the lines on its shelf; or -1."""
    lines = world.here.lines
    if place < lines:
        row = world.products[k, place].modules[slot] if world.products[k, place].state != NO_PRODUCT else -1
    else:
        row = world.firms[k].shelf[slot]
    return int(row) if row >= 0 and world.modules[row].owner == k else -1


@compiled
def _bring_out(world: World, k: int, line: int, price: Price, displace: Displace) -> None:
    """Pay for the release that is planned, make or take its modules, put it into use, and develop what is made."""
    firm, here, slots, plan = world.firms[k], world.here, world.design.slots, world.plan
    firm.releases += 1
    firm.last_release = here.month
    _pay(world, k, firm.expected_development)
    former, product = _former(world, k, line), world.products[k, line]
    for slot in range(slots):
        plan[slot].displaced, world.products[k, former].modules[slot] = world.products[k, former].modules[slot], -1
    world.products[k, former].state = NO_PRODUCT
    product.state, product.release = ON_MARKET, firm.releases
    for slot in range(slots):
        product.requirement[slot] = plan[slot].need
    for slot in range(slots):
        if plan[slot].way == MAKE:
            displace(world, k, line, slot, firm.releases)
    for slot in range(slots):
        product.modules[slot] = _fill(world, k, line, slot, plan[slot].way, plan[slot].source, firm.releases)
        world.modules[product.modules[slot]].uses += 1
    for slot in range(slots):
        if plan[slot].displaced >= 0:
            _displace_use(world, k, plan[slot].displaced)
    _develop(world, k, line, world.parameters.reuse.fresh_cost, price)
    _note_release(world, k, line)


@compiled
def _former(world: World, k: int, line: int) -> int:
    """Return the line whose product a release of a line displaces: its own, but the prototype's at first."""
    for other in range(world.here.lines):
        if world.products[k, other].state == PROTOTYPE:
            return other
    return line


@compiled
def _pay(world: World, k: int, amount: float) -> None:
    firm = world.firms[k]
    firm.cash = max(0.0, firm.cash - amount)
    firm.spent += amount
    firm.development += amount


@compiled
def _fill(world: World, k: int, line: int, slot: int, way: int, source: int, occasion: int) -> int:
    """Return the module that fills a slot of a product, found or taken."""
    here, need = world.here, world.products[k, line].requirement[slot]
    if way == REUSE:
        return source
    if way == ADOPT:
        row = found_module(world, slot, _OUTSIDE, _OF_ADOPTED, 0.0, here.frontier[slot], 0.0)
        world.modules[row].version = here.version[slot]
        return int(row)
    secrecy = uniform(here.seed, _SECRECY, k, slot, occasion)
    if way == COPY:
        row = found_module(world, slot, k, world.modules[source].origin, need, world.modules[source].cost, secrecy)
        world.modules[row].lineage, world.modules[row].version = (
            world.modules[source].lineage,
            world.modules[source].version,
        )
        return int(row)
    first = first_draw(world.parameters.search.gamma, uniform(here.seed, _FIRST, k, slot, occasion))
    return int(found_module(world, slot, k, _OF_MADE, need, first, secrecy))


@compiled
def _displace_use(world: World, k: int, row: int) -> None:
    """Take a use from a module; unused, the best own one of its slot is kept on the shelf, the others retire."""
    module, firm = world.modules[row], world.firms[k]
    module.uses -= 1
    if module.uses > 0 or firm.shelf[module.slot] == row:
        return
    kept, gone = firm.shelf[module.slot], row
    better = kept < 0 or world.modules[kept].uses > 0 or module.cost < world.modules[kept].cost
    if module.owner == k and better:
        firm.shelf[module.slot] = row
        gone = kept if kept >= 0 and world.modules[kept].uses == 0 else -1
    if gone >= 0:
        log(world, _RETIRED, k, -1, module.slot, gone, world.modules[gone].cost, 0.0)
        retire(world, gone)


@compiled
def _develop(world: World, k: int, line: int, budget: float, price: Price) -> None:
    """Make the trials that development money buys, on the clusters of what is made, before the product comes out."""
    if not world.parameters.search.enabled or budget <= 0.0:
        return
    weigh(world, k)
    world.here.tasks = 0
    for slot in range(world.design.slots):
        if world.plan[slot].way == MAKE:
            add_task(world, k, line, slot, budget)
    world.firms[k].development_trials += redesign(world, k, price, OWN, _DEVELOPED)
    world.firms[k].kept += kept(world)
    world.firms[k].experience += kept(world)


@compiled
def _note_release(world: World, k: int, line: int) -> None:
    """Write a release down: what it cost, how its slots were filled, and whether it integrates anew."""
    here, firm, product, slots = world.here, world.firms[k], world.products[k, line], world.design.slots
    row = world.out[here.came_out]
    here.came_out += 1
    plan = world.plan
    row.month, row.firm, row.number, row.line, row.kept = here.month, k, firm.releases, line, firm.experience
    row.development, row.patches = firm.expected_development, firm.tally.patched
    row.cost, row.systems = cost(world, k, line, ALL), cost(world, k, line, SYSTEMS)
    row.algorithms = cost(world, k, line, ALGORITHMS)
    firm.systems, firm.algorithms = row.systems, row.algorithms
    joined, reused, row.outside = 0, 0, 0
    for slot in range(slots):
        module = world.modules[product.modules[slot]]
        row.ways[slot], row.lineages[slot] = plan[slot].way, module.lineage
        log(world, _way_event(plan[slot].way), k, firm.releases, slot, product.modules[slot], module.cost, 0.0)
        reused += plan[slot].way == REUSE
        firm.tally.made += plan[slot].way == MAKE
        firm.tally.copied += plan[slot].way == COPY
        firm.tally.adopted += plan[slot].way == ADOPT
        if module.origin != _OF_MADE:
            joined += 1
            row.outside += key(here.seed, _VERSION, slot, module.version, 0)
    firm.tally.reused += reused
    firm.reused += reused
    firm.filled += slots
    firm.tally.released += 1
    log(world, _RELEASED, k, firm.releases, -1, -1, row.cost, float(reused))
    firm.combinations[firm.releases - 1] = row.outside
    if 2 <= joined < slots and _is_new(firm, row.outside):
        firm.integrated += 1
        log(world, _INTEGRATED, k, firm.releases, -1, -1, float(joined), 0.0)


@compiled
def _way_event(way: int) -> int:
    if way == MAKE:
        return _MADE
    if way == COPY:
        return _COPIED
    return _REUSED if way == REUSE else _ADOPTED


@compiled
def _is_new(firm: Any, outside: np.uint64) -> bool:
    """Return whether no earlier release of a firm had the combination of outside modules."""
    new = True
    for earlier in range(firm.releases - 1):
        new = new and firm.combinations[earlier] != outside
    return new


@compiled
def replace_lost(world: World, price: Price, displace: Displace) -> None:
    """When a cut of supply begins, put the best own module, or else a made one, in the place of adopted ones."""
    if not world.here.cut_began:
        return
    slots, lines, occasion = world.design.slots, world.here.lines, _EMERGENCY + world.here.month
    for k in range(world.here.firms):
        firm = world.firms[k]
        for line in range(lines):
            product = world.products[k, line]
            for slot in range(slots):
                row = product.modules[slot]
                if product.state == NO_PRODUCT or row < 0 or world.modules[row].owner != _OUTSIDE:
                    continue
                best = -1
                for place in range(lines + 1):
                    own = at_hand(world, k, place, slot)
                    if own >= 0 and (best < 0 or world.modules[own].cost < world.modules[best].cost):
                        best = own
                if best < 0:
                    _remake(world, k, line, slot, occasion, price, displace)
                else:
                    product.modules[slot] = best
                    world.modules[best].uses += 1
                _displace_use(world, k, row)
                firm.tally.lost += 1
                log(world, _LOST, k, product.release, slot, product.modules[slot],
                    world.modules[product.modules[slot]].cost, 0.0)  # fmt: skip


@compiled
def _remake(world: World, k: int, line: int, slot: int, occasion: int, price: Price, displace: Displace) -> None:
    """Make a module for a slot of a live product, paid as far as cash goes."""
    paid = min(world.firms[k].cash, world.parameters.reuse.fresh_cost)
    _pay(world, k, paid)
    displace(world, k, line, slot, occasion + line * 2048)
    for other in range(world.design.slots):
        world.plan[other].way = MAKE if other == slot else REUSE
    row = _fill(world, k, line, slot, MAKE, -1, occasion + line * 2048)
    world.products[k, line].modules[slot] = row
    world.modules[row].uses += 1
    _develop(world, k, line, paid, price)


@compiled
def observe(world: World, row: Any) -> None:
    """Write the focal firm's releases."""
    firm = world.firms[0]
    row.reuse_share, row.integrated = firm.reused / max(firm.filled, 1), firm.integrated
    row.development_spending, row.development_trials = firm.development, firm.development_trials
    row.systems_cost, row.algorithms_cost = firm.systems, firm.algorithms
