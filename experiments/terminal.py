"""All that is said on a terminal: lines, tables and progress. Text of files and errors commands nothing there."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from experiments.text import shortened, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn
    from rich.table import Table

_LONGEST_STATUS = 60
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


def console(*, err: bool = False, width: int | None = None) -> Console:
    """Return a console on which text has no markup, and no character that commands a terminal.

    Args:
        err: whether it is the standard error.
        width: columns of what is no terminal and has none of its own, such as a file; COLUMNS has precedence.
    """
    from rich.console import Console
    from rich.text import Text

    class Plain(Console):
        def render_str(self, text: str, **given: Any) -> Text:
            return super().render_str("\n".join(map(visible, text.split("\n"))), **given)

        def print(self, *objects: Any, **given: Any) -> None:
            for each in objects:
                _keep_names_whole(each)
            super().print(*objects, **given)

    made = Plain(stderr=err, markup=False, highlight=False, emoji=False)
    if width is not None and not made.is_terminal and not os.environ.get("COLUMNS", "").isdigit():
        made.width = width
    return made


def _keep_names_whole(shown: Any) -> None:
    """Let no column of a table that holds single words, such as names and numbers, be made narrower than they are."""
    from rich.table import Table

    for column in shown.columns if isinstance(shown, Table) else ():
        column.no_wrap = column.no_wrap or not any(
            " " in line for cell in column.cells for line in str(cell).split("\n")
        )


def table(headings: str, title: str = "", caption: str = "", width: int | None = None) -> Table:
    """Return a table without rows, in the one look of all tables.

    Args:
        headings: of the columns, with a bar between; one that begins with ">" is of numbers, which stand to the right.
        title: what stands above it.
        caption: what stands below it.
        width: of the whole, in columns; as its cells need if None.
    """
    from rich import box
    from rich.table import Table

    made = Table(
        title=title or None, title_justify="left", title_style="bold", caption=caption or None, caption_justify="left",
        width=width, box=box.SIMPLE_HEAD, pad_edge=False,
    )  # fmt: skip
    for heading in headings.split("|"):
        made.add_column(
            heading.strip("> "), justify="right" if heading.strip().startswith(">") else "left", overflow="fold"
        )
    return made


@contextmanager
def progress(total: int | None, every: float = LINE_SECONDS) -> Iterator[Tell]:
    """Give what shows how much is done, and a line on it: a bar on a terminal, else a line ``every`` so many seconds.

    What is shown is worth no run: a terminal that was closed, a pipe that broke or a full disk is passed over.
    """
    if not sys.stderr.isatty():
        yield _lines(every)
        return
    from rich.progress import BarColumn, TextColumn

    bar = _bar(BarColumn(), TextColumn("{task.description}", markup=False))
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


def _bar(*columns: ProgressColumn) -> Progress:
    """Return a bar on the standard error that is gone when it ends; it is silent where nobody looks."""
    from rich.progress import Progress

    return Progress(*columns, console=console(err=True), transient=True, disable=not sys.stderr.isatty())


@contextmanager
def counted(total: int, what: str) -> Iterator[Callable[[], None]]:
    """Show how many of so many are done, and how long the rest takes; give what is called after each."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    with _bar(TextColumn(what), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), TextColumn("left")) as shown:
        task = shown.add_task("", total=total)
        yield lambda: shown.advance(task)


@contextmanager
def busy(what: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done, where somebody looks; give what tells of something else."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.text import Text

    with console(err=True).status(Text(what)) as status:
        yield lambda said: status.update(Text(shortened(said, _LONGEST_STATUS)))
