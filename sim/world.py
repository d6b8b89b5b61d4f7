"""The state of a run: a few tables of named records, and nothing else.

What a mechanism keeps from month to month it declares beside its law (``STATE``), and what it observes as well
(``COLUMNS``); the tables here gather both. Sizes of slots, lines and firms are the largest that there may be, so that
one compiled core serves every configuration.

    parameters       numbers and switches, a record a section; a choice is its place among the choices
    here             calendar, sizes, environment, commons
    design           the architecture
    policy           the level of each lever in each month; levels are the same numbers, to go through
    dated            dated releases of the focal firm
    firms, products (firm, line), modules
    plan             how the slots of a release are going to be filled, written anew at each release
    tasks            what trials are being made on, written anew at each use
    journal, out     the month's events and releases, until they are written down

What a run starts from, but for its seed, are a record of numbers (``given``: parameters, strategies of the focal firm
and of rivals) and one of what has names and dates (``setting``: design, policy, dated releases), which many points of a
sweep share.

The other tables are parts of one record, ``world``, that compiled functions take whole: ``world.firms[k].cash``.
Adopters, of whom there may be millions, are arrays of their own (``Crowd``), and what is written down is as long as
the run.
"""

from __future__ import annotations

import sys
from functools import cache
from types import ModuleType
from typing import Any, Literal, NamedTuple, get_args, get_origin

import numpy as np

from sim.declare import Column, Kind, Lever, Section
from sim.kernels.adoption import Crowd
from sim.mechanisms.effort import Strategy
from sim.parameters import Parameters

SLOTS, LINES, FIRMS, MONTHS, DATED = 64, 8, 9, 1200, 240  # the most that there may be
MODULES = 16 + FIRMS * (LINES + 2) * SLOTS
JOURNAL = 1 << 16  # events of a month

WAYS = ("made", "copied", "reused", "adopted")  # how a slot of a release was filled

Records = Any  # a record array: numpy.recarray, whose fields type checkers do not know


class Tables(NamedTuple):
    """All of one run.

    Attributes:
        world: the state, one record of nested tables, shape (1,).
        crowd: the adopters.
        releases, events, record: what is written down: a row a release, an event, a month.
    """

    world: Records
    crowd: Crowd
    releases: Records
    events: Records
    record: Records


@cache
def mechanisms() -> tuple[ModuleType, ...]:
    """Return the files of the theory that declare sections of parameters, in its order."""
    kinds = [field.annotation for field in Parameters.model_fields.values()]
    return tuple(dict.fromkeys(sys.modules[kind.__module__] for kind in kinds if kind is not None))


@cache
def columns() -> tuple[Column, ...]:
    """Return all observed series."""
    counts = tuple(
        Column(f"events_{kind.name}", kind.counted, f"{kind.name} by the focal firm, to date")
        for kind in kinds()
        if kind.counted
    )
    return tuple(column for each in mechanisms() for column in getattr(each, "COLUMNS", ())) + counts


@cache
def kinds() -> tuple[Kind, ...]:
    """Return all kinds of events."""
    return tuple(kind for each in mechanisms() for kind in getattr(each, "EVENTS", ()))


@cache
def levers() -> tuple[Lever, ...]:
    """Return all levers of policy."""
    return tuple(lever for each in mechanisms() for lever in getattr(each, "LEVERS", ()))


def _declared(table: str) -> list[Any]:
    return [field for each in mechanisms() for field in getattr(each, "STATE", {}).get(table, [])]


def _numbers(section: type[Section]) -> np.dtype[Any]:
    """Return the record of a section's numbers, switches and choices; names and lists have no place in it."""
    fields: list[tuple[str, str]] = []
    for name, info in section.model_fields.items():
        if info.annotation is bool:
            fields.append((name, "?"))
        elif info.annotation is float:
            fields.append((name, "f8"))
        elif info.annotation is int or get_origin(info.annotation) is Literal:
            fields.append((name, "i8"))
    return np.dtype(fields)


def _of_numbers(section: Section, kind: np.dtype[Any]) -> tuple[Any, ...]:
    values = []
    for name in kind.names or ():
        value, annotation = getattr(section, name), type(section).model_fields[name].annotation
        values.append(get_args(annotation).index(value) if get_origin(annotation) is Literal else value)
    return tuple(values)


