"""A case's dated facts, as its folder holds them: two tables that are read, and refused if they contradict themselves.

    facts.csv      date, kind, subject, measure, value, unit, source, note: a release, or the value of a measure
    modules.csv    date, product, slot, relation, module, source, note: what a release did with a named module

Months are counted from the case's origin, which is month 0 of a run.
"""

from __future__ import annotations

import csv
import datetime
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from experiments.config import show_path
from experiments.errors import UsageError
from experiments.reading import read_text
from experiments.tables import meant

RELEASE = "release"
"""Kind of the facts that say when a product came out; all others have a value."""
INTRODUCES, REUSES, INHERITED = "introduces", "reuses", "inherited"
_RELATIONS = (INTRODUCES, REUSES, INHERITED)


class Fact(NamedTuple):
    """One dated fact with its source; NaN is the value of a release."""

    date: datetime.date
    kind: str
    subject: str
    measure: str
    value: float
    unit: str
    source: str
    note: str


class ModuleFact(NamedTuple):
    """What one release did with one named module: introduces, reuses, or inherited; the slot is our reading."""

    date: datetime.date
    product: str
    slot: str
    relation: str
    module: str
    source: str
    note: str


def month_of(date: datetime.date, origin: datetime.date) -> int:
    """Return the month of a date, counted from an origin."""
    return 12 * (date.year - origin.year) + date.month - origin.month


@dataclass(frozen=True)
class Facts:
    """The facts of a case, in order of date."""

    origin: datetime.date
    facts: tuple[Fact, ...]
    modules: tuple[ModuleFact, ...]

    @cached_property
    def releases(self) -> dict[str, datetime.date]:
        """Return the dated releases, in order."""
        return {fact.subject: fact.date for fact in self.facts if fact.kind == RELEASE}

    def month(self, date: datetime.date) -> int:
        """Return the month of a date, counted from the origin."""
        return month_of(date, self.origin)

    def measured(self, measure: str) -> dict[str, float]:
        """Return the last value of a measure by subject.

        Raises:
            ValueError: nothing was measured so.
        """
        found = {fact.subject: fact.value for fact in self.facts if fact.measure == measure and fact.kind != RELEASE}
        if not found:
            known = sorted({fact.measure for fact in self.facts if fact.kind != RELEASE})
            raise ValueError(f"no fact has the measure '{measure}'; {meant(measure, known)}")
        return found

    def value(self, measure: str, subject: str) -> float:
        """Return the only value of a measure of a subject.

        Raises:
            ValueError: there is none, or there are several.
        """
        values = list(self.series(measure, subject).values())
        if len(values) > 1:
            raise ValueError(f"'{measure}' of '{subject}' has {len(values)} dates, and must have one")
        return values[0]

    def series(self, measure: str, subject: str) -> dict[datetime.date, float]:
        """Return the values of a measure of a subject by date.

        Raises:
            ValueError: there is none.
        """
        known = self.measured(measure)
        if subject not in known:
            raise ValueError(f"no fact is the '{measure}' of '{subject}'; {meant(subject, sorted(known))}")
        return {fact.date: fact.value for fact in self.facts if (fact.measure, fact.subject) == (measure, subject)}


def read_facts(folder: Path, origin: datetime.date, last: datetime.date) -> Facts:
    """Read both tables of a case's folder.

    Args:
        folder: where they are.
        origin: any day of month 0.
        last: no fact is later.

    Raises:
        UsageError: a table that cannot be read, or facts that contradict each other, in one line.
    """
    file = folder / "facts.csv"
    facts = [
        Fact(_date(row["date"], where, last), row["kind"], row["subject"], row["measure"], _value(row, where),
             row["unit"], row["source"], row["note"])
        for where, row in _rows(file, Fact._fields)
    ]  # fmt: skip
    _refuse_contradictions(facts, show_path(file))
    file = folder / "modules.csv"
    modules = [ModuleFact(_date(row.pop("date"), where, last), **row) for where, row in _rows(file, ModuleFact._fields)]
    found = Facts(
        origin,
        tuple(sorted(facts, key=lambda fact: fact.date)),
        tuple(sorted(modules, key=lambda fact: fact.date)),
    )
    _refuse_wrong_modules(found, show_path(file))
    return found


