"""Do stored runs again, here and now, and compare them with what is stored, to the byte: one of them, or all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.config import show_path
from experiments.errors import RunError, UsageError
from experiments.sweep.design import NAMES
from experiments.sweep.driver import Driver, Tally
from experiments.sweep.engines import check_engine, open_engine
from experiments.sweep.faults import damaged
from experiments.sweep.ledger import DONE, FAILED, Counts, Ledger, packed
from experiments.sweep.plan import identity_now
from experiments.sweep.progress import shown
from experiments.sweep.series import read_part
from experiments.sweep.tasks import MODEL, Context, Job, do as run_one

Result = Any

_MOST_SHOWN = 5
_PARTS_HELD = 4  # as many as results that come in together are spread over


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


_STORED = """SELECT runs.id, run_id, seed, model, status, error, part, changes, base FROM runs
    JOIN points ON points.id = runs.point"""


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
        yield from _other_model(ledger, stored.model)
        stores = _Stores(ledger)
        done = run_one(
            stores.context(stored.base, stored.model, ledger.series_of(stored.part), task),
            Job(stored.number, stored.changes, stored.seed),
        )
        if done.details:
            yield done.details.rstrip()
        if stored.status not in (DONE, FAILED):
            said = f"fails: {done.error}" if done.error else "runs"
            yield f"is planned, but not yet done: it {said}, and there is nothing to compare it with"
        elif difference := stores.difference(stored, done):
            raise RunError(f"differs: {difference}")
        elif done.error:
            yield f"fails as stored: {done.error}"
        else:
            yield "same to the byte: outcomes" + (" and series" if done.series else "; it keeps no series")


def rerun_all(folder: Path, engine: str = "processes", workers: int | None = None, task: str = MODEL) -> Iterator[str]:
    """Do every run of the current design that is done again, and yield a line for each that differs, then the verdict.

    Args:
        folder: the store.
        engine: where they are done.
        workers: how many at once; all cores if None.
        task: what does the runs.

    Raises:
        UsageError: nothing is done yet, or no such engine.
        RunError: some differ from what is stored.
    """
    check_engine(engine, workers, None)
    with Ledger.read(folder) as ledger:
        ledger.design()
        current, counts = ledger.revision(), ledger.counts()
        assert current is not None
        if not counts.done:
            raise UsageError(f"{show_path(folder)}: no run is done yet, so there is nothing to compare")
        yield from _other_model(ledger, current.model)
        if counts.done < counts.total:
            yield f"left out: {counts.failed} runs that failed and {counts.planned} that are not yet done"
        stores, tally, differ = _Stores(ledger), Tally(), list[str]()

        def compare(results: Sequence[Result]) -> None:
            for result in results:
                stored = stores.run(result.number)
                if difference := stores.difference(stored, result):
                    differ.append(f"run {stored.run_id} differs: {difference}")

        with (
            open_engine(engine, workers) as opened,
            shown(None, Counts(counts.done, 0, 0), opened.name) as progress,
        ):
            for names, numbers in stores.alike():
                context = stores.context(current.base, current.model, names, task)
                driver = Driver(compare, context, opened, on_progress=progress.show, tally=tally)
                driver.drive(map(stores.job, numbers), len(numbers))
        yield from differ
        if differ:
            raise RunError(f"{len(differ)} of {counts.done} runs differ from what is stored")
        series = " and series" if ledger.design()["outcomes"]["series"] else "; no series are kept"
        yield f"all {counts.done} runs are the same to the byte: outcomes{series}"


def _find(ledger: Ledger, run_id: str) -> _Stored:
    found = ledger.connection.execute(
        f"{_STORED} WHERE substr(run_id, 1, ?) = ? LIMIT 2", (len(run_id), run_id.lower())
    ).fetchall()
    shown_folder = show_path(ledger.folder)
    if not found or not run_id:
        raise UsageError(f"{shown_folder}: no run has the id {run_id!r}; runs.parquet lists them")
    if len(found) > 1:
        raise UsageError(f"{shown_folder}: several runs have an id that begins with {run_id!r}; give more of it")
    return _Stored(*found[0])


def _other_model(ledger: Ledger, model: str) -> Iterator[str]:
    if (now := identity_now(ledger, model)) != model:
        yield f"done by model {model}; this is {now}, so it may well differ"


class _Stores:
    """What is stored of runs, as workers return it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._part = lru_cache(_PARTS_HELD)(self._read)

    def run(self, number: int) -> _Stored:
        """Return a run by its number."""
        return _Stored(*self._ledger.connection.execute(f"{_STORED} WHERE runs.id = ?", (number,)).fetchone())

    def job(self, number: int) -> Job:
        """Return how to do it again."""
        stored = self.run(number)
        return Job(number, stored.changes, stored.seed)

    def context(self, base: str, model: str, names: tuple[str, ...], task: str) -> Context:
        """Return what runs of a base and a model share, if this model shows what theirs did."""
        columns = self._ledger.columns_of(model)
        if absent := [name for name in columns if name not in NAMES]:
            raise UsageError(f"the model no longer shows {absent[0]}, which the run kept; use the model it was done by")
        return Context(*self._ledger.base(base), columns, names, task=task)

    def alike(self) -> Iterator[tuple[tuple[str, ...], list[int]]]:
        """Yield runs of the current design that are done: those with the same series, in the order of their parts."""
        query = """SELECT runs.id, part FROM slots JOIN runs ON runs.id = slots.run
            WHERE replicate < ? AND status = ? ORDER BY part, runs.id"""
        stopped = self._ledger.stopped_after()
        found = self._ledger.connection.execute(query, (2**62 if stopped is None else stopped, DONE)).fetchall()
        names = {part: self._ledger.series_of(part) for part in {part for _, part in found}}
        for wanted in sorted(set(names.values())):
            yield wanted, [number for number, part in found if names[part] == wanted]

    def _read(self, part: int) -> Any:
        found = self._ledger.connection.execute("SELECT name, sha256 FROM parts WHERE id = ?", (part,)).fetchone()
        if found is None:
            raise damaged(self._ledger.folder, f"there is no part {part}")
        return read_part(self._ledger.folder, *found)

    def _series(self, stored: _Stored) -> bytes:
        if stored.part is None:
            return b""
        table = self._part(stored.part)
        ours = table["run"].to_numpy() == stored.number
        names = self._ledger.series_of(stored.part)
        return b"".join(np.asarray(table[name].to_numpy()[ours], dtype="<f8").tobytes() for name in names)

    def difference(self, stored: _Stored, done: Result) -> str:
        """Return in what a run done again is not as stored, or nothing."""
        if stored.status != DONE or done.error:
            if (stored.error or "") == done.error:
                return ""
            return f"stored was {stored.error or stored.status}, now it is {done.error or DONE}"
        columns = [f"{kind}.{name}" for kind in ("final", "mean") for name in self._ledger.columns_of(stored.model)]
        quoted = ", ".join(f'"{name}"' for name in columns)
        query = f"SELECT {quoted} FROM outcomes WHERE id = ?"
        kept, now = packed(self._ledger.connection.execute(query, (stored.number,)).fetchone()), done.final + done.mean
        if len(kept) != len(now):
            return "its outcomes are damaged; 'flywheel repair' mends it"
        differ = [name for n, name in enumerate(columns) if kept[8 * n : 8 * n + 8] != now[8 * n : 8 * n + 8]]
        if differ:
            more = f" and {len(differ) - _MOST_SHOWN} more" if len(differ) > _MOST_SHOWN else ""
            return f"outcomes {', '.join(differ[:_MOST_SHOWN])}{more} are not as stored"
        return "" if self._series(stored) == done.series else "outcomes are the same to the byte, series are not"
