"""Diffusion: adopters consider a product unprompted or because neighbours use it, and take it if it is the best.

    h_k = p + q s_k                            hazard to consider option k in a month, s_k its share of the neighbours
    H = Σ_k h_k                                over the available options other than one's own
    an adopter considers when its hazard, summed over months, reaches a draw from Exp(1): P(consider) = 1 - exp(-H)
    P(option k | consider) = h_k / H           competing hazards
    u_k = τ a_k - c_k + ν s_k                  taste × capability - cost of use + network benefit × share
    take k iff u_k ≥ u_l for all available l, u_k > 0, and u_k > u_j + z for a user of j (z the switching cost)

The threshold rule (Watts 2002) replaces the hazard: k is considered as soon as s_k ≥ φ and s_k > 0, month by month. Of
several options that are considered and taken, the one with the largest share is; equal shares are drawn by lot.
Users leave after a wait from Exp(churn). Who leaves in a month does not look around in it. Without a network
everybody sees everybody else. Seeds use the focal option from month 0, whether it is on offer yet or not.

Shapes and units: N adopters, K options; shares in [0, 1], hazards in 1/month, utilities and costs in utility.
Limits: L9, one option of positive utility under complete mixing follows ``bass`` as the step gets small; L10, with
p = q = 0 nobody considers; with the threshold rule on a Poisson network, φ = 0.18, cascades need a mean degree between
1.02 and 5.76.
Source: Bass (1969); Watts (2002); Farrell, Klemperer (2007) on switching costs and network benefits.
"""

from __future__ import annotations

from math import inf
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import model_validator

from sim.declare import PER_MONTH, SHARE, SWITCH, Column, Section, param
from sim.kernels.adoption import (
    CONSIDER,
    NEARBY,
    NEVER,
    NONE,
    THRESHOLD,
    Crowd,
    Records,
    book,
    change,
    come_due,
    due,
    leaving,
    mark,
    prompts,
    renew,
)
from sim.kernels.compiled import World, compiled, entry
from sim.kernels.draws import exponential, stream, uniform
from sim.kernels.fetch import ask_for

Near = NDArray[np.uint32]

_OPTION = stream("option")


class Diffusion(Section):
    """Adopters on a network consider, adopt, switch and leave (Bass 1969; Watts 2002)."""

    enabled: bool = param(True, "Adopters consider products.", unit=SWITCH, source="claim e")
    adopters: int = param(2000, "Number of adopters.", symbol="N", unit="adopters", ge=1, le=10_000_000, source="D22")
    network: Literal["complete", "ring", "small-world", "scale-free", "poisson", "edges"] = param(
        "small-world", "Social network.", unit="choice", source="Watts, Strogatz 1998; Barabási, Albert 1999"
    )
    degree: float = param(8.0, "Mean number of neighbours.", unit="neighbours", ge=0, le=200, source="D22")
    rewiring: float = param(
        0.1, "Share of ring links rewired in the small world.", unit=SHARE, ge=0, le=1, source="Watts, Strogatz 1998"
    )
    edges: str = param(
        "", "Edge list, the ids of two adopters a line, when the network is 'edges'.", unit="path", source="D22"
    )
    p: float = param(
        0.12, "Coefficient of innovation: hazard to consider a product unprompted.", symbol="p", unit=PER_MONTH,
        ge=0, le=10, source="fit of the case, docs/case.md",
    )  # fmt: skip
    q: float = param(
        0.043, "Coefficient of imitation: further hazard when all neighbours use it.", symbol="q", unit=PER_MONTH,
        ge=0, le=10, source="fit of the case, docs/case.md",
    )  # fmt: skip
    rule: Literal["hazard", "threshold"] = param(
        "hazard", "Consider at a hazard, or once a share of neighbours uses the product.", unit="choice",
        source="Bass 1969; Watts 2002",
    )  # fmt: skip
    threshold: float = param(
        0.18, "Share of neighbours that makes an adopter consider, under the threshold rule.", symbol="φ", unit=SHARE,
        ge=0, le=1, source="Watts 2002",
    )  # fmt: skip
    seeds: float = param(
        0.0, "Share of adopters that use the focal product from the start.", unit=SHARE, ge=0, le=1, source="D22"
    )
    taste: float = param(1.0, "Median taste for capability.", symbol="τ", unit="utility", ge=0, le=100, source="D23")
    taste_spread: float = param(0.5, "Standard deviation of log taste.", unit="1", ge=0, le=3, source="D23")
    network_benefit: float = param(
        0.1, "Utility when all neighbours use the same product.", unit="utility", ge=0, le=10, source="D23"
    )
    switching_cost: float = param(
        0.05, "Utility that a switch must gain at least.", unit="utility", ge=0, le=10, source="D23"
    )
    churn: float = param(0.01, "Hazard of leaving a product.", unit=PER_MONTH, ge=0, le=5, source="D23")

    @model_validator(mode="after")
    def _edges_are_for_edges(self) -> Diffusion:
        if self.edges and self.network != "edges":
            raise ValueError(f'diffusion.edges: needs diffusion.network = "edges", not "{self.network}"')
        return self


