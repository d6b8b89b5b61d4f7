"""The command ``flywheel verify --inference``: runs the checks, prints them, and keeps them with their figure."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.table import Table

from experiments.inference.proof.check import Check
from experiments.inference.proof.figure import draw
from experiments.inference.proof.suite import METHODS, run_checks, verdict
from experiments.streams import aside
from experiments.sweep.files import put
from experiments.verify.command import as_json, make_folder, print_table, run_with_progress


def inference_command(json: bool, quick: bool, out: Path | None) -> int:
    """Run all checks; print a table, or with ``json`` a list of objects and nothing else; 1 if any fails, else 0.

    Into ``out`` go ``inference.json`` and ``inference.png``.

    Raises:
        OSError: ``out`` cannot be written; a folder that cannot be made is refused before anything runs.
    """
    if out is not None:
        make_folder(out)
    checks = run_with_progress(lambda progress: run_checks(quick, progress), len(METHODS))
    if out is not None:
        draw(checks, out / "inference.png")
        put(out / "inference.json", as_json(checks).encode())
    with aside():  # the exit code tells the verdict, whoever reads the rest
        if json:
            sys.stdout.write(as_json(checks))
        else:
            print_table(_table(checks), verdict(checks))
    return 0 if all(check.passed for check in checks) else 1


def _table(checks: list[Check]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("method", "measure"):
        table.add_column(heading, no_wrap=True)
    table.add_column("check", ratio=1, overflow="fold")
    for heading in ("nominal", "tolerance", "observed", "low", "high", "sets"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    previous = ""
    for check in checks:
        figures = [f"{value:.4f}" for value in (check.observed, check.low, check.high)]
        tolerance = f"{check.tolerance:.3g}" if check.measure != "exact" and check.tolerance else ""
        table.add_row(
            "" if check.id == previous else check.id, check.measure, check.name, f"{check.rule} {check.nominal:.4f}",
            tolerance, *figures, str(check.sets), "pass" if check.passed else "FAIL",
            style="" if check.passed else "bold red",
        )  # fmt: skip
        previous = check.id
    return table
