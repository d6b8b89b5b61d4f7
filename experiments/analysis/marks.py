"""What the figures of an analysis share: axes of factors, means with their intervals, and the note below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from experiments.analysis.groups import Axis
from experiments.analysis.intervals import Estimate
from experiments.figures.lettering import drawable
from experiments.figures.rows import Ticks
from experiments.figures.style import BLACK, GREY, LIGHT, Look
from experiments.text import wrapped

_MOST_LINES = 4  # of one part of a note


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
