"""The codebook of a result: its tables, each declared once, by column with unit and meaning.

The declarations are in ``data/codebooks``, a file a kind of result: a row a column, in the order of the table.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from experiments.store import write_csv

_FOLDER = Path(__file__).parent / "data" / "codebooks"
Entry = tuple[str, str, str, str]
"""File, column, unit and description."""


class Codebook(NamedTuple):
    """What the columns of a result's tables are: a header, and an entry a column."""

    header: list[str]
    entries: list[Entry]

    def columns(self, file: str) -> list[str]:
        """Return the columns of a table."""
        return [column for name, column, _, _ in self.entries if name == file]

    def write(self, folder: Path, file: str, rows: Iterable[Iterable[Any]], more: Sequence[str] = ()) -> None:
        """Write a table; ``more`` are columns behind those declared, as a config names them."""
        write_csv(folder / file, [*self.columns(file), *more], rows)

    def write_dictionary(self, folder: Path, more: Iterable[Entry] = ()) -> None:
        """Write what the columns of all tables mean; ``more`` are entries for those that a config names."""
        write_csv(folder / "dictionary.csv", self.header, [*self.entries, *more])


def codebook(name: str, **values: object) -> Codebook:
    """Return the codebook of a name; ``values`` stand for the names in braces in its descriptions."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as opened:
        header, *rows = csv.reader(opened)
    return Codebook(header, [(file, column, unit, said.format(**values)) for file, column, unit, said in rows])
