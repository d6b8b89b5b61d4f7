"""What the figures of an analysis share: rows of estimates, bars of means, axes of factors, and the note below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, Formatter, MaxNLocator, NullLocator

from experiments.analysis.groups import Axis
from experiments.analysis.intervals import Estimate
from experiments.figures.lettering import drawable
from experiments.figures.style import BLACK, GREY, LIGHT, Look
from experiments.figures.words import number
from experiments.text import wrapped

MOST_ROWS = 20
_ROW = 0.62  # inches
_ROUNDING = 1e-12
_MOST_LINES = 4  # of one part of a note


class Mark(NamedTuple):
    """One kind of estimate: what it is, how it looks, whether filled, and its values by row."""

    label: str
    look: Look
    filled: bool
    estimates: Sequence[Estimate | None]


def height_for(rows: int, marks: int = 1) -> float:
    """Return the inches that a figure of so many rows takes."""
    return 2.3 + rows * max(_ROW, 0.27 * marks)


def draw_rows(axes: Axes, names: Sequence[str], marks: Sequence[Mark]) -> None:
    """Draw a row for each name from the top, and in it each mark with its interval."""
    known = [[n for n, mark in enumerate(marks) if _known(mark.estimates[row])] for row in range(len(names))]
    for n, mark in enumerate(marks):
        colour = mark.look.colour
        for row, estimate in enumerate(mark.estimates):
            if estimate is None or n not in known[row]:
                continue
            offset = 0.2 * (known[row].index(n) - (len(known[row]) - 1) / 2.0)
            if math.isfinite(estimate.low):
                axes.plot([estimate.low, estimate.high], [row + offset] * 2, color=colour, linewidth=2.0)
            axes.plot(
                estimate.value, row + offset, mark.look.marker, color=colour, markersize=7.5, markeredgewidth=1.8,
                markerfacecolor=colour if mark.filled else "white", zorder=3,
            )  # fmt: skip
        axes.plot([], [], mark.look.marker, color=colour, markersize=7.5, markeredgewidth=1.8, label=mark.label,
                  markerfacecolor=colour if mark.filled else "white")  # fmt: skip
    for row in range(1, len(names)):
        axes.axhline(row - 0.5, color=LIGHT, linewidth=0.8)
    axes.axvline(0.0, color=GREY, linewidth=1.0, zorder=0.5)
    axes.set_yticks(range(len(names)), list(names))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 2.5, 5, 10)))
    axes.xaxis.set_major_formatter(Ticks())
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)


def _known(estimate: Estimate | None) -> bool:
    return estimate is not None and math.isfinite(estimate.value)


def factor_axis(axes: Axes, along: Axis) -> None:
    """Let x be a factor: a scale of numbers, or a place for each level."""
    low, high = min(along.centres), max(along.centres)
    if not along.numeric:
        name_levels(axes, along.centres, along.labels, most=34)
        axes.set_xlim(low - 0.5, high + 0.5)
        return
    if along.log and low > 0.0:
        axes.set_xscale("log")
        margin = (high / low) ** 0.07
        axes.set_xlim(low / margin, high * margin)
        steps = (1.0, 2.0, 5.0) if high / low < 30.0 else (1.0, 3.0) if high / low < 300.0 else (1.0,)
        decades = 10.0 ** np.arange(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [float(t) for t in np.outer(decades, steps).ravel() if low / margin <= t <= high * margin]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        margin = 0.07 * ((high - low) or 1.0)
        axes.set_xlim(low - margin, high + margin)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=(1, 2, 2.5, 5, 10)))
    axes.xaxis.set_major_formatter(Ticks())


def name_levels(axes: Axes, places: Sequence[float], labels: Sequence[str], most: int) -> None:
    """Name levels along x, aslant if they have more than so many letters."""
    aslant = max(map(len, labels)) * len(labels) > most
    axes.set_xticks(list(places), list(labels), rotation=30 if aslant else 0, ha="right" if aslant else "center")


def value_axis(axes: Axes) -> None:
    """Let y run over what is drawn, with a few plain ticks."""
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 2.5, 5, 10)))
    axes.yaxis.set_major_formatter(Ticks())
    axes.grid(axis="y", color=LIGHT, linewidth=0.6)


class Ticks(Formatter):
    """Labels of ticks; what is nothing on the scale of its axis is 0, however small the scale."""

    def __call__(self, value: float, pos: int | None = None) -> str:  # noqa: ARG002
        """Return the label of a tick."""
        assert self.axis is not None
        low, high = self.axis.get_view_interval()
        return "0" if abs(value) < _ROUNDING * abs(high - low) else number(value, digits=4)


def footnote(figure: Figure, *lines: str) -> None:
    """Say below a figure what must be known to read it."""
    width = int(figure.get_figwidth() * 13.0)
    said = [part for line in lines if line for part in wrapped(drawable(line), width, _MOST_LINES)]
    figure.supxlabel("\n".join(said), x=0.01, ha="left", fontsize=10, color=GREY)


def labelled(name: str, unit: str) -> str:
    """Return a name with its unit, for an axis."""
    return name if unit in ("", "1") else f"{name} ({unit})"


def error_bar(axes: Axes, x: float, estimate: Estimate, look: Look, **more: Any) -> None:
    """Draw one mean with its interval."""
    if math.isfinite(estimate.low):
        axes.plot([x, x], [estimate.low, estimate.high], color=look.colour, linewidth=2.0, zorder=3)
    axes.plot(x, estimate.value, look.marker, color=look.colour, markersize=7, zorder=4, **more)


MEAN = Look(BLACK)
