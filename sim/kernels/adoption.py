"""Adoption by events: the state of the adopters, and compiled loops that visit only those for whom something changes.

An adopter's hazard changes only when it or a neighbour moves, or when an option appears or vanishes. Between changes
the month of its next consideration is known, so it is written down (``dates``) together with the earliest date of each
block of rows, and a month visits only blocks whose date has come. What an adopter has still to wait is booked when
its hazard may change:

    left ← left - (month - since) · H        before the change
    date = since + max(1, ⌈left / H⌉)        after it

Under complete mixing a hazard depends on totals, which change each month: then one pass over all rows subtracts H.
Activation is staged: all look at the state of last month, in rising order of rows, then all move.
Sums over users (their number, taste, share of neighbours, contributors) are kept up with each move.

Shapes: N adopters, K options; near (N, K + 1) holds the neighbours that use each option, and last how many neighbours
there are, 1 at least; it has no rows under complete mixing. What an adopter chooses is the law of
``sim/mechanisms/diffusion.py``.
"""

from __future__ import annotations

from math import ceil, cos, exp, inf, log, pi, sin, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernels import networks
from sim.kernels.compiled import World, compiled
from sim.kernels.draws import exponential, key, nth, stream
from sim.kernels.fetch import ask_for

Records = Any  # a record array: numpy.recarray, whose fields type checkers do not know

NONE = -1  # the choice of an adopter that uses nothing
NEVER = 65_535  # a date that does not come
THRESHOLD = 1  # the rule's place among its choices
NEARBY = 50_000  # adopters whose tables the processor's own caches hold, so that nothing need be fetched ahead
BLOCK = 64  # rows whose earliest date is kept


def _record(fields: list[tuple[str, str]], align: bool = False) -> np.dtype[Any]:
    """Return a type whose rows show fields as attributes, uncompiled too."""
    return np.dtype((np.record, np.dtype(fields, align=align)))


# left: hazard still to come until the next consideration, as of month ``since``; leave: month of leaving.
_ADOPTER = _record([("left", "f8"), ("since", "u2"), ("leave", "u2"), ("choice", "i1"), ("intent", "i1")], align=True)
_TRAITS = _record([("taste", "f8"), ("benefit", "f8")])
# taste, shares: sums over users of their taste and of the share of neighbours that use the same; least: private
# benefit above which a user contributes; the rest is what an adopter looks at, and the hazard of users (mixing).
_OPTION = _record([
    ("users", "i8"), ("contributors", "i8"), ("least", "f8"), ("taste", "f8"), ("shares", "f8"), ("available", "?"),
    ("capability", "f8"), ("cost", "f8"), ("share", "f8"), ("worth", "f8"), ("hazard", "f8"),
    ("considered", "i8"),
])  # fmt: skip

CONSIDER, _LEAVE, _SEEDS, _TEMPER = stream("consider"), stream("leave"), stream("seeds"), stream("traits")

Near = NDArray[np.uint32]


class Crowd(NamedTuple):
    """The adopters of a run.

    Attributes:
        adopters: left, since, leave, choice, intent, shape (N,).
        traits: taste, utility per unit of capability, and private benefit of contributing, both lognormal, shape (N,).
        near: neighbours by option, and their number, uint32, shape (N, K + 1), or (0, K + 1) under complete mixing.
        dates: month of the next consideration or leaving, uint16, shape (N,).
        blocks: at most the earliest date of each 64 rows, uint16.
        start, neighbours: the network in compressed rows.
        moves: room for the rows that move in a month, int32, shape (N,).
        options: what is kept of each option, shape (K,).
        offered: bit k is set if option k was on offer when dates were last set, int64, shape (1,).
    """

    adopters: Records
    traits: Records
    near: NDArray[np.uint32]
    dates: NDArray[np.uint16]
    blocks: NDArray[np.uint16]
    start: NDArray[np.int64]
    neighbours: NDArray[np.int32]
    moves: NDArray[np.int32]
    options: Records
    offered: NDArray[np.int64]


