"""Do one stored run again, here and now, and compare it with what is stored, to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.config import show_path
from experiments.errors import RunError, UsageError
from experiments.sweep.design import NAMES
from experiments.sweep.ledger import DONE, FAILED, Ledger, packed
from experiments.sweep.plan import model_version
from experiments.sweep.series import read_part
from experiments.sweep.tasks import MODEL, Context, Job, Result, run_one

_MOST_SHOWN = 5


class _Stored(NamedTuple):
    number: int
    run_id: str
    seed: int
    model: str
    status: str
    error: str | None
    part: int | None
    changes: str
    base: str


def rerun(folder: Path, run_id: str, task: str = MODEL) -> Iterator[str]:
    """Do a run again and yield what is the same and what is not; the last line is the verdict.

    Args:
        folder: the store.
        run_id: the run's id, or as many of its first letters as tell it apart.
        task: what does the run.

    Raises:
        UsageError: no such run, or several.
        RunError: the run differs from what is stored.
    """
    with Ledger.read(folder) as ledger:
        stored = _find(ledger, run_id)
        yield f"run {stored.run_id}: seed {stored.seed}, changes {stored.changes}"
        if stored.model != model_version():
            yield f"it was done by model {stored.model}; this is {model_version()}, so it may well differ"
        columns = ledger.columns_of(stored.model)
        if absent := [name for name in columns if name not in NAMES]:
            raise UsageError(f"the model no longer shows {absent[0]}, which the run kept; use the model it was done by")
        parameters, edges = ledger.base(stored.base)
        names, values = _stored_series(ledger, stored)
        done = run_one(Context(parameters, edges, columns, names, task=task), Job(0, stored.changes, stored.seed))
        if done.details:
            yield done.details.rstrip()
        yield _verdict(ledger, stored, done, values)


def _find(ledger: Ledger, run_id: str) -> _Stored:
    found = ledger.connection.execute(
        """SELECT runs.id, run_id, seed, model, status, error, part, changes, base FROM runs
        JOIN points ON points.id = runs.point WHERE substr(run_id, 1, ?) = ? LIMIT 2""",
        (len(run_id), run_id.lower()),
    ).fetchall()
    shown = show_path(ledger.folder)
    if not found or not run_id:
        raise UsageError(f"{shown}: no run has the id {run_id!r}; runs.parquet lists them")
    if len(found) > 1:
        raise UsageError(f"{shown}: several runs have an id that begins with {run_id!r}; give more of it")
    return _Stored(*found[0])


def _stored_series(ledger: Ledger, stored: _Stored) -> tuple[tuple[str, ...], bytes]:
    """Return the names of the series stored for a run, and their values as a worker packs them."""
    if stored.part is None:
        return (), b""
    query = "SELECT name, sha256 FROM parts WHERE id = ?"
    table = read_part(ledger.folder, *ledger.connection.execute(query, (stored.part,)).fetchone())
    names = tuple(name for name in table.column_names if name not in ("run", "month"))
    ours = table["run"].to_numpy() == stored.number
    return names, b"".join(np.asarray(table[name].to_numpy()[ours], dtype="<f8").tobytes() for name in names)


def _verdict(ledger: Ledger, stored: _Stored, done: Result, series: bytes) -> str:
    if stored.status == FAILED or done.error:
        if (stored.error or "") == done.error:
            return f"fails as stored: {done.error}"
        raise RunError(f"differs: stored was {stored.error or stored.status}, now it is {done.error or DONE}")
    if stored.status != DONE:
        return "is planned, but not yet done: it runs, and there is nothing to compare it with"
    columns = [f"{kind}.{name}" for kind in ("final", "mean") for name in ledger.columns_of(stored.model)]
    quoted = ", ".join(f'"{name}"' for name in columns)
    row = ledger.connection.execute(f"SELECT {quoted} FROM outcomes WHERE id = ?", (stored.number,)).fetchone()
    kept, now = (np.frombuffer(found, dtype="<f8") for found in (packed(row), done.final + done.mean))
    differ = [name for name, one, other in zip(columns, kept, now, strict=True) if one.tobytes() != other.tobytes()]
    if differ:
        more = f" and {len(differ) - _MOST_SHOWN} more" if len(differ) > _MOST_SHOWN else ""
        raise RunError(f"differs: outcomes {', '.join(differ[:_MOST_SHOWN])}{more} are not as stored")
    if series != done.series:
        raise RunError("differs: outcomes are the same to the byte, series are not as stored")
    return "same to the byte: outcomes" + (" and series" if series else "; it keeps no series")
