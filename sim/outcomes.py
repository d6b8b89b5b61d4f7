"""What was observed, from the tables to what people read: columns, events with their names, and a run's outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sim.world import Tables, columns, kinds, levers

if TYPE_CHECKING:
    from sim.model import InnovationModel
    from sim.parameters import Parameters


class Event(NamedTuple):
    """One thing that happened, to one firm or to the world."""

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
    "detail": "what else belongs to it, in words",
}
COLUMNS = columns()
EVENT_KINDS = {kind.name: kind.description for kind in kinds()}


def firm_name(number: int) -> str:
    """Return the name of the firm in a row; empty for none."""
    return "" if number < 0 else f"rival-{number}" if number else "focal"


def product_name(parameters: Parameters, firm: int, release: int) -> str:
    """Return the name of a firm's product by the number of its release: 0 is the prototype, -1 none."""
    if release <= 0:
        return "prototype" if release == 0 else ""
    dated = parameters.release.schedule if firm == 0 else ()
    return dated[release - 1].name if release <= len(dated) else f"{firm_name(firm)}-{release}"


def events_of(tables: Tables, parameters: Parameters) -> list[Event]:
    """Return the log of a run with names in the place of numbers."""
    from sim.declare import event

    names = {event(kind.name): kind.name for kind in kinds()}
    slots, commons = parameters.architecture.slots, parameters.commons.modules
    told = []
    for row in tables.events[: int(tables.world[0].here.events)].tolist():
        month, code, firm, release, slot, module, value, extra = row
        kind = names[code]
        where = "" if slot < 0 else (commons if kind == "improved" else slots)[slot]
        product = product_name(parameters, firm, release)
        told.append(Event(month, kind, firm_name(firm), product, where, module, value, _detail(kind, extra, slots)))
    return told


def _detail(kind: str, extra: float, slots: tuple[str, ...]) -> str:
    if kind == "policy":
        return levers()[int(extra)].name
    if kind == "released":
        return f"reused {int(extra)} of {len(slots)}"
    if kind == "best":
        return f"bettered by {extra:.6g} in logs"
    if kind in ("redesigned", "developed", "patched"):
        return f"trial on {slots[int(extra)]}"
    return ""


def summary(model: InnovationModel) -> dict[str, float]:
    """Return the outcome of a run: every column at its end."""
    last = model.tables.record[model.month - 1]
    return {column.name: float(last[column.name]) for column in COLUMNS}
