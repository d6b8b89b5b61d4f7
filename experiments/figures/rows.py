"""Rows of estimates with their intervals, the one plot for all of them: a name, and in its row a mark of each kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
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
        places = [row + 0.2 * (here.index(n) - (len(here) - 1) / 2.0) if n in here else row
                  for row, here in enumerate(known)]  # fmt: skip
        draw_estimates(axes, places, mark.estimates, mark.look, label=mark.label, filled=mark.filled)
    for row in range(1, len(names)):
        axes.axhline(row - 0.5, color=LIGHT, linewidth=0.8)
    axes.axvline(0.0, color=GREY, linewidth=1.0, zorder=0.5)
    name_rows(axes, names)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 2.5, 5, 10)))
    axes.xaxis.set_major_formatter(Ticks())
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)


def draw_estimates(
    axes: Axes, places: Sequence[float], estimates: Sequence[Interval | None], look: Look, *, label: str = "",
    filled: bool = True, upright: bool = False, joined: float = 0.0, width: float = 2.0, size: float = 7.5,
) -> None:  # fmt: skip
    """Draw estimates as marks with a line for each interval; what is not known is left out.

    Args:
        axes: where.
        places: of the estimates on the axis that is not theirs.
        estimates: with their intervals.
        look: colour and mark.
        label: what the legend calls them.
        filled: whether the marks are.
        upright: whether the estimates run along y.
        joined: width of a line from estimate to estimate; none if 0.
        width: of the intervals' lines.
        size: of the marks.
    """
    known = [(place, *each) for place, each in zip(places, estimates, strict=True) if each is not None and _known(each)]
    at, value, low, high = np.array(known, dtype=float).reshape(-1, 4).T
    ends, beside = np.stack([low, high])[:, np.isfinite(low)], np.stack([at, at])[:, np.isfinite(low)]
    # Lines one by one, as a legend that looks for room sees no collection of them.
    axes.plot(*((beside, ends) if upright else (ends, beside)), color=look.colour, linewidth=width,
              solid_capstyle="butt")  # fmt: skip
    axes.plot(
        *((at, value) if upright else (value, at)), look.marker, color=look.colour, markersize=size,
        linestyle=look.line if joined else "none", linewidth=joined, markeredgewidth=1.8 if size > 7.0 else 1.0,
        markerfacecolor=look.colour if filled else "white", zorder=3, label=label,
    )  # fmt: skip


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
