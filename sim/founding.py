"""Founding: the tables of a run, from its parameters and its seed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import lgamma
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.architecture import Layout, lay_out
from sim.kernels import networks
from sim.kernels.adoption import Crowd, found_crowd
from sim.kernels.compiled import World, compiled, entry
from sim.kernels.draws import seed_key
from sim.month import advance
from sim.parameters import Parameters, declared
from sim.world import JOURNAL, Records, Tables, dtypes, levers, numbers, strategy, table

DRAWN = {("architecture", "links"): "random", ("flywheel", "topology"): "rewired"}  # choices by which a design is drawn
_EVENTS = 1 << 13  # room for events to begin with


class Start(NamedTuple):
    """What a run starts from, but for its seed.

    Attributes:
        given: numbers: parameters, strategies; shape (1,).
        setting: what has names and dates: design, policy, dated releases; shape (1,).
    """

    given: Records
    setting: Records


def found_tables(
    parameters: Parameters, seed: int, edges: NDArray[np.int64] | None = None, keeps_events: bool = True
) -> Tables:
    """Return the tables of a run before its first month; the compiled core draws what there is at founding.

    Args:
        parameters: all parameters.
        seed: the run's seed, 0 or more.
        edges: edge list of shape (E, 2) when ``diffusion.network`` is 'edges'.
        keeps_events: whether events are logged; counts of them are kept in any case.

    Raises:
        ValueError: a negative seed, or a faulty edge list.
    """
    start, worlds = start_of(parameters, seed), table("world", 1)
    crowd = _found(worlds, nothing(), *start, seed_key(seed), keeps_events, *network_of(parameters, edges))
    crowd = crowd._replace(
        **{name: getattr(crowd, name).view(np.recarray) for name in ("adopters", "traits", "options")}
    )
    record, releases = table("record", parameters.run.months), releases_of(parameters, parameters.rival.count)
    record.view(np.float64)[:] = np.nan  # what nobody writes is missing
    return Tables(worlds, crowd, releases, table("events", _EVENTS if keeps_events else 0), record)


@entry
def _found(
    worlds: Any, blank: Any, given: Any, setting: Any, seed: np.uint64, keeps_events: bool, start: Any, neighbours: Any
) -> Crowd:
    return found(worlds[0], blank[0], given[0], setting[0], seed, keeps_events, start, neighbours)


@compiled
def found(
    world: World, blank: World, given: Any, setting: Any, seed: np.uint64, keeps_events: bool,
    start: Any, neighbours: Any,
) -> Crowd:  # fmt: skip
    """Found a run in a world that is empty or holds an earlier run, and return its adopters.

    Args:
        world: where it will live.
        blank: an empty world.
        given, setting: what the run starts from.
        seed: its key.
        keeps_events: whether events are logged.
        start, neighbours: the network, if it brings its own.
    """
    _clear(world, blank)
    here, months = world.here, given.parameters.run.months
    here.seed, here.keeps_events = seed, keeps_events
    here.firms, here.lines = given.parameters.rival.count + 1, given.parameters.reuse.lines
    here.dated, here.commons_modules = setting.releases, given.commons_modules
    world.parameters, world.design = given.parameters, setting.design
    world.design.simplices[:] = given.simplices
    _price(world.design, given.parameters.flywheel.elasticity * given.parameters.flywheel.enabled)
    for month in range(months + 1):
        world.policy[month] = setting.policy[month]
        world.levels[month, :] = setting.levels[month, :]
    for n in range(here.dated):
        world.dated[n] = setting.dated[n]
    crowd = found_crowd(world, start, neighbours)
    here.adopters = len(crowd.adopters)
    here.next_id = here.firms + here.adopters + 1
    for k in range(here.firms):
        world.firms[k].strategy = given.strategies[min(k, 1)]
        world.firms[k].users = crowd.options[k].users
    return crowd


@compiled
def _clear(world: World, blank: World) -> None:
    """Leave nothing of an earlier run but what is written anew before it is read."""
    for row in range(world.here.modules):
        world.modules[row] = blank.modules[0]
    for k in range(world.here.firms):
        world.firms[k] = blank.firms[0]
        for line in range(world.here.lines):
            world.products[k, line] = blank.products[0, 0]
    world.here = blank.here


@compiled
def _price(design: Any, elasticity: float) -> None:
    """Give the links of a design their elasticity; without one they price nothing."""
    for slot in range(design.slots):
        for place in range(design.priced[slot]):
            design.elasticity[slot, place] *= elasticity
        design.priced[slot] *= elasticity > 0.0


def advance_tables(tables: Tables, until: int) -> Tables:
    """Go on to the end of a month, and return the tables, with more room for events where that was needed."""
    while not advance(tables.world, tables.crowd, tables.releases, tables.events, tables.record, until):
        noted = int(tables.world[0].here.noted)
        if noted > JOURNAL:
            raise OverflowError(
                f"month {int(tables.world[0].here.month)} has {noted:,} events, but the log takes {JOURNAL:,} a month: "
                "run it without events (keeps_events=False), or with fewer releases at once"
            )
        events = table("events", 2 * len(tables.events) + JOURNAL)
        events[: len(tables.events)] = tables.events
        tables = tables._replace(events=events)
    return tables


def start_of(parameters: Parameters, seed: int) -> Start:
    """Return what a run starts from; the seed matters only where the design is drawn."""
    known = _KNOWN.get(id(parameters))
    if known is None or known[0] is not parameters:
        if len(_KNOWN) > 256:
            _KNOWN.clear()
        known = _KNOWN[id(parameters)] = parameters, Start(_given(parameters), _setting(parameters, seed))
    start = known[1]
    if is_drawn(parameters):
        start = start._replace(setting=start.setting.copy())
        _design(start.setting[0].design, parameters, seed)
    return start


def is_alone(key: str) -> bool:
    """Return whether a parameter is a number or switch that founding copies, and any value of it fits any others.

    Such parameters may differ between runs that share their setting.
    """
    return _annotation(key) in (bool, int, float) and key.partition(".")[0] not in _TOGETHER and key not in _TOGETHER


def vary(start: Start, changes: Mapping[str, Any]) -> Start:
    """Return a start for many points: of each, what it changes.

    Args:
        start: what they start from otherwise.
        changes: for each key, which is alone, a value a point; arrays of shape (points,).
    """
    points = len(next(iter(changes.values()))) if changes else 1
    given = np.repeat(start.given.view(np.ndarray), points)  # plain: records look at each field again
    for key, values in changes.items():
        section, _, name = key.partition(".")
        given["parameters"][section][name] = values
        if section in _FIRMS:
            for field in set(given.dtype["strategies"].base.names or ()) & {name}:
                given["strategies"][field][:, _FIRMS.index(section)] = values
        if key == "search.gamma":
            slots = int(start.setting[0].design.slots)
            given["simplices"][:, : slots + 1] = [_simplices(float(gamma), slots) for gamma in values]
    return start._replace(given=given.view(np.recarray))


_FIRMS = ("firm", "rival")  # whose strategies are the rows of ``strategies``
# What founding lays out from, or checks with others.
_TOGETHER = ("architecture", "policy", "demand.inheritance", "reuse.lines", "run.months")


@cache
def _annotation(key: str) -> Any:
    return dict(declared())[key].annotation


def is_drawn(parameters: Parameters) -> bool:
    """Return whether the design is drawn, and so depends on the seed."""
    return any(getattr(getattr(parameters, section), name) == drawn for (section, name), drawn in DRAWN.items())


def network_of(parameters: Parameters, edges: NDArray[np.int64] | None) -> networks.Network:
    """Return the social network that a run brings, or an empty one.

    Raises:
        ValueError: the run needs a list of edges, and there is none, or a faulty one.
    """
    if parameters.diffusion.network != "edges":
        return networks.Network(np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int32))
    if edges is None:
        raise ValueError("edges: the network is 'edges', but there is no edge list")
    return networks.from_edges(edges)


def releases_of(parameters: Parameters, rivals: int) -> Records:
    """Return room for the releases of a run with so many rivals."""
    return table("releases", (rivals + 1) * parameters.run.months + len(parameters.release.schedule))


@cache
def nothing() -> Records:
    """Return an empty world, which stays empty."""
    return table("world", 1)


_KNOWN: dict[int, tuple[Parameters, Start]] = {}


def _given(parameters: Parameters) -> Records:
    made, gamma = table("given", 1), parameters.search.gamma
    row, slots = made[0], len(parameters.architecture.slots)
    row.parameters, row.commons_modules = numbers(parameters), len(parameters.commons.modules)
    row.strategies[0], row.strategies[1] = strategy(parameters.firm), strategy(parameters.rival)
    row.simplices[: slots + 1] = _simplices(gamma, slots)
    return made


def _simplices(gamma: float, slots: int) -> list[float]:
    return [k * lgamma(gamma + 1.0) - lgamma(gamma * k + 1.0) for k in range(slots + 1)]


def _setting(parameters: Parameters, seed: int) -> Records:
    made = table("setting", 1)
    row, schedule, slots = made[0], parameters.release.schedule, parameters.architecture.slots
    _design(row.design, parameters, seed)
    levels = _levels(parameters)
    row.levels[: len(levels)] = levels
    row.policy[: len(levels)] = levels.view(dtypes()["policy"]).reshape(-1)
    row.releases = len(schedule)
    for dated, release in zip(row.dated, schedule, strict=False):
        dated.month, dated.line = release.month, release.line
        dated.introduces[: len(slots)] = np.isin(slots, release.introduces)
    return made


def _design(row: Any, parameters: Parameters, seed: int) -> None:
    """Write a design into its record, with links of elasticity 1, which only say how they share."""
    given, slots = parameters.architecture, parameters.architecture.slots
    links = parameters.flywheel.model_copy(update={"enabled": True, "elasticity": 1.0})
    layout, size = lay_out(given, links, seed), len(slots)
    row.slots, row.weights[:size] = size, layout.weights
    row.systems[:size] = np.isin(slots, given.systems)
    row.inherited[:size] = np.isin(slots, parameters.demand.inherited)
    row.shocked = slots.index(parameters.shock.slot) if parameters.shock.slot else -1
    row.coupled[:] = False
    _link(row, layout)


def _link(row: Any, layout: Layout) -> None:
    for slot, cluster in enumerate(layout.clusters):
        row.sizes[slot] = len(cluster)
        row.clusters[slot, : len(cluster)] = cluster
        inputs = np.flatnonzero(layout.elasticity[slot])
        row.priced[slot] = len(inputs)
        row.inputs[slot, : len(inputs)] = inputs
        row.elasticity[slot, : len(inputs)] = layout.elasticity[slot, inputs]
        for other in layout.partners[slot]:
            row.coupled[slot, other] = row.coupled[other, slot] = True


def _levels(parameters: Parameters) -> NDArray[np.float64]:
    names = [lever.name for lever in levers()]
    levels = np.zeros((parameters.run.months + 1, len(names)))
    for measure in parameters.policy.schedule if parameters.policy.enabled else ():
        levels[measure.start : measure.end + 1, names.index(measure.lever)] += measure.level
    return levels
