"""Founding: the tables of a run, from its parameters and its seed."""

from __future__ import annotations

from math import lgamma
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.architecture import Layout, lay_out
from sim.kernels.adoption import found_crowd
from sim.kernels.draws import seed_key
from sim.month import advance
from sim.parameters import Parameters
from sim.world import JOURNAL, SLOTS, Tables, dtypes, levers, numbers, strategy, table

_EVENTS = 1 << 13  # room for events to begin with


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
    fixed, worlds = _fixed(parameters), table("world", 1)
    months, world = parameters.run.months, worlds[0]
    here, count = world.here, parameters.rival.count + 1
    here.seed, here.keeps_events = seed_key(seed), keeps_events
    here.firms, here.lines, here.dated = count, parameters.reuse.lines, len(fixed.dated)
    here.commons_modules = len(parameters.commons.modules)
    world.parameters = fixed.numbers
    world.design = fixed.design if fixed.design is not None else _design(parameters, seed)
    world.levels[: months + 1] = fixed.levels
    world.policy[: months + 1] = fixed.levels.view(dtypes()["policy"]).reshape(-1)
    world.dated[: len(fixed.dated)] = fixed.dated
    for k in range(count):
        world.firms[k].strategy = fixed.strategies[min(k, 1)]
    crowd = found_crowd(parameters, here.seed, count, edges)
    here.adopters = len(crowd.adopters)
    for k in range(count):
        world.firms[k].users = crowd.options[k].users
    here.next_id = count + len(crowd.adopters) + 1
    releases = table("releases", count * months + len(fixed.dated))
    events = table("events", _EVENTS if keeps_events else 0)
    record = table("record", months)
    record.view(np.float64)[:] = np.nan  # what nobody writes is missing
    return Tables(worlds, crowd, releases, events, record)


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


class _Fixed:
    """What does not depend on the seed; the design is None where it does."""

    def __init__(self, parameters: Parameters) -> None:
        self.numbers, self.levels = numbers(parameters), _levels(parameters)
        self.strategies = strategy(parameters.firm), strategy(parameters.rival)
        random = parameters.architecture.links == "random" or parameters.flywheel.topology == "rewired"
        self.design = None if random else _design(parameters, 0)
        schedule, slots = parameters.release.schedule, parameters.architecture.slots
        self.dated = table("dated", len(schedule))
        for row, release in zip(self.dated, schedule, strict=True):
            row.month, row.line = release.month, release.line
            row.introduces[: len(slots)] = np.isin(slots, release.introduces)


_KNOWN: dict[int, tuple[Parameters, _Fixed]] = {}


def _fixed(parameters: Parameters) -> _Fixed:
    known = _KNOWN.get(id(parameters))
    if known is None or known[0] is not parameters:
        if len(_KNOWN) > 256:
            _KNOWN.clear()
        known = _KNOWN[id(parameters)] = parameters, _Fixed(parameters)
    return known[1]


def _design(parameters: Parameters, seed: int) -> Any:
    given, slots = parameters.architecture, parameters.architecture.slots
    layout = lay_out(given, parameters.flywheel, seed)
    made = table("design", 1)
    row, size = made[0], len(slots)
    row.slots, row.weights[:size] = size, layout.weights
    row.systems[:size] = np.isin(slots, given.systems)
    row.inherited[:size] = np.isin(slots, parameters.demand.inherited)
    row.shocked = slots.index(parameters.shock.slot) if parameters.shock.slot else -1
    gamma = parameters.search.gamma
    row.simplices[:] = [k * lgamma(gamma + 1.0) - lgamma(gamma * k + 1.0) for k in range(SLOTS + 1)]
    _link(row, layout)
    return made[0]


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
