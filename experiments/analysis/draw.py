"""Every figure of an analysis by its kind, and which of them an analysis has. They draw its numbers alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure

from experiments.analysis import draw_effects, draw_fans, draw_indices
from experiments.analysis.compute import Analysis, Outcome
from experiments.figures.style import save_all, styled, title_of

_LONGEST = 100

OF_AN_OUTCOME: dict[str, Callable[[Outcome, Analysis], Figure | None]] = {
    "indices": draw_indices.indices,
    "importance": draw_indices.importance,
    "effects": draw_effects.effects,
    "interactions": draw_effects.interactions,
    "heat": draw_effects.heat,
    "replicates": draw_indices.replicates,
}


class Drawn(NamedTuple):
    """A figure that was drawn: its kind, the outcome or series it is of (or nothing), its title, and its files.

    ``path`` is the one that the report shows, ``files`` are those of all formats.
    """

    kind: str
    subject: str
    path: Path
    title: str
    files: tuple[Path, ...]


def draw(analysis: Analysis, folder: Path, only: str | None = None) -> Iterator[Drawn]:
    """Draw the figures of an analysis, or those of one kind, into a folder; yield each as it is there."""
    with styled():
        for kind, subject, make in _figures(analysis):
            if only in (None, kind) and (figure := make()) is not None:
                files = save_all(figure, folder / _file(kind, subject))
                yield Drawn(kind, subject, files[0], title_of(figure), tuple(files))


def _file(kind: str, subject: str) -> str:
    """Return the name of a figure's file; what a name of a file should not hold is told apart by a few digits."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", subject)[:_LONGEST]
    told = "" if plain == subject else f"-{hashlib.sha256(subject.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    return f"{kind}-{plain}{told}.png" if subject else f"{kind}.png"


def _figures(analysis: Analysis) -> Iterator[tuple[str, str, Callable[[], Figure | None]]]:
    yield "noise", "", lambda: draw_indices.noise(analysis)
    for outcome in analysis.outcomes:
        for kind, make in OF_AN_OUTCOME.items():
            yield kind, outcome.name, lambda make=make, outcome=outcome: make(outcome, analysis)  # type: ignore[misc]
    for fan in analysis.fans:
        yield "fans", fan.name, lambda fan=fan: draw_fans.fan(fan, analysis)  # type: ignore[misc]
