"""What is said on a terminal: text of files and errors is shown there, and commands nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from experiments.text import visible

if TYPE_CHECKING:
    from rich.console import Console

LINE_SECONDS = 5.0
Tell = Callable[[int, str], None]


def say(line: str, *, err: bool = False) -> None:
    """Print one line, to the standard error if ``err``."""
    import typer

    typer.echo(visible(line), err=err)


def note(line: str) -> None:
    """Tell, on the standard error, what is worth a line on the way; that it cannot be said is worth no run."""
    with suppress(OSError):  # a terminal that was closed
        print(f"flywheel: {visible(line)}", file=sys.stderr, flush=True)


@cache
def note_once(line: str) -> None:
    """Tell what was done with what was handed in, however often it is read."""
    note(line)


def console(*, err: bool = False) -> Console:
    """Return a console on which text has no markup, and no character that commands a terminal."""
    from rich.console import Console
    from rich.text import Text

    class Plain(Console):
        def render_str(self, text: str, **given: Any) -> Text:
            return super().render_str("\n".join(map(visible, text.split("\n"))), **given)

    return Plain(stderr=err, markup=False, highlight=False, emoji=False)


@contextmanager
def progress(total: int | None, every: float = LINE_SECONDS) -> Iterator[Tell]:
    """Give what shows how much is done, and a line on it: a bar on a terminal, else a line ``every`` so many seconds.

    What is shown is worth no run: a terminal that was closed, a pipe that broke or a full disk is passed over.
    """
    if not sys.stderr.isatty():
        yield _lines(every)
        return
    from rich.progress import BarColumn, Progress, TextColumn

    bar = Progress(
        BarColumn(), TextColumn("{task.description}", markup=False), console=console(err=True), transient=True
    )
    with suppress(OSError):
        bar.start()
    try:
        task = bar.add_task("", total=total)
        yield lambda done, line: bar.update(task, completed=done, description=visible(line))
    finally:
        with suppress(OSError):
            bar.stop()


def _lines(every: float) -> Tell:
    last = time.monotonic()

    def tell(_: int, line: str) -> None:
        nonlocal last
        if time.monotonic() - last >= every:
            last = time.monotonic()
            note(line)

    return tell
