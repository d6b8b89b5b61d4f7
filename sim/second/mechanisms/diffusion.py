"""Diffusion: adopters consider a product unprompted or because neighbours use it, and take it if it is the best.

    h_k = p + q s_k                            hazard to consider option k in a month, s_k its share of the neighbours
    H = Σ_k h_k = m p + q c / d                over the m available options other than one's own, used by c of d neighbours
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

from math import ceil, inf
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import model_validator

from sim.second.declare import PER_MONTH, SHARE, SWITCH, Column, Section, param
from sim.second.kernels import adoption
from sim.second.kernels.adoption import NEVER, NONE, Records, World
from sim.second.kernels.compiled import compiled, entry
from sim.second.kernels.draws import stream, uniform

Near = NDArray[np.uint32]

_THRESHOLD = 1  # the rule's place among its choices
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
    edges: str = param("", "Edge list (CSV of two columns) when the network is 'edges'.", unit="path", source="D22")
    p: float = param(
        0.0025, "Coefficient of innovation: hazard to consider a product unprompted.", symbol="p", unit=PER_MONTH,
        ge=0, le=10, source="Bass 1969; Sultan et al. 1990",
    )  # fmt: skip
    q: float = param(
        0.035, "Coefficient of imitation: further hazard when all neighbours use it.", symbol="q", unit=PER_MONTH,
        ge=0, le=10, source="Bass 1969; Sultan et al. 1990",
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
            raise ValueError(f"diffusion.edges: needs diffusion.network = \"edges\", not \"{self.network}\"")
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
def total(given: Records, near: Near, row: int, own: int, offered: int) -> float:
    """Return an adopter's total hazard H, 1/month.

    Args:
        given: parameters of diffusion.
        near: neighbours by option, and their number, shape (N, K + 1).
        row: the adopter.
        own: what it uses.
        offered: bit k is set if option k is available.
    """
    last = near.shape[1] - 1
    others, users = 0, 0
    for k in range(last):
        if (offered >> k) & 1 and k != own:
            others += 1
            users += near[row, k]
    return others * given.p + given.q * (users / near[row, last])


@compiled
def due(given: Records, near: Near, row: int, own: int, offered: int, left: float, since: int) -> int:
    """Return the month of an adopter's next consideration, ``left`` being its wait in month ``since``."""
    if given.rule == _THRESHOLD:
        last = near.shape[1] - 1
        for k in range(last):
            if (offered >> k) & 1 and k != own and prompts(given, near[row, k] / near[row, last]):
                return since + 1
        return NEVER
    hazard = total(given, near, row, own, offered)
    if hazard <= 0.0 or left >= hazard * NEVER:
        return NEVER
    return min(since + max(ceil(left / hazard), 1), NEVER)


@compiled
def prompts(given: Records, share: float) -> bool:
    """Return whether a share of neighbours makes an adopter consider, under the threshold rule."""
    return share >= given.threshold and share > 0.0


@compiled
def choose(world: World, row: int, own: int, taste: float) -> int:
    """Return what an adopter that considers will use, given the share of its neighbours that use each option."""
    given, here, options = world.parameters[0].diffusion, world.here[0], world.crowd.options
    luck = uniform(here.seed, _OPTION, row, here.month, 0)
    best = -inf
    for k in range(len(options)):
        option = options[k]
        option.worth = taste * option.capability - option.cost + given.network_benefit * option.share
        if option.available:
            best = max(best, option.worth)
    bar = max(options[own].worth + given.switching_cost, 0.0) if own != NONE else 0.0
    if given.rule == _THRESHOLD:
        return _most_seen(world, own, best, bar, luck)
    k = _stirring(world, own, luck)
    world.firms[k].considered += 1
    return k if options[k].worth >= best and options[k].worth > bar else own


