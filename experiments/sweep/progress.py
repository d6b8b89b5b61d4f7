"""Live progress: a bar on a terminal, else a line now and then; and ``progress.json`` for who watches from outside."""

from __future__ import annotations

import datetime
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.sweep import files
from experiments.sweep.ledger import Counts
from experiments.terminal import bar, note

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from experiments.sweep.driver import Tally

FILE = "progress.json"
_FILE_SECONDS = 2.0
_LINE_SECONDS = 5.0
_YEAR = 24 * 365.25  # hours


def duration(seconds: float) -> str:
    """Return a length of time as one reads it."""
    if seconds < 100:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, hours = seconds / 60, seconds / 3600
    if hours < 48:
        return f"{minutes:.0f} min" if minutes < 100 else f"{hours:.0f} h"
    days, years = hours / 24, hours / _YEAR
    if days < 1000:
        return f"{days:.0f} days"
    return f"{years:,.0f} years" if years < 1e6 else "more than a million years"


class Progress:
    """Shows how far a sweep is; ``before`` is what was finished when this driver began.

    What is shown is not worth a sweep: a terminal that was closed, a pipe that broke or a full disk is passed over.
    """

    def __init__(
        self,
        folder: Path | None,
        before: Counts,
        engine: str,
        shown_as: Bar | None,
        watch: Callable[[Tally], None] | None = None,
    ) -> None:
        self._folder, self._before, self._engine, self._bar, self._watch = folder, before, engine, shown_as, watch
        self._start = self._lined = self._filed = time.monotonic()
        self._date = _now()
        self._task = (
            None
            if shown_as is None
            else shown_as.add_task("", total=before.total, completed=before.done + before.failed)
        )
        self._last: Tally | None = None

    def show(self, tally: Tally) -> None:
        """Show a tally, as often as is of use."""
        self._last = tally
        now = time.monotonic()
        if self._watch is not None:
            self._watch(tally)
        elif self._bar is not None and self._task is not None:
            state = self._state(tally, "running")
            completed = self._before.done + self._before.failed + tally.done + tally.failed
            self._bar.update(self._task, completed=completed, description=_line(state))
        elif now - self._lined >= _LINE_SECONDS:
            self._lined = now
            note(_line(self._state(tally, "running")))
        if now - self._filed >= _FILE_SECONDS:
            self._filed = now
            self._write(tally, "running")

    def end(self, state: str) -> None:
        """Leave the last state for whoever looks later."""
        if self._last is not None:
            self._write(self._last, state)

    def _write(self, tally: Tally, state: str) -> None:
        if self._folder is not None:
            with suppress(OSError):
                files.put_json(self._folder / FILE, self._state(tally, state), durable=False)

    def _state(self, tally: Tally, state: str) -> dict[str, object]:
        elapsed = time.monotonic() - self._start
        finished = tally.done + tally.failed
        rate = finished / elapsed if elapsed > 0 else 0.0
        left = self._before.planned - finished
        return {
            "state": state, "total": self._before.total, "done": self._before.done + tally.done,
            "failed": self._before.failed + tally.failed, "left": left, "in_flight": tally.in_flight,
            "runs_per_second": round(rate, 3), "seconds_left": round(left / rate, 1) if rate else None,
            "started": self._date, "updated": _now(), "engine": self._engine, "pid": os.getpid(),
            "host": socket.gethostname(),
        }  # fmt: skip


@contextmanager
def shown(
    folder: Path | None, before: Counts, engine: str, watch: Callable[[Tally], None] | None = None
) -> Iterator[Progress]:
    """Show progress while the block runs, and keep it in the folder if there is one; who watches shows it instead."""
    if watch is not None or not sys.stderr.isatty():
        yield Progress(folder, before, engine, None, watch)
        return
    from rich.progress import BarColumn, TextColumn

    shown_as = bar(BarColumn(), TextColumn("{task.description}"))
    with suppress(OSError):
        shown_as.start()
    try:
        yield Progress(folder, before, engine, shown_as)
    finally:
        with suppress(OSError):
            shown_as.stop()


def _line(state: dict[str, object]) -> str:
    left = state["seconds_left"]
    time_left = f", about {duration(left)} left" if isinstance(left, float) and state["left"] else ""
    counts = f"{state['done']} done, {state['failed']} failed, {state['left']} left"
    return f"{counts}, {state['runs_per_second']:.3g} runs/s{time_left}"


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
