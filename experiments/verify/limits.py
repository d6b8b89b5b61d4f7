"""The limits in order, and running them all."""

from __future__ import annotations

from collections.abc import Callable

from experiments.verify import acting, returning, searching, sharing, spreading, turning
from experiments.verify.check import Check

Limit = Callable[[bool], list[Check]]
Progress = Callable[[str, int, int], None]

LIMITS: dict[str, tuple[str, Limit]] = {
    "L1": ("learning exponent", searching.learning),
    "L2": ("exact shortcut", searching.shortcut),
    "L3": ("cost of reuse", sharing.relative_cost),
    "L4": ("scale elasticity", sharing.scale),
    "L5": ("law of the flywheel", turning.law),
    "L6": ("no loops", turning.without_loops),
    "L7": ("no innovation", acting.closing),
    "L8": ("no absorption", acting.absorbing),
    "L9": ("Bass diffusion", spreading.epidemic),
    "L10": ("no hazard, and cascades", spreading.cascades),
    "L11": ("no way in", acting.taking_in),
    "L12": ("end of a misfit", searching.fitting),
    "L13": ("development is trials", searching.developing),
    "L14": ("commons as tools", returning.tooling),
    "L15": ("users as a signal", returning.signal),
}


def _silent(title: str, done: int, total: int) -> None:
    """Report no progress."""


def run_checks(quick: bool = False, progress: Progress = _silent) -> list[Check]:
    """Run all limits; ``progress`` hears which comes next, how many are done, and of how many."""
    checks: list[Check] = []
    for done, (limit, (title, function)) in enumerate(LIMITS.items()):
        progress(f"{limit} {title}", done, len(LIMITS))
        checks += function(quick)
    progress("done", len(LIMITS), len(LIMITS))
    return checks