def _fields() -> dict[str, list[Any]]:
    """Return the fields of a row of each table."""
    sections = {name: field.annotation for name, field in Parameters.model_fields.items()}
    numbers = [(name, _numbers(kind)) for name, kind in sections.items() if isinstance(kind, type)]
    slots, clocks = (SLOTS,), (2, SLOTS)
    tally = [(kind.name, "i8") for kind in kinds() if kind.counted]
    return {
        "parameters": [(name, kind) for name, kind in numbers if kind.names],
        "here": [
            ("seed", "u8"), ("founded", "?"), ("month", "i8"), ("firms", "i8"), ("lines", "i8"), ("modules", "i8"),
            ("dated", "i8"), ("adopters", "i8"), ("tasks", "i8"), ("next_id", "i8"), ("best", "f8", slots),
            ("policy_cost", "f8"), ("keeps_events", "?"), ("noted", "i8"), ("came_out", "i8"), ("events", "i8"),
            ("releases", "i8"),
            *_declared("here"),
        ],
        "design": [
            ("slots", "i8"), ("weights", "f8", slots), ("systems", "i1", slots), ("sizes", "i8", slots),
            ("clusters", "i8", (SLOTS, SLOTS)), ("inputs", "i8", (SLOTS, SLOTS)), ("priced", "i8", slots),
            ("elasticity", "f8", (SLOTS, SLOTS)), ("coupled", "i1", (SLOTS, SLOTS)),
            ("simplices", "f8", (SLOTS + 1,)), ("inherited", "i1", slots), ("shocked", "i8"),
        ],
        "policy": [(lever.name, "f8") for lever in levers()],
        "dated": [("month", "i8"), ("line", "i8"), ("introduces", "i1", slots)],
        "firms": [
            ("strategy", _numbers(Strategy)), ("cash", "f8"), ("best", "f8", slots), ("perceived", "f8", slots),
            ("releases", "i8"), ("tally", tally), *_declared("firms"),
        ],
        "products": [
            ("state", "i8"), ("release", "i8"), ("requirement", "f8", slots), ("modules", "i8", slots),
            ("clock", "f8", clocks), ("alarm", "f8", clocks), ("candidates", "i8", clocks),
        ],
        "modules": [
            ("id", "i8"), ("slot", "i8"), ("owner", "i8"), ("origin", "i8"), ("point", "f8"), ("cost", "f8"),
            ("uses", "i8"), ("secrecy", "f8"), ("lineage", "i8"), ("version", "i8"),
            ("weight", "f8"), ("refitted", "f8"), ("target", "f8"), *_declared("modules"),
        ],
        "plan": [
            ("need", "f8"), ("way", "i8"), ("source", "i8"), ("development", "f8"), ("total", "f8"),
            ("displaced", "i8"),
        ],
        "tasks": [
            ("line", "i8"), ("slot", "i8"), ("width", "i8"), ("members", "i8", slots), ("heaviest", "i8", slots),
            ("drawn", "f8", slots), ("stake", "f8"), ("budget", "f8"), ("rate", "f8"), ("present", "f8"),
            ("chance", "f8"), ("depth", "i8"), ("trials", "f8"), ("kept", "i8"),
        ],
        "releases": [
            ("month", "i8"), ("firm", "i8"), ("number", "i8"), ("line", "i8"), ("cost", "f8"), ("systems", "f8"),
            ("algorithms", "f8"), ("development", "f8"), ("outside", "u8"), ("kept", "i8"), ("patches", "i8"),
            ("ways", "i8", slots), ("lineages", "i8", slots),
        ],
        "events": [
            ("month", "i8"), ("kind", "i8"), ("firm", "i8"), ("release", "i8"), ("slot", "i8"), ("module", "i8"),
            ("value", "f8"), ("extra", "f8"),
        ],
        "record": [(column.name, "f8") for column in columns()],
    }  # fmt: skip


@cache
def dtypes() -> dict[str, np.dtype[Any]]:
    """Return the records of all tables, by table; ``world`` holds the others but the record of a month."""
    made = {name: np.dtype(fields) for name, fields in _fields().items()}
    shapes: dict[str, tuple[int, ...]] = {
        "parameters": (), "here": (), "design": (), "policy": (MONTHS + 1,), "dated": (DATED,), "firms": (FIRMS,),
        "products": (FIRMS, LINES), "modules": (MODULES,), "tasks": (SLOTS * LINES + 1,),
        "plan": (SLOTS,),
    }  # fmt: skip
    nested: list[Any] = [(name, made[name], shape) if shape else (name, made[name]) for name, shape in shapes.items()]
    levels = ("levels", "f8", (MONTHS + 1, len(levers())))
    nested += [levels, ("journal", made["events"], (JOURNAL,)), ("out", made["releases"], (DATED + FIRMS,))]
    given: list[Any] = [
        ("parameters", made["parameters"]), ("strategies", _numbers(Strategy), (2,)), ("commons_modules", "i8"),
        ("simplices", "f8", (SLOTS + 1,)),
    ]  # fmt: skip
    setting: list[Any] = [(name, made[name], shapes[name]) for name in ("policy", "dated")]
    setting += [("design", made["design"]), ("releases", "i8"), levels]
    return {**made, "world": np.dtype(nested), "given": np.dtype(given), "setting": np.dtype(setting)}


def table(name: str, *shape: int) -> Records:
    """Return a table of zeros."""
    return np.zeros(shape, dtype=dtypes()[name]).view(np.recarray)


def numbers(parameters: Parameters) -> tuple[Any, ...]:
    """Return a run's parameters as the record of a world's."""
    kind = dtypes()["parameters"]
    return tuple(_of_numbers(getattr(parameters, name), kind[name]) for name in kind.names or ())


def strategy(given: Strategy) -> tuple[Any, ...]:
    """Return a strategy as the record in a firm's row."""
    return _of_numbers(given, _numbers(Strategy))