STATE = {
    "firms": [
        ("users", "i8"), ("considered", "i8"), ("adopted", "i8"), ("switched_to", "i8"), ("switched_from", "i8"),
        ("left", "i8"), ("contributors", "i8"), ("surplus", "f8"),
    ]
}  # fmt: skip
COLUMNS = (
    Column("users", "adopters", "users of the focal product"),
    Column("rival_users", "adopters", "users of rival products"),
    Column("adopted_openness", SHARE, "openness of the products in use, mean over adopters"),
    Column("surplus", "utility", "users' summed utility"),
)


@compiled
def choose(
    given: Records, options: Records, near: Near, row: int, others: int, own: int, taste: float, luck: float
) -> int:
    """Return what an adopter that considers will use, given the share of its neighbours that use each option.

    Args:
        given: parameters of diffusion.
        options: users and offers, shape (K,); what the adopter sees and its considerations are written there.
        near: neighbours by option, and their number, shape (N, K + 1), or (0, K + 1) under complete mixing.
        row: the adopter.
        others: how many other adopters there are, 1 at least.
        own: what it uses, -1 for none.
        taste: its taste.
        luck: a uniform, which draws the option that is considered, or one of those that tie.
    """
    best = -inf
    for k in range(len(options)):
        option = options[k]
        if len(near) > 0:
            option.share = near[row, k] / near[row, len(options)]
        else:
            option.share = (option.users - (own == k)) / others
        option.worth = taste * option.capability - option.cost + given.network_benefit * option.share
        if option.available:
            best = max(best, option.worth)
    bar = max(options[own].worth + given.switching_cost, 0.0) if own != NONE else 0.0
    if given.rule == THRESHOLD:
        return _most_seen(given, options, own, best, bar, luck)
    k = _stirring(given, options, own, luck)
    options[k].considered += 1
    return k if options[k].worth >= best and options[k].worth > bar else own


@compiled
def _stirring(given: Records, options: Records, own: int, luck: float) -> int:
    """Return the option that is considered, drawn in proportion to hazards; one of hazard 0 is never drawn."""
    total = 0.0
    for k in range(len(options)):
        if options[k].available and k != own:
            total += given.p + given.q * options[k].share
    running, k = 0.0, -1
    while running < luck * total:
        k += 1
        if options[k].available and k != own:
            running += given.p + given.q * options[k].share
    return k


@compiled
def _most_seen(given: Records, options: Records, own: int, best: float, bar: float, luck: float) -> int:
    """Return the option with the largest share among those past the threshold and taken, by lot if there are ties."""
    most, ties = -1.0, 0
    for k in range(len(options)):
        option = options[k]
        if option.available and k != own and prompts(given, option.share):
            option.considered += 1
            if option.worth >= best and option.worth > bar and option.share >= most:
                ties = ties + 1 if option.share == most else 1
                most = option.share
    passed = 0
    for k in range(len(options)):
        option = options[k]
        taken = option.available and k != own and option.worth >= best and option.worth > bar and option.share == most
        passed += taken
        if taken and passed >= luck * ties:
            return k
    return own


@compiled
def _look(world: World, crowd: Crowd) -> int:
    """Let those leave or consider whose date has come; return how many will move, the first of ``moves``."""
    given, here, moving = world.parameters.diffusion, world.here, 0
    adopters, traits, near, rows, options = crowd.adopters, crowd.traits, crowd.near, crowd.moves, crowd.options
    dates, blocks, offered, month, others = crowd.dates, crowd.blocks, crowd.offered[0], here.month, len(adopters) - 1
    coming = come_due(crowd, month)
    for place in range(coming):
        row = rows[place]
        if place + 8 < coming and len(near) > NEARBY:
            ask_for(adopters, rows[place + 8])
            ask_for(near, rows[place + 8])
            ask_for(traits, rows[place + 8])
        adopter = adopters[row]
        own = adopter.choice
        if own != NONE and adopter.leave <= month:
            book(given, near, adopter, row, offered, month - 1)
            adopter.intent = NONE
        else:
            luck = uniform(here.seed, _OPTION, row, month, 0)
            adopter.intent = choose(given, options, near, row, others, own, traits[row].taste, luck)
            adopter.left = exponential(here.seed, CONSIDER, row, month, 0)
        adopter.since = month
        if adopter.intent != own:
            rows[moving] = row
            moving += 1
        else:
            date = due(given, near, row, own, offered, adopter.left, month)
            mark(dates, blocks, row, min(date, adopter.leave))
    return moving


@compiled
def _look_at_all(world: World, crowd: Crowd, hazard_of_none: float) -> int:
    """Let all pass a month under complete mixing; return how many will move, the first of ``moves``."""
    given, here, moving = world.parameters.diffusion, world.here, 0
    adopters, traits, rows, options, month = crowd.adopters, crowd.traits, crowd.moves, crowd.options, here.month
    near, others = crowd.near, max(len(adopters) - 1, 1)
    for row in range(len(adopters)):
        adopter = adopters[row]
        own = adopter.choice
        if own != NONE and adopter.leave <= month:
            adopter.intent = NONE
        else:
            hazard = options[own].hazard if own != NONE else hazard_of_none
            adopter.left -= hazard
            if adopter.left > 0.0 or hazard <= 0.0:
                continue
            luck = uniform(here.seed, _OPTION, row, month, 0)
            adopter.intent = choose(given, options, near, row, others, own, traits[row].taste, luck)
            adopter.left = exponential(here.seed, CONSIDER, row, month, 0)
        if adopter.intent != own:
            rows[moving] = row
            moving += 1
    return moving


