"""The command ``flywheel verify``: runs the checks, prints them, and keeps them with their figure."""

from __future__ import annotations

import json as javascript
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from experiments.verify.check import Check
from experiments.verify.figure import draw
from experiments.verify.limits import LIMITS, run_checks
from experiments.verify.words import verdict


def verify_command(json: bool, quick: bool, out: Path | None) -> int:
    """Run all checks; print a table, or with ``json`` a list of objects and nothing else; 1 if any fails, else 0.

    Into ``out`` go ``verify.json`` and ``verify.png``.

    Raises:
        OSError: ``out`` cannot be written; a folder that cannot be made is refused before anything runs.
    """
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    checks = _run_with_progress(quick)
    if out is not None:
        draw(checks, out / "verify.png")
        _write(out / "verify.json", _as_json(checks))
    if json:
        sys.stdout.write(_as_json(checks))
    else:
        _print_table(checks)
    return 0 if all(check.passed for check in checks) else 1


def _run_with_progress(quick: bool) -> list[Check]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(LIMITS))
        return run_checks(
            quick, lambda title, done, total: bar.update(task, description=title, completed=done, total=total)
        )


def _as_json(checks: list[Check]) -> str:
    return javascript.dumps([check._asdict() for check in checks], indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


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
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = 140  # a file has no width: keep one line a check
    console.print(table)
    console.print()
    console.print(verdict(checks))
