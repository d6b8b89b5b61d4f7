"""The figure of predictions: intervals, a panel for each unit and scale."""

from __future__ import annotations

from itertools import groupby
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from experiments.figures import entitle, new_figure
from experiments.figures.style import BLUE, LIGHT, ORANGE
from experiments.figures.words import count, number
from experiments.fit.draw import decades
from experiments.fit.predictions import Predicted, Predictions


def draw_predictions(found: Predictions) -> Figure:
    """Draw median, 50 % and 95 % interval of each prediction."""
    shown = [one for one in found.each if np.isfinite(one.quantiles).all()]
    kinds = sorted(shown, key=lambda one: (one.quantity.scale, one.quantity.unit))
    groups = [list(each) for _, each in groupby(kinds, key=lambda one: (one.quantity.scale, one.quantity.unit))]
    heights = [len(group) + 1.5 for group in groups] or [1.0]
    figure, panels = new_figure(len(heights), size=(12.5, 1.6 + 0.5 * sum(heights)), heights=heights)
    said = count(len(shown), "prediction", "predictions")
    entitle(
        figure, f"{said} from {count(found.worlds, 'plausible world', 'plausible worlds')}, before they are compared"
    )
    for axes, group in zip(panels, groups, strict=False):
        _panel(axes, group)
    handles = [
        Line2D([], [], color=BLUE, linewidth=6.0, label="50 %"),
        Line2D([], [], color=BLUE, linewidth=2.0, label="95 %"),
    ]
    if any(np.isfinite(one.typical).all() for one in shown):
        said = "median of all seeds that fit"
        handles.append(Line2D([], [], color=ORANGE, marker="D", markersize=5, linestyle="none", label=said))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _panel(axes: Axes, group: list[Predicted]) -> None:
    quantity = group[0].quantity
    low, high = min(float(one.quantiles[0]) for one in group), max(float(one.quantiles[-1]) for one in group)
    if quantity.scale == "log" and low > 0.0:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.2, high * 1.2)
        axes.xaxis.set_major_locator(FixedLocator(decades(low / 1.2, high * 1.2)))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        margin = 0.06 * (high - low) or 0.5
        axes.set_xlim(low - margin, high + margin)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=high - low >= 3.0))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 3)))
    for row, one in enumerate(group):
        q = one.quantiles
        axes.plot([q[0], q[4]], [row, row], color=BLUE, linewidth=2.0)
        axes.plot([q[1], q[3]], [row, row], color=BLUE, linewidth=6.0, solid_capstyle="butt")
        axes.plot(q[2], row, "o", color="white", markeredgecolor=BLUE, markersize=7)
        axes.plot(one.typical[2], row, "D", color=ORANGE, markersize=5)
    axes.set_yticks(range(len(group)), [fill(one.quantity.title, 46) for one in group], fontsize=10.5)
    axes.set_ylim(len(group) - 0.5, -0.5)
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    axes.set_xlabel("ratio" if quantity.unit == "1" else quantity.unit)
