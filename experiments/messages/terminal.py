"""All that is said on a terminal: lines, tables and progress. Text of files and errors commands nothing there."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from experiments.messages.text import shortened, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn
    from rich.table import Table

_LONGEST_STATUS = 60
_PIPED = 80
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
    """Return a console on which text has no markup, and no character that commands a terminal.

    It is as wide as its terminal. A pipe or a file has the width of COLUMNS, else 80 columns.

    Args:
        err: whether it is the standard error.
    """
    from rich.console import Console
    from rich.text import Text

    class Plain(Console):
        def render_str(self, text: str, **given: Any) -> Text:
            return super().render_str("\n".join(map(visible, text.split("\n"))), **given)

        def print(self, *objects: Any, **given: Any) -> None:
            for each in objects:
                _keep_words_whole(each, self, given.get("width") or self.width)
            super().print(*objects, **given)

    made = Plain(stderr=err, markup=False, highlight=False, emoji=False)
    if not made.is_terminal and not os.environ.get("COLUMNS", "").isdigit():
        made.width = _PIPED
    return made


def _keep_words_whole(shown: Any, made: Console, width: int) -> None:
    """Give the columns of a table widths that break no word, where all of them fit so many columns of a terminal."""
    from rich.cells import cell_len
    from rich.measure import Measurement
    from rich.table import Table

    if not isinstance(shown, Table) or not shown.columns:
        return
    cells = [[visible(line) for text in (column.header, *column.cells) for line in str(text).split("\n")]
             for column in shown.columns]  # fmt: skip
    words = [max((cell_len(word) for line in lines for word in line.split()), default=1) for lines in cells]
    whole = [max(1, *map(cell_len, lines)) for lines in cells]
    for column in shown.columns:
        column.width = 1
    edges = Measurement.get(made, made.options.update(width=1000), shown).maximum - len(words)
    room = min(width, shown.width or width) - edges
    for column, wide in zip(shown.columns, _shared(max(room, len(words)), words, whole), strict=True):
        column.width = wide


def _shared(room: int, least: list[int], most: list[int]) -> list[int]:
    """Return widths from ``least`` to ``most`` that fit the room: the widest give way first, below ``least`` last."""
    if sum(most) <= room:
        return most
    if sum(least) > room:
        least, most = [1] * len(least), least
    level = max(most)
    while sum(widths := [min(high, max(low, level)) for low, high in zip(least, most, strict=True)]) > room:
        level -= 1
    for n, high in enumerate(most):  # what the last step left over
        if widths[n] == level and level < high and sum(widths) < room:
            widths[n] += 1
    return widths


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
        width=width, box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True,
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
