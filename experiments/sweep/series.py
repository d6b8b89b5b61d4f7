"""Series on disk: Parquet parts that appear whole, each named by its content and by the ledger, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.config import show_path
from experiments.errors import RunError
from experiments.sweep import files
from experiments.sweep.places import PARTS, is_part, is_temporary

Result = Any

FOLDER = PARTS
_MOST_STRAYS = 2  # a killed driver, and a killed repair, leave one each


def write_part(folder: Path, results: Sequence[Result], columns: Sequence[str]) -> tuple[str, str, int, list[str]]:
    """Write the series of some runs as one part, durably; return its name, sha256, size and columns.

    The part has a row for each month of each run: ``run`` (its number in the ledger), ``month``, and the columns.
    """
    kept = [result for result in results if result.series]
    blocks = [np.frombuffer(result.series, dtype="<f8").reshape(len(columns), -1) for result in kept]
    months = [block.shape[1] for block in blocks]
    table = pa.table(
        {
            "run": np.repeat(np.array([result.number for result in kept], dtype=np.int64), months),
            "month": np.concatenate([np.arange(1, n + 1, dtype=np.int32) for n in months]),
            **{name: np.concatenate([block[n] for block in blocks]) for n, name in enumerate(columns)},
        }
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    digest = hashlib.sha256(content).hexdigest()
    name = f"{digest[:20]}.parquet"
    place = folder / FOLDER
    if place.is_symlink() or not place.is_dir():
        place.mkdir()  # fails where a link or a file is in the way
        files.sync_folder(folder)
    files.put(place / name, content)
    return name, digest, len(content), list(columns)


def read_part(folder: Path, name: str, sha256: str) -> Any:
    """Return a part as a table, its bytes checked.

    Raises:
        RunError: the part is missing or damaged.
    """
    mend = f"'flywheel repair {show_path(folder)}' mends it"
    if fault := fault_of(folder, name, sha256):
        raise RunError(f"{show_path(folder)}: {fault}; {mend}")
    try:
        with files.opened(folder / FOLDER / name) as file:
            return pq.read_table(file)
    except pa.ArrowException:
        raise RunError(f"{show_path(folder)}: part {FOLDER}/{name} is no Parquet; {mend}") from None


def fault_of(folder: Path, name: object, sha256: object) -> str:
    """Return what is wrong with a part, or nothing."""
    if not isinstance(name, str) or not is_part(name):
        return f"{str(name)!r:.60} is no part of the series"
    path = folder / FOLDER / name
    try:
        return "" if files.checksum(path) == sha256 else f"part {FOLDER}/{name} is damaged"
    except FileNotFoundError:
        return f"part {FOLDER}/{name} is missing"
    except OSError as error:
        return f"part {FOLDER}/{name} cannot be read: {error.strerror}"


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
