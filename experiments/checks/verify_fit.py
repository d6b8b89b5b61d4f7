"""``flywheel verify --fit``: the calibration of a fit, judged by its own tables, and added to its result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scipy.stats import binomtest

from experiments.checks.check import Check
from experiments.checks.command import run_with_progress, tell
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.figures import draw_into
from experiments.figures.words import percent
from experiments.fit.calibrate import ABOVE, ERROR, LEVELS, Proof, prove
from experiments.fit.config import Fit, read_fit
from experiments.fit.pipeline import off_name
from experiments.fit.table import read_table
from experiments.fit.worlds import TABLE, added_to, check_kept, places
from experiments.fit.write import CODEBOOK


def calibration_checks(proof: Proof) -> list[Check]:
    """Return the checks of a calibration; whether one passes is decided by its p-value, after Holm."""
    used = float(len(proof.places))
    enough = Check("pseudo-cases", "value", "that could be used", "≥", proof.wanted, 0.0, used, used, used,
                   used >= proof.wanted)  # fmt: skip
    checks = [enough]
    for key, one in zip(proof.keys, proof.each, strict=True):
        checks.append(
            Check(key, "value", "p that ranks are even", "≥", ERROR, 0.0, one.p, one.p, one.p, one.p >= ERROR)
        )
        checks += [
            Check(key, "coverage", f"{percent(level)} intervals", "=", level, 0.0, each.share, each.low, each.high,
                  each.p >= ERROR)
            for level, each in zip(LEVELS, one.coverage, strict=True)
        ]  # fmt: skip
    for title, wrong in proof.errors.items():
        for above, found, p in zip(ABOVE, wrong.found, wrong.p, strict=True):
            name = f"found needed though off, Bayes factor above {above:g}, {wrong.judged} of {wrong.cases} judged"
            share, low, high = _share(found, wrong.judged)
            passed = wrong.judged > 0 and p >= ERROR
            checks.append(Check(title, "error", name, "≤", 1.0 / above, 0.0, share, low, high, passed))
    return checks


def _share(found: int, judged: int) -> tuple[float, float, float]:
    """Return a share with its 95 % interval; of none, nothing is known."""
    if not judged:
        return 0.0, 0.0, 1.0
    ends = binomtest(found, judged).proportion_ci()
    return found / judged, float(ends.low), float(ends.high)


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
        CODEBOOK.write(new, "calibration.csv", _calibration(proof))
        rows = ((each.name, one.cases, one.judged, *one.found, *one.shares, *one.p, int(one.passed))
                for each, one in zip(fit.mechanisms, proof.errors.values(), strict=True))  # fmt: skip
        CODEBOOK.write(new, "errors.csv", rows)
        (new / "calibration.png").unlink(missing_ok=True)  # of a calibration before
        if proof.each:
            draw_into(new / "calibration.png", lambda: draw_calibration(proof))


def _calibration(proof: Proof) -> list[tuple[Any, ...]]:
    cases = len(proof.places)
    return [
        (key, cases, one.p, one.p_bins, *(value for each in one.coverage for value in each[:3]), int(one.passed))
        for key, one in zip(proof.keys, proof.each, strict=True)
    ]
