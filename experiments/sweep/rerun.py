"""Do stored runs again, here and now, and compare them with what is stored, to the byte: one of them, or all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.config import show_path
from experiments.errors import RunError, UsageError
from experiments.sweep.driver import Driver, Tally
from experiments.sweep.engines import AUTO, check_engine, open_engine
from experiments.sweep.faults import damaged
from experiments.sweep.ledger import DONE, FAILED, Counts, Ledger
from experiments.sweep.ordered import read_or_damaged
from experiments.sweep.parts import outcome_rows, outcomes_of, read_part, series_rows
from experiments.sweep.plan import identity_now
from experiments.sweep.progress import shown
from experiments.sweep.tasks import MODEL, Context, Done, Job, do
from sim.readings import is_shown

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


class _Now(NamedTuple):
    """A run done again: its outcomes, shape (outcomes,), and series, shape (months, series), or why it failed."""

    number: int
    outcomes: NDArray[np.float64]
    series: NDArray[np.float64]
    error: str = ""
    details: str = ""


def _each(done: Done) -> Iterator[_Now]:
    ends, outcomes = np.cumsum(done.outcomes.months), np.hstack([done.outcomes.final, done.outcomes.mean])
    for n, (number, months) in enumerate(
        zip(done.outcomes.number.tolist(), done.outcomes.months.tolist(), strict=True)
    ):
        yield _Now(number, outcomes[n], done.outcomes.series[ends[n] - months : ends[n]])
    for each in done.failures:
        yield _Now(each.number, np.empty(0), np.empty((0, 0)), each.error, each.details)


class _Held(NamedTuple):
    """What a part holds: the row of each run, the names and values of outcomes, and all of it."""

    rows: dict[int, int]
    names: list[str]
    outcomes: NDArray[np.float64]
    table: Any


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
        context = stores.context(stored.base, stored.model, ledger.series_of(stored.part), task)
        (done,) = _each(do(context, [Job(stored.number, stored.changes, stored.seed)]))
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
            yield "same to the byte: outcomes" + (" and series" if done.series.size else "; it keeps no series")


def rerun_all(folder: Path, engine: str = AUTO, workers: int | None = None, task: str = MODEL) -> Iterator[str]:
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

        def compare(done: Sequence[Done]) -> None:
            for now in (now for some in done for now in _each(some)):
                stored = stores.run(now.number)
                if difference := stores.difference(stored, now):
                    differ.append(f"run {stored.run_id} differs: {difference}")

        with (
            open_engine(engine, workers) as opened,
            shown(None, Counts(counts.done, 0, 0), opened.name) as progress,
        ):
            for names, numbers in stores.alike():
                context = stores.context(current.base, current.model, names, task)
                driver = Driver(compare, context, opened, on_progress=progress.show, tally=tally)
                driver.drive(map(stores.job, map(int, numbers)), len(numbers))
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
    stored = _Stored(*found[0])
    if not (isinstance(stored.number, int) and isinstance(stored.seed, int)):
        raise damaged(ledger.folder, f"run {stored.run_id} is not as it was kept")
    return stored


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
        if absent := [name for name in columns if not is_shown(name)]:
            raise UsageError(f"the model no longer shows {absent[0]}, which the run kept; use the model it was done by")
        return Context(*self._ledger.base(base), columns, names, task=task)

    def alike(self) -> Iterator[tuple[tuple[str, ...], NDArray[np.int64]]]:
        """Yield runs of the current design that are done: those with the same series, in the order of their parts."""
        query = """SELECT runs.id, part FROM slots JOIN runs ON runs.id = slots.run
            WHERE replicate < ? AND status = ? ORDER BY part, runs.id"""
        stopped = self._ledger.stopped_after()
        cursor = self._ledger.connection.execute(query, (2**62 if stopped is None else stopped, DONE))
        with read_or_damaged(self._ledger):
            found = np.fromiter(cursor, dtype=np.dtype((np.int64, (2,))))
        names = {part: self._ledger.series_of(part) for part in np.unique(found[:, 1]).tolist()}
        for wanted in sorted(set(names.values())):
            parts = [part for part, kept in names.items() if kept == wanted]
            yield wanted, found[np.isin(found[:, 1], parts), 0]

    def _read(self, part: int) -> _Held:
        found = self._ledger.connection.execute("SELECT name, sha256 FROM parts WHERE id = ?", (part,)).fetchone()
        if found is None:
            raise damaged(self._ledger.folder, f"there is no part {part}")
        table = read_part(self._ledger.folder, *found)
        names = [name for name in table.column_names if name.startswith(("final.", "mean."))]
        rows = {number: row for row, number in enumerate(table["run"].to_pylist())}
        return _Held(rows, names, outcome_rows(table, names), table)

    def difference(self, stored: _Stored, now: _Now) -> str:
        """Return in what a run done again is not as stored, or nothing."""
        if stored.status != DONE or now.error:
            if (stored.error or "") == now.error:
                return ""
            return f"stored was {stored.error or stored.status}, now it is {now.error or DONE}"
        held = None if stored.part is None else self._part(stored.part)
        if held is None or stored.number not in held.rows:
            return "its outcomes are in no part; 'flywheel repair' mends it"
        row, columns = held.rows[stored.number], outcomes_of(self._ledger.columns_of(stored.model))
        if held.names != columns:
            return "other outcomes of it were kept"
        apart = np.flatnonzero(held.outcomes[row].view(np.int64) != now.outcomes.view(np.int64))
        if differ := [columns[n] for n in apart]:
            more = f" and {len(differ) - _MOST_SHOWN} more" if len(differ) > _MOST_SHOWN else ""
            return f"outcomes {', '.join(differ[:_MOST_SHOWN])}{more} are not as stored"
        kept = series_rows(held.table, self._ledger.series_of(stored.part), np.array([row]))
        return "" if kept.tobytes() == now.series.tobytes() else "outcomes are the same to the byte, series are not"
