"""Tables of findings, each declared once: the file, its codebook and the report's table follow from the declaration."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from experiments.claims.ladder import Share, Spread
from experiments.report import Paragraph, Section, Table

T = TypeVar("T")
Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True)
class Column(Generic[T]):
    """A column: its name, unit and description, what gives the cell of a row, and how the report says it."""

    name: str
    unit: str
    description: str
    cell: Callable[[T], Cell]
    words: Callable[[str], str] = str  # how the report says a text of it; the file has the text itself


@dataclass(frozen=True)
class Listing:
    """A table of findings.

    Attributes:
        file: its name as a file.
        columns: from left to right.
        rows: cells, row by row.
        title: in words; a table without one is not a section of the report.
        says: what it finds, in a sentence or two.
    """

    file: str
    columns: tuple[Column[Any], ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    says: str = ""

    def section(self) -> Section:
        """Return it as a section of a report."""
        numbers = frozenset(
            n for n, _ in enumerate(self.columns) if any(not isinstance(row[n], str) for row in self.rows)
        )
        shown = [
            [
                column.words(cell) if isinstance(cell, str) else said(cell)
                for column, cell in zip(self.columns, row, strict=True)
            ]
            for row in self.rows
        ]
        table = Table([column.name.replace("_", " ") for column in self.columns], shown, numbers)
        return Section(self.title, [Paragraph(self.says), *([table] if shown else [])])


def listing(
    file: str, rows: Iterable[T], columns: Iterable[Column[T]], title: str = "", says: str = ""
) -> Listing:  # fmt: skip
    """Return a table: a row for each of some things, a cell for each column."""
    given = tuple(columns)
    return Listing(file, given, tuple(tuple(column.cell(row) for column in given) for row in rows), title, says)


def shares(name: str, description: str, share: Callable[[T], Share]) -> tuple[Column[T], ...]:
    """Return the columns of a share of worlds: the share and its interval."""
    unit = "share of worlds"
    return (
        Column(name, unit, description, lambda row: share(row).share),
        Column(f"{name}_low", unit, "lower end of its 95 % interval (Jeffreys)", lambda row: share(row).low),
        Column(f"{name}_high", unit, "upper end", lambda row: share(row).high),
    )


def spreads(
    names: tuple[str, str, str], unit: str, description: str, spread: Callable[[T], Spread]
) -> tuple[Column[T], ...]:  # fmt: skip
    """Return the columns of what differs between worlds: its median, and its 10 and 90 % quantiles."""
    median, low, high = names
    return (
        Column(median, unit, description, lambda row: spread(row).median),
        Column(low, unit, "10 % quantile over worlds", lambda row: spread(row).low),
        Column(high, unit, "90 % quantile over worlds", lambda row: spread(row).high),
    )


def said(cell: Cell) -> str:
    """Return a cell as it is read."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "-"
    if isinstance(cell, float):
        return f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else cell
