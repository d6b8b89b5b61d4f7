"""Readings: single values read off a run, each by a name that says which.

    users_at_8                 a column at the end of month 8
    frontier_cost_trend_1_19   slope of a column's logarithm a month, by least squares over months 1 to 19
    systems_of_5               what is known of the focal firm's 5th release: ``FIELDS``, or slots filled in one way
    experts_of_8_from_3        1 if what fills slot ``experts`` in release 8 is of the lineage that release 3 had there,
                               and had as the firm's own, not adopted; else 0

A reading is missing where its month is beyond the run or its release did not come out, and a trend also where a month
has no value above 0. No run can feel what is read off it. Slots may have any names: the form is told by its end.
"""

from __future__ import annotations

import difflib
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.declare import Column
from sim.world import DATED, MONTHS, WAYS, Records, columns

FIELDS = {
    "month": ("month", "month of release"),
    "cost": ("1", "unit cost at release"),
    "systems": ("1", "unit cost over its systems at release, H"),
    "algorithms": ("1", "unit cost over its algorithms at release, Q"),
    "development": ("money", "cost of its development"),
    "kept": ("trials", "trials kept by the firm to date"),
    "patches": ("trials", "contributed trials kept by the firm to date"),
} | {way: ("modules", f"slots of it that were {way}") for way in WAYS}
_FORMS = "COLUMN_at_MONTH, COLUMN_trend_FIRST_LAST, FIELD_of_RELEASE or SLOT_of_RELEASE_from_RELEASE"


class Seen(NamedTuple):
    """What readings are taken from, of runs that share their slots.

    Attributes:
        series: each column that a reading needs, shape (runs, months).
        releases: the first releases of the focal firm, shape (runs, releases); of month 0 where none came out.
        slots: names of the slots, in order.
    """

    series: Mapping[str, NDArray[np.float64]]
    releases: Records
    slots: Sequence[str]


@dataclass(frozen=True)
class Reading(ABC):
    """One value of a run.

    Attributes:
        column: its name, unit and description.
        told: the column of which it needs every month, if it needs any.
        released: how many releases it needs.
        month: the last month that it looks at.
        slot: the slot that it looks at, if it looks at one.
    """

    column: Column
    told: str = ""
    released: int = 0
    month: int = 0
    slot: str = ""

    @abstractmethod
    def values(self, seen: Seen) -> NDArray[np.float64]:
        """Return it of each run, shape (runs,)."""


@dataclass(frozen=True)
class _At(Reading):
    def values(self, seen: Seen) -> NDArray[np.float64]:
        series = seen.series[self.told]
        return series[:, self.month - 1] if self.month <= series.shape[1] else np.full(len(series), np.nan)


@dataclass(frozen=True)
class _Trend(Reading):
    first: int = 1

    def values(self, seen: Seen) -> NDArray[np.float64]:
        series, middle = seen.series[self.told], (self.first + self.month) / 2.0
        if self.month > series.shape[1]:
            return np.full(len(series), np.nan)
        slope, square = np.zeros(len(series)), 0.0
        for month in range(self.first, self.month + 1):  # one by one, so that a run's bits do not depend on others
            slope += (month - middle) * np.array([_log(value) for value in series[:, month - 1].tolist()])
            square += (month - middle) ** 2
        return slope / square


def _log(value: float) -> float:
    return math.log(value) if 0.0 < value < math.inf else math.nan


@dataclass(frozen=True)
class _Field(Reading):
    field: str = ""

    def values(self, seen: Seen) -> NDArray[np.float64]:
        rows = seen.releases[:, self.released - 1]
        if self.field in WAYS:
            ways = rows["ways"][:, : len(seen.slots)]
            found = np.count_nonzero(ways == WAYS.index(self.field), axis=1)
        else:
            found = rows[self.field]
        return np.where(rows["month"] > 0, found, np.nan)


@dataclass(frozen=True)
class _Descent(Reading):
    release: int = 0
    root: int = 0

    def values(self, seen: Seen) -> NDArray[np.float64]:
        slot = seen.slots.index(self.slot)
        row, root = (seen.releases[:, number - 1] for number in (self.release, self.root))
        own = root["ways"][:, slot] != WAYS.index("adopted")
        same = row["lineages"][:, slot] == root["lineages"][:, slot]
        return np.where((row["month"] > 0) & (root["month"] > 0), own & same, np.nan)


