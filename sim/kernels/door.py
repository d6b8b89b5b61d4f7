"""The one door by which a module changes, and the log of what happened.

Whoever changes a module's cost and point says why, as a kind of event: nothing changes that the log does not tell.
"""

from __future__ import annotations

from typing import Any

from sim.kernels.compiled import World, compiled


@compiled
def log(world: World, kind: int, firm: int, release: int, slot: int, module: int, value: float, extra: float) -> None:
    """Add an event to the month's journal: to which firm, with which of its releases, in which slot, to which module.

    -1 stands for none of them. A full journal counts on without writing, and ``write_down`` refuses it.
    """
    here = world.here
    if here.keeps_events:
        if here.noted < len(world.journal):
            row = world.journal[here.noted]
            row.month, row.kind, row.firm, row.release, row.slot = here.month, kind, firm, release, slot
            row.module = world.modules[module].id if module >= 0 else 0
            row.value, row.extra = value, extra
        here.noted += 1


@compiled
def write_down(world: World, releases: Any, events: Any) -> bool:
    """Write a month's releases and events into the run's tables; return whether these and the journal had room."""
    here = world.here
    noted = here.noted
    if noted > len(world.journal) or here.events + noted > len(events):
        return False
    for n in range(noted):
        events[here.events + n] = world.journal[n]
    for n in range(here.came_out):
        releases[here.releases + n] = world.out[n]
    here.events += noted
    here.releases += here.came_out
    here.noted, here.came_out = 0, 0
    return True


@compiled
def change(world: World, module: int, cost: float, point: float, why: int, firm: int, root: int) -> None:
    """Give the module in a row a new cost and point, because of an event of kind ``why`` that began at a root slot."""
    changed = world.modules[module]
    changed.cost = cost
    changed.point = point
    log(world, why, firm, -1, changed.slot, module, cost, float(root))


@compiled
def found(world: World, slot: int, owner: int, origin: int, point: float, cost: float, secrecy: float) -> int:
    """Make a module, and return its row in the table."""
    here = world.here
    row = 0
    while world.modules[row].id != 0:
        row += 1
    here.modules = max(here.modules, row + 1)
    made = world.modules[row]
    made.id = here.next_id
    here.next_id += 1
    made.slot, made.owner, made.origin, made.point, made.cost = slot, owner, origin, point, cost
    made.uses, made.secrecy, made.lineage, made.version, made.forks = 0, secrecy, made.id, 0, 0
    return row


@compiled
def retire(world: World, module: int) -> None:
    """Free the row of a module that nothing uses."""
    world.modules[module].id = 0
