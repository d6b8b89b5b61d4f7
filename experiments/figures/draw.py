"""Figures of one run: they draw what a run folder holds and compute nothing of science."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from experiments.figures import monthly
from experiments.figures.lineage import lineage
from experiments.figures.record import read
from experiments.figures.style import save_all, styled
from experiments.messages.terminal import note

FIGURES = {
    "costs": monthly.costs,
    "lineage": lineage,
    "flywheel": monthly.flywheel,
    "adoption": monthly.adoption,
    "commons": monthly.commons,
    "innovation": monthly.innovation,
}


def draw_run(folder: Path) -> list[Path]:
    """Draw every figure of a run folder into its ``figures/`` and return their paths.

    Raises:
        OSError: a file of the run is missing, or a figure cannot be written.
        ValueError: a file of the run does not hold what it should.
    """
    record = read(folder)
    with styled():
        return [
            path
            for name, draw in FIGURES.items()
            for path in save_all(draw(record), folder / "figures" / f"{name}.png")
        ]


def draw_into(path: Path, draw: Callable[[], Figure]) -> None:
    """Draw a figure; one that cannot be drawn is told, and costs none of the data."""
    try:
        with styled():
            save_all(draw(), path)
    except (ArithmeticError, LookupError, ValueError) as error:
        note(f"{path.name}: not drawn ({error}); its data are kept")
