"""A suite of checks: its sources in order, running them all, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from matplotlib.figure import SubFigure

from experiments.checks.check import Check

Progress = Callable[[str, int, int], None]


class Source(NamedTuple):
    """What is checked: its title, and its checks, shorter ones if quick."""

    title: str
    checks: Callable[[bool], list[Check]]


def _silent(title: str, done: int, total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Suite:
    """Checks that are run and shown together.

    Attributes:
        file: name of its files, without suffix.
        noun: what its sources are, in the plural.
        sources: by name, in order.
        above: draws what is shown above the checks, if anything is.
    """

    file: str
    noun: str
    sources: Mapping[str, Source]
    above: Callable[[SubFigure], None] | None = None

    def run(self, quick: bool = False, progress: Progress = _silent) -> list[Check]:
        """Run all checks; ``progress`` hears which comes next, how many are done, and of how many."""
        checks: list[Check] = []
        for done, (name, source) in enumerate(self.sources.items()):
            progress(f"{name} {source.title}", done, len(self.sources))
            checks += source.checks(quick)
        progress("done", len(self.sources), len(self.sources))
        return checks

    def verdict(self, checks: Sequence[Check]) -> str:
        """Return whether all checks pass, or how many fail and of which sources."""
        failed = [check for check in checks if not check.passed]
        if not failed:
            return f"All {len(checks)} checks of {len({check.source for check in checks})} {self.noun} pass"
        where = ", ".join(dict.fromkeys(check.source for check in failed))
        return f"{len(failed)} of {len(checks)} checks fail: {where}"
