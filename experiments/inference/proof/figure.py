"""The figure of the checks: each rate with its bounds, against where it may lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.style import BLUE, GREY, LIGHT, SKY, VERMILION, entitle, save, styled
from experiments.inference.proof.check import CONFIDENCE, Check, Measure
from experiments.inference.proof.suite import verdict

_PANELS: tuple[tuple[Measure, str], ...] = (
    ("coverage", "Coverage: intervals that hold the truth"),
    ("error", "Errors: something false is found"),
    ("power", "Power: what is there is found"),
    ("counterexample", "Not used here: failures as known"),
)
_ROW = 0.27  # inches
_FRAME = 5.0  # rows that the title and axis of a panel take


def draw(checks: Sequence[Check], path: Path) -> Path:
    """Draw a panel per measure, a row per check; exact checks are only counted."""
    groups = {measure: [check for check in checks if check.measure == measure] for measure, _ in _PANELS}
    left, right = [max(1, len(groups["coverage"]))], [max(1, len(groups[panel[0]])) for panel in _PANELS[1:]]
    rows = max(sum(left) + _FRAME, sum(right) + 3.0 * _FRAME)
    with styled():
        figure = Figure(figsize=(16.0, 1.2 + _ROW * rows), layout="constrained")
        grid = figure.add_gridspec(3, 2, height_ratios=[count + 1.0 for count in right])
        panels = [figure.add_subplot(grid[:, 0]), *(figure.add_subplot(grid[row, 1]) for row in range(3))]
        for axes, (measure, title) in zip(panels, _PANELS, strict=True):
            _draw_panel(axes, groups[measure])
            axes.set_title(title, loc="left", fontsize=12.5)
            axes.set_xlabel("share of data sets")
        marks = f"Bars are {100 * CONFIDENCE:g} % bounds, bands what is allowed, wider where a weakness is known"
        entitle(figure, f"{verdict(checks)}. {marks}")
        return save(figure, path)


def _draw_panel(axes: Axes, checks: Sequence[Check]) -> None:
    """Draw rows of checks: a band of what is allowed, the observed rate with its bounds, a cross if it fails."""
    for row, check in enumerate(checks):
        colour, marker = (BLUE, "o") if check.passed else (VERMILION, "X")
        low = -1.0 if check.rule == "≤" else check.nominal - check.tolerance
        high = 2.0 if check.rule == "≥" else check.nominal + check.tolerance
        axes.barh(row, high - low, left=low, height=0.8, color=SKY, alpha=0.3, linewidth=0)
        axes.plot([check.nominal] * 2, [row - 0.4, row + 0.4], color=GREY, linewidth=1.4)
        axes.plot([check.low, check.high], [row, row], color=colour, linewidth=1.8)
        axes.plot(check.observed, row, marker, color=colour, markersize=6 if check.passed else 10)
    lowest = min((min(check.low, check.nominal - check.tolerance) for check in checks), default=0.0)
    highest = max((max(check.high, check.nominal + check.tolerance) for check in checks), default=1.0)
    margin = 0.04 * max(highest - lowest, 0.05)
    axes.set_xlim(max(lowest - margin, -0.02), min(highest + margin, 1.02))
    axes.set_ylim(max(len(checks), 1) - 0.5, -0.5)
    axes.set_yticks(range(len(checks)), [f"{check.id}: {check.name}" for check in checks], fontsize=10)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    axes.spines["left"].set_visible(False)
