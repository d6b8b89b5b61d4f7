"""The command ``flywheel verify``: runs the checks, prints them, and keeps them with their figure."""

from __future__ import annotations

import json as javascript
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from experiments.sweep.files import put
from experiments.terminal import console
from experiments.verify.check import Check
from experiments.verify.figure import draw
from experiments.verify.limits import LIMITS, Progress, run_checks
from experiments.verify.words import verdict

Result = TypeVar("Result")


class Tuple(Protocol):
    """What a list of checks is made of: named tuples."""

    def _asdict(self) -> dict[str, Any]: ...


def verify_command(json: bool, quick: bool, out: Path | None) -> int:
    """Run all checks; print a table, or with ``json`` a list of objects and nothing else; 1 if any fails, else 0.

    Into ``out`` go ``verify.json`` and ``verify.png``.

    Raises:
        OSError: ``out`` cannot be written; a folder that cannot be made is refused before anything runs.
    """
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    checks = run_with_progress(lambda progress: run_checks(quick, progress), len(LIMITS))
    if out is not None:
        draw(checks, out / "verify.png")
        put(out / "verify.json", as_json(checks).encode())
    if json:
        sys.stdout.write(as_json(checks))
    else:
        _print_table(checks)
    return 0 if all(check.passed for check in checks) else 1


def run_with_progress(run: Callable[[Progress], Result], total: int) -> Result:
    """Run something that tells its progress in ``total`` steps, with a bar on a terminal."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    terminal = console(err=True)
    with Bar(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as bar:
        task = bar.add_task("", total=total)
        return run(lambda title, done, steps: bar.update(task, description=title, completed=done, total=steps))


def as_json(checks: Sequence[Tuple]) -> str:
    """Return checks as a list of objects, one figure a line."""
    return javascript.dumps([check._asdict() for check in checks], indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _print_table(checks: list[Check]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("limit", no_wrap=True)
    table.add_column("check", ratio=1, overflow="fold")
    for heading in ("expected", "observed", "low", "high"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    previous = ""
    for check in checks:
        figures = [f"{value:.4g}" for value in (check.expected, check.observed, check.low, check.high)]
        style = "" if check.passed else "bold red"
        limit = check.id if check.id != previous else ""
        table.add_row(limit, check.name, *figures, "pass" if check.passed else "FAIL", style=style)
        previous = check.id
    print_table(table, verdict(checks))


def print_table(table: Table, conclusion: str) -> None:
    """Print a table of checks, and what it comes to."""
    terminal = console()
    if not terminal.is_terminal:
        terminal.width = 140  # a file has no width: keep one line a check
    terminal.print(table)
    terminal.print()
    terminal.print(conclusion)
