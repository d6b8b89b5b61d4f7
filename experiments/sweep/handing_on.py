"""``flywheel export``: a sweep or run as tables that SQL, R and pandas read without quoting, with a codebook.

The files of a sweep keep their names, ``final.unit_cost``: ledgers, the fit and the claims read them. Only what is
handed on is renamed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from experiments.config import show_path
from experiments.errors import UsageError
from experiments.folders import MANIFEST
from experiments.messages.streams import aside
from experiments.messages.terminal import busy, say
from experiments.messages.text import from_cell
from experiments.store import check_target, result_folder, write_csv, write_origin
from experiments.sweep.places import LEDGER

if TYPE_CHECKING:
    import pyarrow as pa

KIND = "export"
_AT_ONCE = 1 << 16  # rows
_TYPES = {"int64": "whole number", "double": "number", "bool": "true or false", "string": "text"}
_CODEBOOK = ("file", "column", "flywheel_name", "type", "unit", "description")


class _Table(NamedTuple):
    """A table to hand on: its name, its rows, and unit and description of each column."""

    name: str
    rows: pa.Table
    said: Sequence[tuple[str, str]]


def export_command(folder: Path, csv: bool = False, out: Path | None = None) -> int:
    """Write the tables of a sweep or a run into a folder, print where, and return the exit code.

    Args:
        folder: the sweep or run.
        csv: whether the tables are CSV files; else Parquet files.
        out: where they go; if None ``runs/FOLDER-export``.

    Raises:
        UsageError: no sweep and no run there, or the target is not ours.
        RunError: the tables cannot be written.
    """
    target = Path("runs", f"{folder.resolve().name}-export") if out is None else out
    check_target(target, KIND)
    with result_folder(target, KIND) as new, busy("exporting"):
        tables = list(_tables(folder))
        rows = []
        for table in tables:
            names, file = plain_names(table.rows.column_names), f"{table.name}.{'csv' if csv else 'parquet'}"
            _write(new / file, table.rows.rename_columns(names), csv)
            for name, field, about in zip(names, table.rows.schema, table.said, strict=True):
                rows.append((file, name, field.name, _TYPES.get(str(field.type), str(field.type)), *about))
        write_csv(new / "codebook.csv", _CODEBOOK, rows)
        write_origin(new, KIND, {"of": str(folder)})
    with aside():
        say(f"{' and '.join(table.name for table in tables)} exported: {show_path(target)}{os.sep} "
            "(codebook.csv explains the columns)")  # fmt: skip
    return 0


def plain_names(names: Sequence[str]) -> list[str]:
    """Return names of lower-case letters, digits and underscores, no two alike: ``final_unit_cost``."""
    taken: dict[str, int] = {}
    plain = []
    for name in names:
        said = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        said = said if said[:1].isalpha() else f"x_{said}"
        number = taken[said] = taken.get(said, 0) + 1
        while number > 1 and f"{said}_{number}" in taken:
            number += 1
        plain.append(said if number == 1 else f"{said}_{number}")
        taken.setdefault(plain[-1], 1)
    return plain


def _tables(folder: Path) -> Iterator[_Table]:
    if (folder / LEDGER).exists():
        from experiments.sweep.export import runs_table, series_table

        yield _described("runs", runs_table(folder))
        series = series_table(folder)
        if len(series):
            yield _described("series", series)
        return
    if not _is_run(folder):
        raise UsageError(f"{show_path(folder)}: holds neither a sweep nor a run")
    yield _series(folder)


def _is_run(folder: Path) -> bool:
    try:
        return str(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["kind"]) == "run"
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _described(name: str, rows: pa.Table) -> _Table:
    about = [{key.decode(): text.decode() for key, text in (field.metadata or {}).items()} for field in rows.schema]
    return _Table(name, rows, [(each.get("unit", ""), each.get("description", "")) for each in about])


def _series(folder: Path) -> _Table:
    """Return the series of a run, the months whole numbers and all else numbers, as in a sweep."""
    import csv

    import pyarrow as pa

    from experiments.figures.record import read

    record = read(folder)
    columns = {name: pa.array(values, from_pandas=True) for name, values in record.series.items()}
    columns["month"] = columns["month"].cast(pa.int64())
    with (folder / "series_dictionary.csv").open(encoding="utf-8", newline="") as file:
        said = {from_cell(row["column"]): (row["unit"], from_cell(row["description"])) for row in csv.DictReader(file)}
    return _Table("series", pa.table(columns), [said.get(name, ("", "")) for name in columns])


def _write(path: Path, rows: pa.Table, csv: bool) -> None:
    if not csv:
        import pyarrow.parquet as pq

        pq.write_table(rows, path, compression="zstd")
        return
    cells = (
        row
        for batch in rows.to_batches(_AT_ONCE)
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    )
    write_csv(path, rows.column_names, cells, whole=False)
