"""Series on disk: Parquet parts that appear whole, each named by its content and by the ledger, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.config import show_path
from experiments.errors import RunError
from experiments.sweep import files
from experiments.sweep.tasks import Result

FOLDER = "series"


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
    if not place.is_dir():
        place.mkdir()
        files.sync_folder(folder)
    files.put(place / name, content)
    return name, digest, len(content), list(columns)


def read_part(folder: Path, name: str, sha256: str) -> Any:
    """Return a part as a table, its bytes checked.

    Raises:
        RunError: the part is missing or damaged.
    """
    if fault := fault_of(folder, name, sha256):
        raise RunError(f"{show_path(folder)}: {fault}; 'flywheel repair {show_path(folder)}' mends it")
    return pq.read_table(folder / FOLDER / name, memory_map=False)


def fault_of(folder: Path, name: str, sha256: str) -> str:
    """Return what is wrong with a part, or nothing."""
    path = folder / FOLDER / name
    try:
        return "" if files.checksum(path) == sha256 else f"part {FOLDER}/{name} is damaged"
    except FileNotFoundError:
        return f"part {FOLDER}/{name} is missing"
    except OSError as error:
        return f"part {FOLDER}/{name} cannot be read: {error.strerror}"


def remove_strays(folder: Path, named: Iterable[str]) -> int:
    """Remove what a killed driver left: parts that no ledger names, and temporary files; return how many."""
    known, place = set(named), folder / FOLDER
    leftovers = [path for path in folder.glob(".*.tmp") if path.is_file()]
    if place.is_dir():
        leftovers += [path for path in place.iterdir() if path.name not in known]
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)
