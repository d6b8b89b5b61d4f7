"""The codebook of a result: its tables, each declared once, by column with unit and meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from experiments.store import write_csv

HEADER = ("file", "column", "unit", "description")
Columns = Sequence[tuple[str, str, str]]
"""Name, unit and meaning of each column of a table, in order."""


def interval(unit: str, said: str = "of its 95 % interval", before: str = "") -> Columns:
    """Return the columns of an interval's ends."""
    return (f"{before}low", unit, f"lower end {said}".strip()), (f"{before}high", unit, "upper end")


class Codebook(NamedTuple):
    """The tables of a result: by file, what its columns are."""

    tables: Mapping[str, Columns]

    def header(self, file: str) -> list[str]:
        """Return the columns of a table."""
        return [column for column, _, _ in self.tables[file]]

    def write(self, folder: Path, file: str, rows: Iterable[Iterable[Any]], more: Sequence[str] = ()) -> None:
        """Write a table; ``more`` are columns behind those declared, as a config names them."""
        write_csv(folder / file, [*self.header(file), *more], rows)

    def write_dictionary(self, folder: Path, more: Iterable[tuple[str, str, str, str]] = ()) -> None:
        """Write what the columns of all tables mean; ``more`` are rows for those that a config names."""
        rows = ((file, *column) for file, columns in self.tables.items() for column in columns)
        write_csv(folder / "dictionary.csv", list(HEADER), [*rows, *more])
