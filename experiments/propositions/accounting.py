"""Mediation: nothing moves the focal firm's modules and counts but what the event log tells of.

A run is done again, month by month, and held against its own log:

    counts      a column that counts events is the number of these events in the log
    costs       a module at hand changes its cost only in a month in which the log tells of a trial kept on a cluster
                that it is in, of an imitation or of a shock
    arrivals    a module comes to hand only as the log tells, and at the cost that it tells
    unit cost   the product on offer changes its unit cost only in a month with a release, a loss or one of the above
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.outcomes import COLUMNS

if TYPE_CHECKING:
    from sim.model import InnovationModel
    from sim.outcomes import Event

_TRIALS, _OTHERS = ("redesigned", "patched"), ("imitated", "shocked")
_ARRIVALS = ("founded", "made", "redeveloped", "reused", "adopted", "lost")
_REASONS = {*_TRIALS, *_OTHERS, "released", "lost"}
_EVENTS = "events_"
_COUNTS = {"independent": "best", "integrated": "integrated", "experience": "redesigned"} | {
    column.name: column.name.removeprefix(_EVENTS) for column in COLUMNS if column.name.startswith(_EVENTS)
}


class Account(NamedTuple):
    """What came of one run: its last value of every column, how many events it logged, and what they leave open."""

    final: Mapping[str, float]
    events: int
    faults: list[str]


def account(model: InnovationModel) -> Account:
    """Run a model that has not begun to its end, and hold it against its log."""
    firm, faults = model.focal, list[str]()
    known = _arrived([event for event in model.events if event.firm == firm.name])
    unit_cost = firm.unit_cost(firm.offered())
    while model.running:
        seen = len(model.events)
        model.step()
        events = [event for event in model.events[seen:] if event.firm == firm.name]
        faults += [f"month {model.month}: {fault}" for fault in _open_ends(model, known, events)]
        before, unit_cost = unit_cost, firm.unit_cost(firm.offered())
        if unit_cost != before and not _REASONS & {event.kind for event in events}:
            faults.append(
                f"month {model.month}: unit cost went from {before:.6g} to {unit_cost:.6g}, the log is silent"
            )
    columns = model.datacollector.model_vars
    return Account(
        final={name: float(values[-1]) for name, values in columns.items()},
        events=len(model.events),
        faults=faults + _miscounts(columns, Counter(e.kind for e in model.events if e.firm == firm.name)),
    )


def _arrived(events: Sequence[Event]) -> dict[int, float]:
    """Return the cost at which each module came to hand."""
    return {event.module: event.value for event in events if event.kind in _ARRIVALS}


def _open_ends(model: InnovationModel, known: dict[int, float], events: Sequence[Event]) -> list[str]:
    """Return what a month's events do not explain of the modules at hand, and bring ``known`` costs up to date."""
    slots, faults = model.architecture.slots, []
    tried = {slots.index(event.slot) for event in events if event.kind in _TRIALS}
    touched = {slot for root in tried for slot in model.architecture.clusters[root]}
    named = {event.module for event in events if event.kind in _OTHERS}
    arrived = _arrived(events)
    for module in (*model.focal.modules, *model.focal.shelf.values()):
        number, cost = int(module.unique_id), float(module.cost)
        before = known.get(number, arrived.get(number))
        what = f"{slots[module.slot]}, module {number}"
        if before is None:
            faults.append(f"{what}, came from nowhere")
        elif cost != before and module.slot not in touched and number not in named:
            faults.append(f"{what}, went from {before:.6g} to {cost:.6g}, the log is silent")
        known[number] = cost
    return faults


def _miscounts(columns: Mapping[str, Sequence[Any]], log: Mapping[str, int]) -> list[str]:
    """Return the columns that count something else than the log does."""
    counted = {name: (float(columns[name][-1]), log[kind]) for name, kind in _COUNTS.items()}
    counted["patches, summed"] = float(sum(columns["patches"])), log["patched"]
    return [f"{name}: says {said:g}, the log {told}" for name, (said, told) in counted.items() if said != told]
