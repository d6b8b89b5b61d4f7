"""The command ``flywheel verify``: runs the checks of a suite, prints them, and keeps them with their figure."""

from __future__ import annotations

import json as javascript
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from experiments.checks.check import Check, Progress, Suite
from experiments.checks.figure import draw
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.streams import aside
from experiments.sweep.files import put
from experiments.terminal import console

_FILES = ("verify.json", "verify.png", "inference.json", "inference.png")
Result = TypeVar("Result")


def verify_command(suite: Suite, json: bool, quick: bool, out: Path | None) -> int:
    """Run a suite, keep its checks and their figure in ``out``, and tell of them; 1 if any fails, else 0.

    Raises:
        UsageError: ``out`` holds something else.
        OSError: ``out`` cannot be written; a folder that cannot be made is refused before anything runs.
    """
    if out is not None:
        make_folder(out)
    checks = run_with_progress(lambda progress: suite.run(quick, progress), len(suite.sources))
    if out is not None:
        put(out / f"{suite.file}.json", as_json(checks).encode())
    code = tell(checks, suite.verdict(checks), json)
    if out is not None:
        draw(suite, checks, out / f"{suite.file}.png")
    return code


def tell(checks: Sequence[Check], verdict: str, json: bool) -> int:
    """Print a table of checks, or with ``json`` a list of objects and nothing else; return 1 if any fails, else 0."""
    with aside():  # the exit code tells the verdict, whoever reads the rest
        if json:
            sys.stdout.write(as_json(checks))
        else:
            _print_table(checks, verdict)
    return 0 if all(check.passed for check in checks) else 1


def make_folder(out: Path) -> None:
    """Make a folder for checks, unless there is one; one that holds something else is refused before anything runs.

    Raises:
        UsageError: it is a file, or holds something else.
        OSError: it cannot be made.
    """
    shown = show_path(out)
    if out.exists() and not out.is_dir():
        raise UsageError(f"{shown}: is a file; name a folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    for path in out.iterdir():
        if path.name not in _FILES and not path.name.startswith("."):
            text = f"{shown}: also holds {path.name!r}, which is no part of such a result"
            raise UsageError(f"{text}; name another folder with --out")


def run_with_progress(run: Callable[[Progress], Result], total: int) -> Result:
    """Run something that tells its progress in ``total`` steps, with a bar on a terminal."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    terminal = console(err=True)
    with Bar(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as bar:
        task = bar.add_task("", total=total)
        return run(lambda title, done, steps: bar.update(task, description=title, completed=done, total=steps))


def as_json(checks: Sequence[Check]) -> str:
    """Return checks as a list of objects, one figure a line."""
    return javascript.dumps([check._asdict() for check in checks], indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _print_table(checks: Sequence[Check], verdict: str) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("of", no_wrap=True)
    table.add_column("check", ratio=1, overflow="fold")
    for heading in ("expected", "±", "observed", "low", "high"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    previous = ""
    for check in checks:
        rule = "" if check.rule == "=" else f"{check.rule} "
        tolerance = f"{check.tolerance:.3g}" if check.tolerance else ""
        figures = [f"{value:.4g}" for value in (check.observed, check.low, check.high)]
        name = check.name if check.measure == "value" else f"{check.measure}: {check.name}"
        table.add_row(
            "" if check.source == previous else check.source, name, f"{rule}{check.expected:.4g}", tolerance, *figures,
            "pass" if check.passed else "FAIL", style="" if check.passed else "bold red",
        )  # fmt: skip
        previous = check.source
    terminal = console()
    if not terminal.is_terminal:
        terminal.width = 140  # a file has no width: keep one line a check
    terminal.print(table)
    terminal.print()
    terminal.print(verdict, markup=False)
