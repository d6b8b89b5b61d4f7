"""The methods in order, and checking them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from experiments.inference.proof import averages, deciding, shapes, structure
from experiments.inference.proof.check import Check

Method = Callable[[bool], list[Check]]
Progress = Callable[[str, int, int], None]

METHODS: dict[str, tuple[str, Method]] = {
    "mean": ("interval of a mean", averages.means),
    "median": ("interval of a median", averages.medians),
    "middle": ("verdicts on a median", deciding.middles),
    "ratio": ("interval of a ratio", averages.quotients),
    "looks": ("looking again and again", deciding.looks),
    "verdict": ("verdicts", deciding.verdicts),
    "claim": ("a claim of several effects", deciding.conjunctions),
    "family": ("a family of claims", deciding.families),
    "times": ("times to a target", shapes.firsts),
    "signs": ("supermodularity", shapes.signs),
    "hump": ("inverted U", shapes.humps),
    "loops": ("loops of impulse responses", structure.turning),
    "regression": ("regression by seed", structure.panels),
    "shares": ("Shapley shares", structure.attribution),
}


def _silent(title: str, done: int, total: int) -> None:
    """Report no progress."""


def run_checks(quick: bool = False, progress: Progress = _silent) -> list[Check]:
    """Check all methods; ``progress`` hears which comes next, how many are done, and of how many."""
    checks: list[Check] = []
    for done, (title, function) in enumerate(METHODS.values()):
        progress(title, done, len(METHODS))
        checks += function(quick)
    progress("done", len(METHODS), len(METHODS))
    return checks


def verdict(checks: Sequence[Check]) -> str:
    """Return whether all checks pass, or how many fail and of which methods."""
    failed = [check for check in checks if not check.passed]
    if not failed:
        return f"All {len(checks)} checks of {len({check.id for check in checks})} methods pass"
    return f"{len(failed)} of {len(checks)} checks fail: {', '.join(dict.fromkeys(check.id for check in failed))}"
