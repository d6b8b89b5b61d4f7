"""``flywheel verify --fit``: the calibration of a fit, judged by its own tables, and added to its result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.checks.calibration import calibration_checks
from experiments.checks.command import run_with_progress, tell
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.figures import draw_into
from experiments.fit.config import Fit, read_fit
from experiments.fit.kept import TABLE, added_to, check_kept, places
from experiments.fit.pipeline import off_name
from experiments.fit.proof import Proof, prove
from experiments.fit.table import read_table
from experiments.fit.write import header
from experiments.store import write_csv

CASES, QUICK = 200, 100
"""Pseudo-cases of each kind."""


def verify_fit(json: bool, quick: bool, config: Path, tables: Path | None, out: Path | None) -> int:
    """Calibrate a fit on pseudo-cases, add what came out to its result, print it; 1 if it fails, else 0.

    Args:
        json: print a list of objects and nothing else.
        quick: half as many pseudo-cases.
        config: config of the fit.
        tables: folder of its tables; if None where the fit puts them.
        out: folder of its result, likewise.

    Raises:
        UsageError: no table, or no result of this fit and model.
    """
    fit = read_fit(config)
    folder, result = places(fit, tables, out)
    shown = show_path(config)
    for name in (TABLE, *map(off_name, fit.mechanisms)):
        if not (folder / name).is_dir():
            raise UsageError(f"{show_path(folder / name)}: no such table; make it with 'flywheel fit {shown}'")
    about = check_kept(fit, result)
    table = read_table(folder / TABLE, fit)
    if table.runs != about["runs"]:
        raise UsageError(
            f"{show_path(folder / TABLE)}: has {table.runs:,} runs, and the result is of {about['runs']:,}; "
            f"make it with 'flywheel fit {shown}'"
        )
    wanted = QUICK if quick else CASES
    proof = run_with_progress(lambda progress: prove(fit, table, folder, wanted, progress), wanted)
    keep(proof, fit, result)
    return tell(calibration_checks(proof), proof.verdict(), json)


def keep(proof: Proof, fit: Fit, result: Path) -> None:
    """Add tables and figure of a calibration to the result of its fit."""
    from experiments.fit.draw_calibration import draw_calibration

    with added_to(result, fit, "verify") as new:
        write_csv(new / "calibration.csv", header("calibration.csv"), _calibration(proof))
        rows = ((each.name, one.cases, one.judged, *one.found, *one.shares, *one.p, int(one.passed))
                for each, one in zip(fit.mechanisms, proof.errors.values(), strict=True))  # fmt: skip
        write_csv(new / "errors.csv", header("errors.csv"), rows)
        (new / "calibration.png").unlink(missing_ok=True)  # of a calibration before
        if proof.each:
            draw_into(new / "calibration.png", lambda: draw_calibration(proof))


def _calibration(proof: Proof) -> list[tuple[Any, ...]]:
    cases = len(proof.places)
    return [
        (key, cases, one.p, one.p_bins, *(value for each in one.coverage for value in each[:3]), int(one.passed))
        for key, one in zip(proof.keys, proof.each, strict=True)
    ]
