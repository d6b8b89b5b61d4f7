"""The figure of a suite: each observed figure with its interval, against where it may lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.checks.check import CONFIDENCE, Check, Measure, Suite
from experiments.figures.style import BLUE, GREY, LIGHT, PALE, SKY, VERMILION, entitle, save, styled

OUTSIDE = 2.5  # where an exact figure that is off is drawn
_PANELS: tuple[tuple[Measure, str, str], ...] = (
    ("coverage", "Coverage: intervals that hold the truth", "share of worlds"),
    ("error", "Errors: something false is found", "share of worlds"),
    ("power", "Power: what is there is found as often as forecast", "share of worlds"),
    ("bias", "Bias: the median of estimates less the truth", "in smallest effects of interest"),
    ("counterexample", "Not used here: errors as known", "share of worlds"),
)
_ROW = 0.27  # inches
_FRAME = 5.0  # rows that the title and axis of a panel take


def draw(suite: Suite, checks: Sequence[Check], path: Path) -> Path:
    """Draw what the suite shows above, a row a source of plain figures, and a panel each other measure."""
    values = [check for check in checks if check.measure == "value"]
    panels: list[Panel] = []
    for measure, title, unit in _PANELS:
        if each := [check for check in checks if check.measure == measure]:
            panels.append((each, title, unit))
    heights = [5.0] * (suite.above is not None)
    heights += [1.2 + 0.38 * len({check.source for check in values})] * bool(values)
    columns = _columns(panels)
    heights += [_ROW * max(map(_rows, columns))] if panels else []
    with styled():
        figure = Figure(figsize=(16.0 if panels else 12.0, 1.2 + sum(heights)), layout="constrained")
        parts: list[Any] = list(np.atleast_1d(np.asarray(figure.subfigures(len(heights), 1, height_ratios=heights))))
        if suite.above is not None:
            suite.above(parts.pop(0))
        if values:
            _draw_values(parts.pop(0).subplots(), suite, values)
        if panels:
            _draw_panels(parts.pop(0), columns)
        marks = f". Bars are {100 * CONFIDENCE:g} % intervals, bands what is allowed" if panels else ""
        entitle(figure, f"{suite.verdict(checks)}{marks}")
        return save(figure, path)


Panel = tuple[list[Check], str, str]


def _rows(column: Sequence[Panel]) -> float:
    return sum(len(checks) + _FRAME for checks, *_ in column)


def _columns(panels: Sequence[Panel]) -> list[list[Panel]]:
    """Return panels in two columns of about the same height, in order."""
    cut = min(range(len(panels) + 1), key=lambda n: max(_rows(panels[:n]), _rows(panels[n:])))
    return [list(column) for column in (panels[:cut], panels[cut:]) if column]


def scaled(check: Check) -> float:
    """Return observed minus expected over the half-width; without width, 0 if equal, else far outside."""
    distance = check.observed - check.expected
    half = check.high - check.observed
    return distance / half if half > 0.0 else OUTSIDE * float(np.sign(distance))


def _draw_values(axes: Axes, suite: Suite, checks: Sequence[Check]) -> None:
    """Draw a row a source: its checks side by side, in units of the half-width of each one's interval."""
    sources = list(dict.fromkeys(check.source for check in checks))
    axes.axvspan(-1.0, 1.0, color=PALE)
    axes.axvline(0.0, color=GREY, linewidth=1.0)
    for row, source in enumerate(sources):
        group = [check for check in checks if check.source == source]
        heights = row + np.linspace(-0.32, 0.32, len(group)) if len(group) > 1 else [float(row)]
        axes.axhline(row + 0.5, color=LIGHT, linewidth=0.8)
        for height, check in zip(heights, group, strict=True):
            position = float(np.clip(scaled(check), -OUTSIDE, OUTSIDE))
            colour, marker, size = (BLUE, "o", 5) if check.passed else (VERMILION, "X", 11)
            axes.plot(position, height, marker, color=colour, markersize=size,
                      markerfacecolor="none" if check.passed else colour)  # fmt: skip
            if not check.passed:
                name = check.name if abs(scaled(check)) <= OUTSIDE else f"{check.name} (beyond the scale)"
                axes.annotate(name, (position, height), xytext=(10, 0), textcoords="offset points", va="center",
                              fontsize=11, color=VERMILION, annotation_clip=False)  # fmt: skip
    counts = {source: sum(check.source == source for check in checks) for source in sources}
    titles = {source: suite.sources[source].title if source in suite.sources else "" for source in sources}
    axes.set_yticks(range(len(sources)), [f"{source}  {titles[source]} ({counts[source]})" for source in sources])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(sources) - 0.5, -0.5)
    axes.set_xlim(-OUTSIDE - 0.3, OUTSIDE + 0.3)
    axes.set_xlabel("(observed − expected) / half-width of the interval; ○ within the grey band passes, ✖ fails")
    axes.set_ylabel(f"{suite.noun} (checks)")
    axes.spines["left"].set_visible(False)


def _draw_panels(figure: Any, columns: Sequence[Sequence[Panel]]) -> None:
    for part, column in zip(np.atleast_1d(figure.subfigures(1, len(columns))), columns, strict=True):
        ratios = [len(checks) + 1.0 for checks, *_ in column]
        grid = np.atleast_1d(part.subplots(len(column), 1, height_ratios=ratios))
        for axes, (checks, title, unit) in zip(grid, column, strict=True):
            _draw_panel(axes, checks)
            axes.set_title(title, loc="left", fontsize=12.5)
            axes.set_xlabel(unit)


def _draw_panel(axes: Axes, checks: Sequence[Check]) -> None:
    """Draw rows of checks: a band of what is allowed, the observed figure with its interval, a cross if it fails."""
    lowest = min(min(check.low, check.expected - check.tolerance) for check in checks)
    highest = max(max(check.high, check.expected + check.tolerance) for check in checks)
    margin = 0.04 * max(highest - lowest, 0.05)
    ends = (lowest - margin, highest + margin)
    for row, check in enumerate(checks):
        colour, marker = (BLUE, "o") if check.passed else (VERMILION, "X")
        low = ends[0] if check.rule == "≤" else check.expected - check.tolerance
        high = ends[1] if check.rule == "≥" else check.expected + check.tolerance
        axes.barh(row, high - low, left=low, height=0.8, color=SKY, alpha=0.3, linewidth=0)
        axes.plot([check.expected] * 2, [row - 0.4, row + 0.4], color=GREY, linewidth=1.4)
        axes.plot([check.low, check.high], [row, row], color=colour, linewidth=1.8)
        axes.plot(check.observed, row, marker, color=colour, markersize=6 if check.passed else 10)
    axes.set_xlim(*ends)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_ylim(len(checks) - 0.5, -0.5)
    axes.set_yticks(range(len(checks)), [f"{check.source}: {check.name}" for check in checks], fontsize=10)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    axes.spines["left"].set_visible(False)
