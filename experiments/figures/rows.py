"""Rows of estimates with their intervals, the one plot for all of them: a name, and in its row a mark of each kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from matplotlib.axes import Axes
from matplotlib.ticker import Formatter, MaxNLocator

from experiments.figures.style import GREY, LIGHT, Look
from experiments.figures.words import number, reworded

Interval: TypeAlias = tuple[float, float, float]  # value, low, high; NaN where there is none

MOST_ROWS = 20
_ROW = 0.62  # inches
_ROUNDING = 1e-12


class Mark(NamedTuple):
    """One kind of estimate: what it is, how it looks, whether filled, and its values by row."""

    label: str
    look: Look
    filled: bool
    estimates: Sequence[Interval | None]


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
            axes.plot([estimate[1], estimate[2]], [row + offset] * 2, color=colour, linewidth=2.0)
            axes.plot(
                estimate[0], row + offset, mark.look.marker, color=colour, markersize=7.5, markeredgewidth=1.8,
                markerfacecolor=colour if mark.filled else "white", zorder=3,
            )  # fmt: skip
        axes.plot([], [], mark.look.marker, color=colour, markersize=7.5, markeredgewidth=1.8, label=mark.label,
                  markerfacecolor=colour if mark.filled else "white")  # fmt: skip
    for row in range(1, len(names)):
        axes.axhline(row - 0.5, color=LIGHT, linewidth=0.8)
    axes.axvline(0.0, color=GREY, linewidth=1.0, zorder=0.5)
    name_rows(axes, names)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 2.5, 5, 10)))
    axes.xaxis.set_major_formatter(Ticks())
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)


def name_rows(axes: Axes, names: Sequence[str], **more: Any) -> None:
    """Name rows from the top, each 1 high."""
    axes.set_yticks(range(len(names)), list(map(reworded, names)), **more)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.5, -0.5)


def _known(estimate: Interval | None) -> bool:
    return estimate is not None and math.isfinite(estimate[0])


class Ticks(Formatter):
    """Labels of ticks; what is nothing on the scale of its axis is 0, however small the scale."""

    def __call__(self, value: float, pos: int | None = None) -> str:  # noqa: ARG002
        """Return the label of a tick."""
        assert self.axis is not None
        low, high = self.axis.get_view_interval()
        return "0" if abs(value) < _ROUNDING * abs(high - low) else number(value, digits=4)


def legend_above(axes: Axes, columns: int) -> None:
    """Say above an axes what its marks are."""
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, borderaxespad=0.2)