@compiled
def _stirring(world: World, own: int, luck: float) -> int:
    """Return the option that is considered, drawn in proportion to hazards; one of hazard 0 is never drawn."""
    given, options = world.parameters[0].diffusion, world.crowd.options
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
def _most_seen(world: World, own: int, best: float, bar: float, luck: float) -> int:
    """Return the option with the largest share among those past the threshold and taken, by lot if there are ties."""
    given, options = world.parameters[0].diffusion, world.crowd.options
    most, ties = -1.0, 0
    for k in range(len(options)):
        option = options[k]
        if option.available and k != own and prompts(given, option.share):
            world.firms[k].considered += 1
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
def consider(world: World) -> None:
    """Let a month pass: all look at the offers and at each other, then move; users and surplus are written down.

    With diffusion switched off nobody considers or leaves; seeds stay users.
    """
    given, crowd, offered = world.parameters[0].diffusion, world.crowd, 0
    for k in range(len(crowd.options)):
        firm, option = world.firms[k], crowd.options[k]
        option.capability, option.cost, option.available = firm.capability, firm.cost_of_use, firm.available
        firm.considered = firm.adopted = firm.switched_to = firm.switched_from = firm.left = 0
        offered |= int(firm.available) << k
    if given.enabled:
        if len(crowd.near) > 0:
            if offered != crowd.offered[0]:
                adoption.renew(world, offered, total, due)
            moving = adoption.look(world, total, due, choose)
        else:
            crowd.offered[0] = offered
            moving = adoption.look_at_all(world, _mix(world), choose)
        adoption.move(world, moving, total, due)
    for k in range(len(crowd.options)):
        firm, option, others = world.firms[k], crowd.options[k], max(len(crowd.adopters) - 1, 1)
        shares = option.shares if len(crowd.near) > 0 else option.users * ((option.users - 1) / others)
        firm.users = option.users
        firm.surplus = option.taste * option.capability - option.users * option.cost + given.network_benefit * shares


@compiled
def _mix(world: World) -> float:
    """Write the hazard of each option's users under complete mixing, and return that of who uses none.

    Under the threshold rule it is infinite for who is past the threshold and 0 for others.
    """
    given, options, others = world.parameters[0].diffusion, world.crowd.options, max(len(world.crowd.adopters) - 1, 1)
    hazard = 0.0
    for own in range(len(options) - 1, NONE - 1, -1):
        count, users, prompted = 0, 0, False
        for k in range(len(options)):
            if options[k].available and k != own:
                count += 1
                users += options[k].users
                prompted |= prompts(given, options[k].users / others)
        hazard = count * given.p + given.q * (users / others)
        if given.rule == _THRESHOLD:
            hazard = inf if prompted else 0.0
        if own != NONE:
            options[own].hazard = hazard
    return hazard


@entry
def put(world: World, row: int, new: int) -> None:
    """Make an adopter use option ``new``, -1 for none, between two months; nothing is drawn.

    It keeps its date of leaving, if it has one and uses something.
    """
    crowd, month = world.crowd, world.here[0].month
    adopter = crowd.adopters[row]
    if len(crowd.near) > 0:
        hazard = total(world.parameters[0].diffusion, crowd.near, row, adopter.choice, crowd.offered[0])
        adopter.left -= (month - adopter.since) * hazard
        adopter.since = month
    if new == NONE:
        adopter.leave = NEVER
    if new != adopter.choice:
        adoption.change(world, row, new, total, due)
    for k in range(len(crowd.options)):
        world.firms[k].users = crowd.options[k].users


@compiled
def observe(world: World, row: Records) -> None:
    """Write users, the openness of what they use, and their surplus."""
    row.users = float(world.firms[0].users)
    rivals, opened, surplus = 0, 0.0, 0.0
    for k in range(len(world.firms)):
        firm = world.firms[k]
        rivals += firm.users
        opened += firm.users * firm.product_openness
        surplus += firm.surplus
    row.rival_users = float(rivals - world.firms[0].users)
    row.adopted_openness = opened / len(world.crowd.adopters)
    row.surplus = surplus


def bass(p: float, q: float, time: ArrayLike) -> NDArray[np.float64]:
    """Return the share of adopters F(t) = (1 - e^-(p+q)t) / (1 + (q/p) e^-(p+q)t) of Bass (1969), p > 0."""
    decay = np.exp(-(p + q) * np.asarray(time, dtype=np.float64))
    return np.asarray((1.0 - decay) / (1.0 + q / p * decay))
