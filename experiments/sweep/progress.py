"""Live progress of a sweep, shown and kept in ``progress.json`` for who watches from outside."""

from __future__ import annotations

import datetime
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.messages.terminal import LINE_SECONDS, Tell, progress
from experiments.sweep import files
from experiments.sweep.ledger import Counts

if TYPE_CHECKING:
    from experiments.sweep.driver import Tally

FILE = "progress.json"
_FILE_SECONDS = 2.0
_LABELLED_SECONDS = 60.0  # between lines of one sweep among others
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
    """Shows how far a sweep is; ``before`` is what was finished when this driver began."""

    def __init__(
        self,
        folder: Path | None,
        before: Counts,
        engine: str,
        tell: Tell | None,
        watch: Callable[[Tally], None] | None = None,
        label: str = "",
    ) -> None:
        self._label = f"{label}: " if label else ""
        self._folder, self._before, self._engine, self._tell, self._watch = folder, before, engine, tell, watch
        self._start = self._filed = time.monotonic()
        self._date = _now()
        self._last: Tally | None = None

    def show(self, tally: Tally) -> None:
        """Show a tally, as often as is of use."""
        self._last = tally
        if self._watch is not None:
            self._watch(tally)
        elif self._tell is not None:
            completed = self._before.done + self._before.failed + tally.done + tally.failed
            self._tell(completed, self._label + _line(self._state(tally, "running")))
        if (now := time.monotonic()) - self._filed >= _FILE_SECONDS:
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
    folder: Path | None,
    before: Counts,
    engine: str,
    watch: Callable[[Tally], None] | None = None,
    label: str = "",
) -> Iterator[Progress]:
    """Show progress while the block runs, and keep it in the folder if there is one; who watches shows it instead."""
    if watch is not None:
        yield Progress(folder, before, engine, None, watch)
        return
    with progress(before.total, _LABELLED_SECONDS if label else LINE_SECONDS) as tell:
        yield Progress(folder, before, engine, tell, label=label)


def _line(state: dict[str, object]) -> str:
    left = state["seconds_left"]
    time_left = f", about {duration(left)} left" if isinstance(left, float) and state["left"] else ""
    counts = f"{state['done']} done, {state['failed']} failed, {state['left']} left"
    return f"{counts}, {state['runs_per_second']:.3g} runs/s{time_left}"


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
