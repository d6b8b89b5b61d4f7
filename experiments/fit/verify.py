"""``flywheel verify --fit``: the calibration of a fit, judged by its own tables, and added to its result."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from experiments.case.setting import Floats
from experiments.checks.calibration import calibration_checks
from experiments.checks.command import run_with_progress, tell
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.figures import draw_into
from experiments.fit.calibrate import LEAST, Calibration, Errors, Progress, errors, judge, ranks
from experiments.fit.config import Fit, read_fit
from experiments.fit.kept import TABLE, added_to, check_kept, places
from experiments.fit.pipeline import off_name
from experiments.fit.table import Table, read_table
from experiments.fit.write import header
from experiments.store import write_csv

CASES, QUICK = 200, 100
"""Pseudo-cases of each kind."""


class Proof(NamedTuple):
    """The calibration of a fit.

    Attributes:
        keys: of the free parameters.
        places: ranks of the truth, 0 to 1, shape (cases, priors).
        thin: pseudo-cases that too few runs fit.
        wanted: pseudo-cases that were wanted.
        each: of each parameter; none if no pseudo-case could be used.
        errors: of each mechanism, by title.
    """

    keys: tuple[str, ...]
    places: Floats
    thin: int
    wanted: int
    each: list[Calibration]
    errors: dict[str, Errors]

    def verdict(self) -> str:
        """Return what it comes to, in a sentence."""
        used, thin = len(self.places), f"{self.thin:,} more had fewer than {LEAST} fitting runs and were left out"
        if used < self.wanted:
            return f"Not shown: only {used} of {self.wanted} pseudo-cases could be used, {thin}; a larger table helps"
        if untold := [title for title, one in self.errors.items() if not one.judged]:
            return f"Not shown: no pseudo-case without {untold[0]} had {LEAST} fitting runs; a larger table helps"
        failed = [key for key, one in zip(self.keys, self.each, strict=True) if not one.passed]
        failed += [title for title, one in self.errors.items() if not one.passed]
        said = f"fails for {', '.join(failed)}" if failed else "is calibrated"
        return f"The method {said}: {used} pseudo-cases; {thin}"


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


def prove(fit: Fit, table: Table, folder: Path, wanted: int, progress: Progress) -> Proof:
    """Return the calibration of a fit, and how often its mechanisms are found needed where they are not."""
    patterns, tolerance, seed = fit.case.patterns, fit.settings.tolerance, fit.settings.seed
    found = ranks(patterns, table, tolerance, wanted, seed, progress)
    each = judge(found.places) if len(found.places) else []
    wrong = {}
    for mechanism in fit.mechanisms:
        without = read_table(folder / off_name(mechanism), fit.without(mechanism))
        wrong[mechanism.title] = errors(patterns, table, without, tolerance, wanted, seed, progress)
    return Proof(fit.keys if each else (), found.places, found.thin, wanted, each, wrong)


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