@compiled
def _move(world: World, crowd: Crowd, moving: int) -> None:
    """Let the first ``moving`` of ``moves`` do what they intend, and count them at the firms."""
    firms, here, churn = world.firms, world.here, world.parameters.diffusion.churn
    adopters, rows = crowd.adopters, crowd.moves
    for place in range(moving):
        row = rows[place]
        adopter = adopters[row]
        old, new = adopter.choice, adopter.intent
        adopter.leave = leaving(here.seed, churn, row, here.month) if new != NONE else NEVER
        if old == NONE:
            firms[new].adopted += 1
        elif new == NONE:
            firms[old].left += 1
        else:
            firms[old].switched_from += 1
            firms[new].switched_to += 1
    change(world, crowd, moving)


@compiled
def consider(world: World, crowd: Crowd) -> None:
    """Let a month pass: all look at the offers and at each other, then move; users and surplus are written down.

    With diffusion switched off nobody considers or leaves; seeds stay users.
    """
    given, offered = world.parameters.diffusion, 0
    for k in range(len(crowd.options)):
        firm, option = world.firms[k], crowd.options[k]
        option.capability, option.cost, option.available = firm.capability, firm.cost_of_use, firm.available
        option.considered = 0
        firm.adopted = firm.switched_to = firm.switched_from = firm.left = 0
        offered |= int(firm.available) << k
    if given.enabled:
        if len(crowd.near) > 0:
            if offered != crowd.offered[0]:
                renew(world, crowd, offered)
            moving = _look(world, crowd)
        else:
            crowd.offered[0] = offered
            moving = _look_at_all(world, crowd, _mix(world, crowd))
        _move(world, crowd, moving)
    for k in range(len(crowd.options)):
        firm, option, others = world.firms[k], crowd.options[k], max(len(crowd.adopters) - 1, 1)
        shares = option.shares if len(crowd.near) > 0 else option.users * ((option.users - 1) / others)
        firm.users, firm.considered = option.users, option.considered
        firm.surplus = option.taste * option.capability - option.users * option.cost + given.network_benefit * shares


@compiled
def _mix(world: World, crowd: Crowd) -> float:
    """Write the hazard of each option's users under complete mixing, and return that of who uses none.

    Under the threshold rule it is infinite for who is past the threshold and 0 for others.
    """
    given, options, others = world.parameters.diffusion, crowd.options, max(world.here.adopters - 1, 1)
    hazard = 0.0
    for own in range(len(options) - 1, NONE - 1, -1):
        count, users, prompted = 0, 0, False
        for k in range(len(options)):
            if options[k].available and k != own:
                count += 1
                users += options[k].users
                prompted |= prompts(given, options[k].users / others)
        hazard = count * given.p + given.q * (users / others)
        if given.rule == THRESHOLD:
            hazard = inf if prompted else 0.0
        if own != NONE:
            options[own].hazard = hazard
    return hazard


@entry
def put(worlds: Records, crowd: Crowd, row: int, new: int) -> None:
    """Make an adopter use option ``new``, -1 for none, between two months; nothing is drawn.

    It keeps its date of leaving, if it has one and uses something.
    """
    world, adopter = worlds[0], crowd.adopters[row]
    if new == adopter.choice:
        return
    if len(crowd.near) > 0:
        month = world.here.month
        book(world.parameters.diffusion, crowd.near, adopter, row, crowd.offered[0], month)
    if new == NONE:
        adopter.leave = NEVER
    adopter.intent, crowd.moves[0] = new, row
    change(world, crowd, 1)
    for k in range(len(crowd.options)):
        world.firms[k].users = crowd.options[k].users


@compiled
def observe(world: World, row: Records) -> None:
    """Write users, the openness of what they use, and their surplus."""
    row.users = float(world.firms[0].users)
    rivals, opened, surplus = 0, 0.0, 0.0
    for k in range(world.here.firms):
        firm = world.firms[k]
        rivals += firm.users
        opened += firm.users * firm.product_openness
        surplus += firm.surplus
    row.rival_users = float(rivals - world.firms[0].users)
    row.adopted_openness = opened / world.here.adopters
    row.surplus = surplus


def bass(p: float, q: float, time: ArrayLike) -> NDArray[np.float64]:
    """Return the share of adopters F(t) = (1 - e^-(p+q)t) / (1 + (q/p) e^-(p+q)t) of Bass (1969), p > 0."""
    decay = np.exp(-(p + q) * np.asarray(time, dtype=np.float64))
    return np.asarray((1.0 - decay) / (1.0 + q / p * decay))
