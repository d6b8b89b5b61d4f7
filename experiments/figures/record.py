"""What a run folder holds, read for drawing: the series, their units, and the event log."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from experiments.messages.text import from_cell
from sim.outcomes import Event

Floats = NDArray[np.float64]

FILLED = ("made", "copied", "reused", "adopted")


class Series(dict[str, Floats]):
    """The columns by name; one that is missing is refused by its name."""

    def __missing__(self, column: str) -> Floats:
        raise ValueError(f"series.csv: no column '{column}'")


@dataclass(frozen=True)
class Record:
    """The series by name, the unit of each, and the events in order."""

    series: Series
    units: dict[str, str]
    events: list[Event]

    @property
    def months(self) -> Floats:
        """The months, one for each row of the series."""
        return self.series["month"]

    @property
    def releases(self) -> list[Event]:
        """The focal firm's releases in order."""
        return [event for event in self.events if event.kind == "released" and event.firm == "focal"]


def read(folder: Path) -> Record:
    """Read ``series.csv``, ``series_dictionary.csv`` and ``events.csv`` of a run folder.

    Raises:
        OSError: a file is missing or cannot be read.
        ValueError: a file has no header, or holds what is no number where one is due.
    """
    with (folder / "series.csv").open(encoding="utf-8", newline="") as file:
        table = csv.reader(file)
        header = next(table, None)
        if header is None:
            raise ValueError(f"{folder / 'series.csv'}: no header")
        rows = [[float(cell) if cell else np.nan for cell in row] for row in table]
    columns = np.array(rows, dtype=np.float64).reshape(len(rows), len(header)).T
    series = Series(zip(map(from_cell, header), columns, strict=True))
    units = {row["column"]: row["unit"] for row in _rows(folder / "series_dictionary.csv")}
    events = [
        Event(
            month=int(row["month"]),
            kind=row["kind"],
            firm=row["firm"],
            product=row["product"],
            slot=row["slot"],
            module=int(float(row["module"] or 0)),
            value=float(row["value"] or np.nan),
            detail=row["detail"],
        )
        for row in _rows(folder / "events.csv")
    ]
    return Record(series, units, events)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {column: from_cell(cell) for column, cell in row.items()}
