"""What a ledger and its parts hold of the current design, in the order of the design, with flat memory.

Runs are kept in the order in which they ended. Here each is put to its place, ``point × replicates + replicate``, in
files on disk (``scratch``), a few thousand runs or one part at a time, and read from there in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.config import show_path
from experiments.errors import RunError
from experiments.sweep.faults import damaged
from experiments.sweep.ledger import DONE, FAILED, PLANNED, Ledger
from experiments.sweep.parts import outcome_rows, read_part, series_rows
from experiments.sweep.plan import run_ids_of
from experiments.sweep.scratch import Scratch, scratch

STATES = (PLANNED, DONE, FAILED)
_STATE = {state: n for n, state in enumerate(STATES)}
_DONE = _STATE[DONE]
_RUN = np.dtype([("id", np.int64), ("run_id", "S64"), ("seed", np.int64), ("status", np.int64), ("months", np.int64),
                 ("part", np.int64), ("first", np.int64)])  # fmt: skip
_CHUNK = 4096
_LARGEST = 2**40  # of a run's number; a larger one is damage


class Ordered:
    """The runs of the current design by their places; use ``ordered``.

    Attributes:
        replicates: of each point.
        points: of the design.
        done: runs that are done.
        months: of all runs that are done.
    """

    def __init__(self, ledger: Ledger, replicates: int, keep: ExitStack) -> None:
        self._ledger, self._keep, self.replicates = ledger, keep, replicates
        ask = ledger.connection.execute
        (self.points,) = ask("SELECT count(*) FROM design_points").fetchone()
        (last,) = ask("SELECT max(id) FROM runs").fetchone()
        if last is None or last >= _LARGEST:
            raise damaged(ledger.folder, "the numbers of its runs are lost")
        self._runs = self._scratch(_RUN, len(self))
        self._place = self._scratch(np.int64, last + 1)  # of a run by its number, from 1
        self._parts = set[int]()
        self.done = self.months = 0
        if self._fill() != len(self):
            raise damaged(ledger.folder, "runs of the plan are missing")

    def __len__(self) -> int:
        return int(self.points * self.replicates)

    def _scratch(self, row: Any, rows: int) -> Scratch:
        return self._keep.enter_context(scratch(self._ledger.folder, row, rows))

    def _fill(self) -> int:
        """Put what the ledger tells of each run to its place; return of how many it tells."""
        current = self._ledger.revision()
        assert current is not None
        cursor = self._ledger.connection.execute(
            """SELECT number, replicate, runs.id, seed, coalesce(months, 0), coalesce(part, 0), run_id, status, address
            FROM slots CROSS JOIN runs ON runs.id = run CROSS JOIN design_points USING (number)
            CROSS JOIN points ON points.id = design_points.point WHERE replicate < ? ORDER BY replicate, number""",
            (self.replicates,),
        )
        found = 0
        while rows := cursor.fetchmany(_CHUNK):
            *numbers, run_ids, states, addresses = zip(*rows, strict=True)
            point, replicate, number, seed, months, part = (_whole(column) for column in numbers)
            if replicate.min() < 0 or point.min() < 0 or point.max() >= self.points or number.min() < 1:
                raise ValueError("a run is at no place of the plan")
            if list(run_ids) != run_ids_of(addresses, seed.tolist(), current.model):
                raise ValueError("a run is not what its id says")
            runs = np.empty(len(rows), dtype=_RUN)
            for name, column in (("id", number), ("seed", seed), ("months", months), ("part", part)):
                runs[name] = column
            runs["run_id"], runs["status"] = run_ids, [_STATE[state] for state in states]
            place = point * self.replicates + replicate
            with self._runs.mapped() as file:
                twice = file["id"][place].any()
                file[place] = runs
            with self._place.mapped() as file:
                twice |= file[number].any() or len(np.unique(number)) < len(number)
                file[number] = place + 1
            if twice:
                raise ValueError("a run is at two places of the plan")
            done = runs["status"] == _DONE
            self._parts.update(part[done].tolist())
            self.done += int(done.sum())
            self.months += int(months[done].sum())
            found += len(rows)
        return found

    def read(self, first: int, count: int) -> Any:
        """Return runs as rows of ``_RUN``: what the ledger tells of them."""
        return self._runs.read(first, count)

    def outcomes(self, names: Sequence[str]) -> Scratch:
        """Return the outcomes of all runs, a row a run; where none are, it is filled with zeros.

        Raises:
            RunError: a part is damaged, or lacks a run that the ledger says is in it.
        """
        cells, found = self._scratch((np.float64, (len(names),)), len(self)), 0
        for table, place, _, which in self._held():
            if names:
                block = outcome_rows(table, names)[which]
                with cells.mapped() as file:
                    file[place] = block
            found += len(place)
        self._check("runs", self.done, found)
        return cells

    def series(self, names: Sequence[str]) -> Scratch:
        """Return the series of all runs that are done, a row a month, and note in ``first`` where each begins.

        Raises:
            RunError: as above.
        """
        begin = 0
        for at in range(0, len(self), _CHUNK):
            with self._runs.mapped() as file:
                runs = file[at : at + _CHUNK]
                ends = begin + np.cumsum(np.where(runs["status"] == _DONE, runs["months"], 0))
                runs["first"][0], runs["first"][1:] = begin, ends[:-1]
                begin = int(ends[-1])
        cells, found = self._scratch((np.float64, (len(names),)), self.months), 0
        for table, _, runs, which in self._held():
            if not {f"series.{name}" for name in names} <= set(table.column_names):
                continue
            months = runs["months"]
            begins = np.repeat(runs["first"] - (np.cumsum(months) - months), months)
            block = series_rows(table, names, which)
            with cells.mapped() as file:
                file[begins + np.arange(len(block))] = block
            found += len(block)
        self._check("months of series", self.months, found)
        return cells

    def _held(self) -> Iterator[tuple[Any, NDArray[np.int64], Any, NDArray[np.int64]]]:
        """Yield each part with the runs for which the ledger names it: their places, rows, and rows in the part."""
        for part in sorted(self._parts):
            named = self._ledger.connection.execute("SELECT name, sha256 FROM parts WHERE id = ?", (part,)).fetchone()
            if named is None:
                continue
            table = read_part(self._ledger.folder, *named)
            number = table["run"].to_numpy()
            with self._place.mapped() as file:
                place = np.where(number < len(file), file[np.minimum(number, len(file) - 1)], 0) - 1
            with self._runs.mapped() as file:
                runs = np.array(file[place])
            # A run done again is in a later part too: the part that the ledger names counts.
            named = (place >= 0) & (runs["part"] == part) & (runs["status"] == _DONE)
            ours = np.flatnonzero(named & (runs["months"] == table["months"].to_numpy()))
            yield table, place[ours], runs[ours], ours

    def _check(self, what: str, told: int, found: int) -> None:
        if told != found:
            shown = show_path(self._ledger.folder)
            raise RunError(
                f"{shown}: the ledger tells of {told} {what}, its parts hold {found} of them; "
                f"'flywheel repair {shown}' mends it"
            )


@contextmanager
def ordered(ledger: Ledger, replicates: int | None = None) -> Iterator[Ordered]:
    """Give the runs of the current design, or its first replicates, in order.

    Raises:
        RunError: the ledger or a part is damaged.
    """
    every = ledger.stopped_after() or ledger.design()["replicates"]
    with ExitStack() as keep, read_or_damaged(ledger):
        yield Ordered(ledger, every if replicates is None else replicates, keep)


@contextmanager
def read_or_damaged(ledger: Ledger) -> Iterator[None]:
    """Tell of rows that are not as they were kept in one line."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, LookupError, TypeError, ValueError, OverflowError) as error:
        raise damaged(ledger.folder, str(error)) from None


def _whole(column: Sequence[Any]) -> NDArray[np.int64]:
    found = np.array(column)
    if found.dtype != np.int64:
        raise TypeError("a number is none")
    return found


def by_points(ledger: Ledger, names: Sequence[str], replicates: int | None = None) -> Iterator[NDArray[np.float64]]:
    """Yield the outcomes of some points at a time, shape (points, replicates, names); not a number where none are."""
    with ordered(ledger, replicates) as runs:
        cells, step = runs.outcomes(names), max(1, _CHUNK // runs.replicates) * runs.replicates
        for at in range(0, len(runs), step):
            count = min(step, len(runs) - at)
            yield blank(runs.read(at, count), cells.read(at, count)).reshape(-1, runs.replicates, len(names))


def blank(runs: Any, outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return outcomes without those of runs that are not done."""
    return np.where((runs["status"] == _DONE)[:, None], outcomes, np.nan)
