"""Whether the method of a fit is calibrated: ranks and coverage of its parameters, and errors of its mechanisms."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from experiments.case.setting import Floats
from experiments.fit.calibrate import LEAST, Calibration, Errors, Progress, errors, judge, ranks
from experiments.fit.config import Fit
from experiments.fit.pipeline import off_name
from experiments.fit.table import Table, read_table


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