def _rows(file: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each row of a table, after where it stands."""
    where = show_path(file)
    try:
        rows = csv.reader(io.StringIO(read_text(file), newline=""), strict=True)
        if (header := next(rows, [])) != list(columns):
            raise UsageError(f"{where}: line 1: columns must be {','.join(columns)}, not {','.join(header)}")
        for row in rows:
            place = f"{where}: line {rows.line_num}"
            if row and len(row) != len(columns):
                raise UsageError(
                    f"{place}: has {len(row)} cells, and must have {len(columns)}; quote cells with commas"
                )
            if row:
                yield place, dict(zip(columns, (cell.strip() for cell in row), strict=True))
    except FileNotFoundError:
        raise UsageError(f"{where}: no such file; a case is a folder of case.toml, facts.csv and modules.csv") from None
    except OSError as error:
        raise UsageError(f"{where}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{where}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except csv.Error as error:
        raise UsageError(f"{where}: line {rows.line_num}: broken CSV: {error}") from error


def _date(text: str, where: str, last: datetime.date) -> datetime.date:
    try:
        date = datetime.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{where}: date: must be a date such as 2024-05-06, not '{text}'") from None
    if date > last:
        raise UsageError(f"{where}: date: {date} is after {last}, the last of the case")
    return date


def _value(row: dict[str, str], where: str) -> float:
    if row["kind"] == RELEASE:
        return math.nan
    try:
        value = float(row["value"])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{where}: value: must be a number, not '{row['value']}'")
    return value


def _refuse_contradictions(facts: Sequence[Fact], where: str) -> None:
    """Raise if one thing has two values on a date, a measure two units, or a release two dates."""
    values, units, releases = dict[tuple[object, ...], float](), dict[str, str](), dict[str, datetime.date]()
    for fact in facts:
        if fact.kind == RELEASE:
            if (date := releases.setdefault(fact.subject, fact.date)) != fact.date:
                raise UsageError(f"{where}: '{fact.subject}' came out on {date} and on {fact.date}; keep one")
            continue
        value = values.setdefault((fact.date, fact.subject, fact.measure), fact.value)
        if value != fact.value:
            said = f"'{fact.measure}' of '{fact.subject}' on {fact.date}"
            raise UsageError(f"{where}: {said} is {value:g} and also {fact.value:g}; keep one")
        if (unit := units.setdefault(fact.measure, fact.unit)) != fact.unit:
            raise UsageError(f"{where}: '{fact.measure}' is measured in '{unit}' and in '{fact.unit}'; use one unit")


def _refuse_wrong_modules(found: Facts, where: str) -> None:
    """Raise if a module's product, date or relation does not go with the releases, or with another row."""
    relations = dict[tuple[str, str, str], str]()
    for one in found.modules:
        if one.product not in found.releases:
            raise UsageError(f"{where}: no release is '{one.product}'; {meant(one.product, list(found.releases))}")
        if one.date != (date := found.releases[one.product]):
            raise UsageError(f"{where}: '{one.product}' is of {one.date} here, and came out on {date} in facts.csv")
        if one.relation not in _RELATIONS:
            said = f"must be one of {', '.join(_RELATIONS)}, not '{one.relation}'"
            raise UsageError(f"{where}: '{one.product}', {one.slot}: relation: {said}")
        relation = relations.setdefault((one.product, one.slot, one.module), one.relation)
        if relation != one.relation:
            said = f"both {relation} and {one.relation} '{one.module}'"
            raise UsageError(f"{where}: '{one.product}', {one.slot}: {said}; keep one")