@lru_cache(maxsize=4096)
def parse(name: str) -> Reading:
    """Return what a name means.

    Raises:
        ValueError: it is no reading; the message is one line on why, and on what may have been meant.
    """
    for form, make in _MAKERS.items():
        if found := re.fullmatch(form, name, re.DOTALL):
            return make(name, found[1], *map(int, found.groups()[1:]))
    if name in {column.name for column in columns()}:
        raise ValueError(f"{name!r} is a column, not a reading; say when, as in {name}_at_12")
    raise ValueError(f"{name!r} is no reading; a reading is {_FORMS}")


def is_reading(name: str) -> bool:
    """Return whether a name is a reading's, and well formed."""
    try:
        parse(name)
    except ValueError:
        return False
    return True


def is_shown(name: str) -> bool:
    """Return whether a run can show something of a name: a column, or a reading."""
    return name in {column.name for column in columns()} or is_reading(name)


def check(reading: Reading, slots: Sequence[str], months: int) -> None:
    """Raise ``ValueError`` with one line if runs with these slots, of at most so many months, never show a reading."""
    name = reading.column.name
    if reading.slot and reading.slot not in slots:
        raise ValueError(f"{name!r}: no slot is named {reading.slot!r}; {_nearest(reading.slot, slots, 'slots')}")
    if reading.month > months:
        raise ValueError(f"{name!r}: month {reading.month} is beyond the runs, which have {months} months")


def read(readings: Iterable[Reading], seen: Seen) -> NDArray[np.float64]:
    """Return readings of runs, shape (runs, readings).

    Raises:
        ValueError: the runs have no such slot.
    """
    return np.column_stack([reading.values(seen) for reading in readings])


def _at(name: str, column: str, month: int) -> Reading:
    found = _column(name, column)
    _check_number(name, "month", month, MONTHS)
    return _At(Column(name, found.unit, f"at the end of month {month}: {found.description}"), column, month=month)


def _trend(name: str, column: str, first: int, last: int) -> Reading:
    found = _column(name, column)
    _check_number(name, "month", first, MONTHS)
    _check_number(name, "month", last, MONTHS)
    if first >= last:
        raise ValueError(f"{name!r}: a trend goes from a month to a later one, not from {first} to {last}")
    said = f"slope of the logarithm over months {first} to {last}: {found.description}"
    return _Trend(Column(name, "1/month", said), column, month=last, first=first)


def _of(name: str, field: str, release: int) -> Reading:
    if field not in FIELDS:
        raise ValueError(f"{name!r}: a release has no {field!r}; {_nearest(field, FIELDS, 'it has')}")
    _check_number(name, "release", release, DATED)
    unit, said = FIELDS[field]
    return _Field(Column(name, unit, f"release {release} of the focal firm: {said}"), released=release, field=field)


def _descent(name: str, slot: str, release: int, root: int) -> Reading:
    _check_number(name, "release", release, DATED)
    _check_number(name, "release", root, DATED)
    if root >= release:
        raise ValueError(f"{name!r}: a module descends from an earlier release, and {root} is not before {release}")
    said = f"slot {slot} of release {release} descends from the focal firm's own of release {root}"
    return _Descent(Column(name, "0 or 1", said), released=release, slot=slot, release=release, root=root)


_NUMBER = "(0|[1-9][0-9]{0,5})"
_MAKERS: dict[str, Callable[..., Reading]] = {
    f"(.+)_of_{_NUMBER}_from_{_NUMBER}": _descent,
    f"(.+)_trend_{_NUMBER}_{_NUMBER}": _trend,
    f"(.+)_at_{_NUMBER}": _at,
    f"(.+)_of_{_NUMBER}": _of,
}


def _column(name: str, column: str) -> Column:
    known = {each.name: each for each in columns()}
    if column not in known:
        raise ValueError(f"{name!r}: no column is named {column!r}; {_nearest(column, known, 'columns are')}")
    return known[column]


def _check_number(name: str, what: str, number: int, most: int) -> None:
    if not 1 <= number <= most:
        raise ValueError(f"{name!r}: {what} {number} is out of range; {what}s go from 1 to {most}")


def _nearest(name: str, known: Iterable[str], what: str) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    return f"did you mean {near[0]}?" if near else f"{what} {', '.join(names)}"
