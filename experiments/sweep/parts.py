"""Outcomes on disk: parts that appear whole, each named by its content and by the ledger, or not at all.

A part is an Arrow file of what came in together, a row a run: ``run`` (its number in the ledger), ``months``,
``final.COLUMN`` and ``mean.COLUMN``, and for each series that is kept a list of its values, ``series.COLUMN``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from experiments.config import show_path
from experiments.errors import RunError
from experiments.sweep import files
from experiments.sweep.places import PARTS, is_part, is_temporary
from experiments.sweep.tasks import Context, Outcomes

FOLDER = PARTS
_MOST_STRAYS = 2  # a killed driver, and a killed repair, leave one each


class Part(NamedTuple):
    """A part that is durable: what the ledger has to know of it.

    Attributes:
        name, sha256, size: of its file.
        series: the columns whose series it keeps, in their order there.
        done: what it holds.
        digests: of each run, the SHA-256 of its final values and means.
    """

    name: str
    sha256: str
    size: int
    series: list[str]
    done: Outcomes
    digests: list[str]


def outcomes_of(columns: Iterable[str]) -> list[str]:
    """Return the names of the outcomes of some columns, in the order of a run's digest."""
    names = list(columns)
    return [f"{kind}.{name}" for kind in ("final", "mean") for name in names]


def write_part(folder: Path, done: Outcomes, context: Context) -> Part:
    """Write the outcomes of some runs as one part, durably."""
    columns = {"run": done.number, "months": done.months}
    columns |= dict(zip(outcomes_of(context.columns), (*done.final.T, *done.mean.T), strict=True))
    ends = np.concatenate(([0], np.cumsum(done.months))).astype(np.int64)
    series = {
        f"series.{name}": pa.LargeListArray.from_arrays(_array(ends), _array(values))
        for name, values in zip(context.series, done.series.T, strict=True)
    }
    arrays = [_array(values) for values in columns.values()]
    batch = pa.record_batch([*arrays, *series.values()], names=[*columns, *series])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    content = sink.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    name = f"{digest[:20]}.arrow"
    place = folder / FOLDER
    if place.is_symlink() or not place.is_dir():
        place.mkdir()  # fails where a link or a file is in the way
        files.sync_folder(folder)
    files.put(place / name, content)
    return Part(name, digest, content.size, list(context.series), done, digests(np.hstack([done.final, done.mean])))


def _array(values: NDArray[Any]) -> pa.Array:
    """Return numbers as they are, without what Arrow loads to look for other kinds of them."""
    buffer = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, buffer])


def digests(outcomes: NDArray[np.float64]) -> list[str]:
    """Return the digest of each run from its outcomes, shape (runs, outcomes)."""
    rows = memoryview(np.asarray(outcomes, dtype="<f8").tobytes())
    width = 8 * outcomes.shape[1]
    return [hashlib.sha256(rows[at : at + width]).hexdigest() for at in range(0, len(rows), width)]


def read_part(folder: Path, name: str, sha256: str) -> pa.Table:
    """Return a part as a table: what is read is what was checked.

    Raises:
        RunError: the part is missing or damaged.
    """
    mend = f"'flywheel repair {show_path(folder)}' mends it"
    content, fault = _read(folder, name, sha256)
    if fault:
        raise RunError(f"{show_path(folder)}: {fault}; {mend}")
    try:
        return pa.ipc.open_file(pa.py_buffer(content)).read_all()
    except pa.ArrowException:
        raise RunError(f"{show_path(folder)}: part {FOLDER}/{name} is no Arrow file; {mend}") from None


def fault_of(folder: Path, name: object, sha256: object) -> str:
    """Return what is wrong with a part, or nothing."""
    return _read(folder, name, sha256)[1]


def _read(folder: Path, name: object, sha256: object) -> tuple[bytes, str]:
    """Return the bytes of a part, and what is wrong with them, or nothing."""
    if not isinstance(name, str) or not is_part(name):
        return b"", f"{str(name)!r:.60} is no part of a sweep"
    try:
        with files.opened(folder / FOLDER / name) as file:
            content = file.read()
    except FileNotFoundError:
        return b"", f"part {FOLDER}/{name} is missing"
    except OSError as error:
        return b"", f"part {FOLDER}/{name} cannot be read: {error.strerror}"
    return content, "" if hashlib.sha256(content).hexdigest() == sha256 else f"part {FOLDER}/{name} is damaged"


def series_of(part: pa.Table) -> list[str]:
    """Return the columns whose series a part keeps."""
    return [name.removeprefix("series.") for name in part.column_names if name.startswith("series.")]


def outcome_rows(table: pa.Table, names: Sequence[str]) -> NDArray[np.float64]:
    """Return outcomes of all runs of a part, shape (runs, names)."""
    columns = [values(table[name]) for name in names]
    return np.column_stack(columns) if columns else np.empty((len(table), 0))


def series_rows(table: pa.Table, names: Sequence[str], which: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the series of some rows of a part, one run after the other, shape (months, names)."""
    if not names:
        return np.empty((0, 0))
    taken = table.select([f"series.{name}" for name in names]).take(pa.array(which))
    return np.column_stack([values(column.combine_chunks().flatten()) for column in taken.columns])


def values(column: Any) -> NDArray[np.float64]:
    """Return a column of numbers."""
    return np.asarray(column.to_numpy(), dtype=np.float64)


def remove_part(folder: Path, name: object) -> None:
    """Remove a part that is damaged, if it is a plain file with the name of a part in the store's own folder."""
    place = folder / FOLDER
    if isinstance(name, str) and is_part(name) and not place.is_symlink() and files.is_plain(place / name):
        (place / name).unlink()


class Strays(NamedTuple):
    """How many files were removed, and a line on what was left alone, or nothing."""

    removed: int
    left: str


def remove_strays(folder: Path, named: Iterable[object]) -> Strays:
    """Remove what a killed driver left: parts that no ledger names, and files that are not yet whole.

    Nothing is removed through a link, nor what has no name of the store's own. More parts than one driver leaves are of
    another ledger: they stay.
    """
    known, place = set(named), folder / FOLDER
    inside = [] if place.is_symlink() or not place.is_dir() else list(place.iterdir())
    temporary = [path for path in (*folder.iterdir(), *inside) if is_temporary(path.name) and files.is_plain(path)]
    parts = [path for path in inside if is_part(path.name) and path.name not in known and files.is_plain(path)]
    removed = temporary + (parts if len(parts) <= _MOST_STRAYS else [])
    for path in removed:
        path.unlink(missing_ok=True)
    said = f"{FOLDER}/ holds {len(parts)} parts that no run of the ledger is in: left alone, nothing reads them"
    return Strays(len(removed), said if len(parts) > _MOST_STRAYS else "")