@compiled
def found_crowd(world: World, start: networks.Starts, neighbours: networks.Nodes) -> Crowd:
    """Return the adopters of a run at month 0; a share of them, ``seeds``, uses option 0, on offer or not.

    Args:
        world: has the seed, the number of firms, and the parameters of diffusion and the commons.
        start, neighbours: a network, which sets the number of adopters, when the run brings its own.
    """
    given, seed, options = world.parameters.diffusion, world.here.seed, world.here.firms
    n, complete = given.adopters, given.network == networks.COMPLETE
    if given.network == networks.EDGES:
        n = len(start) - 1
    elif not complete:
        start, neighbours = networks.drawn(given.network, n, min(given.degree, n - 1.0), given.rewiring, seed)
    crowd = Crowd(
        np.empty(n, dtype=_ADOPTER),
        np.empty(n, dtype=_TRAITS),
        np.zeros((0 if complete else n, options + 1), dtype=np.uint32),
        np.empty(n, dtype=np.uint16),
        np.empty((n + BLOCK - 1) // BLOCK, dtype=np.uint16),
        start,
        neighbours,
        np.empty(n, dtype=np.int32),
        np.zeros(options, dtype=_OPTION),
        np.zeros(1, dtype=np.int64),
    )
    _temper(crowd, seed, given.taste, given.taste_spread, world.parameters.commons.benefit_spread)
    if given.seeds > 0.0:
        _seed(crowd, seed, given.churn, max(1, round(given.seeds * n)))
    return crowd


@compiled
def _temper(crowd: Crowd, seed: np.uint64, taste: float, taste_spread: float, benefit_spread: float) -> None:
    """Give adopters their traits, and none of them an option."""
    traits = key(seed, _TEMPER, 0, 0, 0)
    for row in range(len(crowd.adopters)):
        adopter, trait = crowd.adopters[row], crowd.traits[row]
        adopter.left = exponential(seed, CONSIDER, row, 0, 0)
        adopter.since, adopter.leave, adopter.choice, adopter.intent = 0, NEVER, NONE, NONE
        radius, angle = sqrt(-2.0 * log(nth(traits, 2 * row))), 2.0 * pi * nth(traits, 2 * row + 1)
        trait.taste = taste * exp(taste_spread * (radius * cos(angle)))  # two independent normals (Box, Muller 1958)
        trait.benefit = exp(benefit_spread * (radius * sin(angle)))
    crowd.dates[:] = NEVER
    crowd.blocks[:] = NEVER
    crowd.options["least"][:] = inf
    known = crowd.near.shape[1] - 1
    for row in range(len(crowd.near)):
        crowd.near[row, known] = max(crowd.start[row + 1] - crowd.start[row], 1)  # an isolated adopter's share is 0 / 1


@compiled
def _seed(crowd: Crowd, seed: np.uint64, churn: float, seeds: int) -> None:
    """Let adopters drawn at random use option 0: the first of a random order, so that more seeds include fewer."""
    n, order, luck, option = len(crowd.adopters), crowd.moves, key(seed, _SEEDS, 0, 0, 0), crowd.options[0]
    for row in range(n):
        order[row] = row
    for place in range(seeds):
        drawn = place + int(nth(luck, place) * (n - place))
        order[place], order[drawn] = order[drawn], order[place]
        row = order[place]
        adopter = crowd.adopters[row]
        adopter.choice, adopter.leave = 0, leaving(seed, churn, row, 0)
        mark(crowd.dates, crowd.blocks, row, adopter.leave)
        option.users += 1
        option.taste += crowd.traits[row].taste
        if len(crowd.near) > 0:
            for link in range(crowd.start[row], crowd.start[row + 1]):
                crowd.near[crowd.neighbours[link], 0] += 1
    if len(crowd.near) > 0:
        for place in range(seeds):
            near = crowd.near[order[place]]
            option.shares += near[0] / near[len(near) - 1]


@compiled
def leaving(seed: np.uint64, churn: float, row: int, month: int) -> int:
    """Return the month in which who takes an option up in ``month`` leaves it, after a wait from Exp(churn)."""
    if churn <= 0.0:
        return NEVER
    wait = exponential(seed, _LEAVE, row, month, 0) / churn
    return month + int(wait) + 1 if wait < NEVER - month - 1 else NEVER


@compiled
def mark(dates: NDArray[np.uint16], blocks: NDArray[np.uint16], row: int, date: int) -> None:
    """Write down when something happens next to an adopter."""
    dates[row] = date
    if date < blocks[row // BLOCK]:
        blocks[row // BLOCK] = date


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
    others, users, k = 0, 0, 0
    while offered:  # not a counted loop, which would be turned into vectors too wide for a few options
        if offered & 1 and k != own:
            others += 1
            users += near[row, k]
        offered >>= 1
        k += 1
    hazard: float = others * given.p + given.q * (users / near[row, near.shape[1] - 1])
    return hazard


@compiled
def due(given: Records, near: Near, row: int, own: int, offered: int, left: float, since: int) -> int:
    """Return the month of an adopter's next consideration, ``left`` being its wait in month ``since``."""
    if given.rule == THRESHOLD:
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
def book(given: Records, near: Near, adopter: Records, row: int, offered: int, month: int) -> None:
    """Take off an adopter's wait the hazard that it has met up to the end of a month."""
    adopter.left -= (month - adopter.since) * total(given, near, row, adopter.choice, offered)
    adopter.since = month


@compiled
def renew(world: World, crowd: Crowd, offered: int) -> None:
    """Book everybody's wait up to last month, and set all dates anew: other options are on offer from this month on."""
    given, last = world.parameters.diffusion, world.here.month - 1
    adopters, near, dates, blocks, before = crowd.adopters, crowd.near, crowd.dates, crowd.blocks, crowd.offered[0]
    for row in range(len(near)):
        adopter = adopters[row]
        book(given, near, adopter, row, before, last)
        date = due(given, near, row, adopter.choice, offered, adopter.left, last)
        mark(dates, blocks, row, min(date, adopter.leave))
    crowd.offered[0] = offered


@compiled
def come_due(crowd: Crowd, month: int) -> int:
    """Write the rows whose date has come into ``moves``, in rising order, and return how many; they have no date."""
    dates, blocks, rows, count = crowd.dates, crowd.blocks, crowd.moves, 0
    for block in range(len(blocks)):
        if blocks[block] > month:
            continue
        earliest = NEVER
        for row in range(block * BLOCK, min((block + 1) * BLOCK, len(dates))):
            if dates[row] <= month:
                dates[row] = NEVER
                rows[count] = row
                count += 1
            earliest = min(earliest, dates[row])
        blocks[block] = earliest
    return count


@compiled
def change(world: World, crowd: Crowd, moving: int) -> None:
    """Let the first ``moving`` of ``moves`` use what they intend: count users anew, and tell the neighbours.

    Neighbours who have not moved yet are told as well: what they see does not touch what they already intend.
    """
    given, month = world.parameters.diffusion, world.here.month
    adopters, near, dates, blocks, options = crowd.adopters, crowd.near, crowd.dates, crowd.blocks, crowd.options
    rows, start, neighbours, traits = crowd.moves, crowd.start, crowd.neighbours, crowd.traits
    offered, last, mixed = crowd.offered[0], len(options), len(near) == 0
    for place in range(moving):
        row = rows[place]
        if len(near) > NEARBY:
            _fetch_ahead(crowd, place, moving)
        adopter = adopters[row]
        old, new = adopter.choice, adopter.intent
        adopter.choice = new
        if old != NONE:
            _count(options[old], traits[row], -1, 0.0 if mixed else near[row, old] / near[row, last])
        if new != NONE:
            _count(options[new], traits[row], 1, 0.0 if mixed else near[row, new] / near[row, last])
        if mixed:
            continue
        date = due(given, near, row, new, offered, adopter.left, month)
        mark(dates, blocks, row, min(date, adopter.leave))
        for link in range(start[row], start[row + 1]):
            other = neighbours[link]
            seen = adopters[other]
            own = seen.choice
            if seen.since < month:
                book(given, near, seen, other, offered, month)
            if old != NONE:
                near[other, old] -= 1
                if own == old:
                    options[old].shares -= 1.0 / near[other, last]
            if new != NONE:
                near[other, new] += 1
                if own == new:
                    options[new].shares += 1.0 / near[other, last]
            mark(dates, blocks, other, min(due(given, near, other, own, offered, seen.left, month), seen.leave))


@compiled
def _fetch_ahead(crowd: Crowd, place: int, moving: int) -> None:
    """Ask for what the next moves will touch, a stage each: the row, where its neighbours are named, the neighbours."""
    if place + 6 < moving:
        row = crowd.moves[place + 6]
        ask_for(crowd.start, row)
        ask_for(crowd.adopters, row)
        ask_for(crowd.near, row)
        ask_for(crowd.traits, row)
    if place + 4 < moving:
        ask_for(crowd.neighbours, crowd.start[crowd.moves[place + 4]])
    if place + 2 < moving:
        row = crowd.moves[place + 2]
        for link in range(crowd.start[row], crowd.start[row + 1]):
            other = crowd.neighbours[link]
            ask_for(crowd.adopters, other)
            ask_for(crowd.near, other)
            ask_for(crowd.dates, other)


@compiled
def _count(option: Records, traits: Records, sign: int, share: float) -> None:
    """Add an adopter, a share of whose neighbours use the same, to an option's users, or take it away (sign -1)."""
    option.users += sign
    option.taste += sign * traits.taste
    option.shares += sign * share
    option.contributors += sign * (traits.benefit > option.least)
    if option.users == 0:  # no rounding is left over
        option.taste = option.shares = 0.0


@compiled
def count_contributors(world: World, crowd: Crowd) -> None:
    """Write how many users of each firm's product have a private benefit above cost / (openness · rights).

    Counts are kept up with each move; they are made anew, in one pass, only when a least benefit has changed.
    """
    given, changed = world.parameters.commons, False
    for k in range(len(crowd.options)):
        gain = world.firms[k].product_openness * given.rights
        least = given.cost / gain if gain > 0.0 else inf
        changed |= least != crowd.options[k].least
        crowd.options[k].least = least
    if changed:
        for option in crowd.options:
            option.contributors = 0
        for row in range(len(crowd.adopters)):
            k = crowd.adopters[row].choice
            if k != NONE:
                crowd.options[k].contributors += crowd.traits[row].benefit > crowd.options[k].least
    for k in range(len(crowd.options)):
        world.firms[k].contributors = crowd.options[k].contributors
