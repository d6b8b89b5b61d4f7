"""The figure of a series: all runs by month, and split by the factor that matters most."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.analysis.compute import Analysis
from experiments.analysis.fans import Band, Fan
from experiments.figures.style import (
    LOOKS,
    Floats,
    Look,
    entitle,
    footnote,
    label_ends,
    linear_axis,
    log_axis,
    month_axis,
    new_figure,
)
from experiments.figures.words import labelled, number, reworded

_WIDE_RANGE = 30.0  # highest over lowest, from which a series is drawn on a log scale


def fan(found: Fan, analysis: Analysis) -> Figure:
    """Draw a series: its median and central 50 and 90 % over all runs, and beside it split by a factor."""
    bands = [found.whole, *found.parts]
    months = np.array(found.months, dtype=np.float64)
    values = [np.array(band.quantiles) for band in bands]
    seen = np.concatenate([each[np.isfinite(each)] for each in values])
    figure, panels = new_figure(1, 2 if found.parts else 1, size=(12.0 if found.parts else 8.0, 5.4))
    wide = bool((seen > 0.0).all() and seen.max() > _WIDE_RANGE * seen.min())
    for axes, shown in zip(panels, ([found.whole], found.parts), strict=False):
        (log_axis if wide else linear_axis)(axes, *(row for each in values for row in each))
        month_axis(axes, float(months[-1]))
        for band, look in zip(shown, (LOOKS[0],) if len(shown) == 1 else LOOKS[1:] + LOOKS[:1], strict=False):
            _draw_band(axes, months, band, look, whole=len(shown) <= 2)
        axes.set_xlabel("month")
    panels[0].set_ylabel(labelled(found.name, found.unit))
    panels[0].set_title(f"all {found.whole.runs:,} runs", loc="left", fontsize=12.5)
    if found.parts:
        panels[1].set_title(reworded(f"by {found.factor}"), loc="left", fontsize=12.5)
        label_ends(panels[1], [(band.label, np.array(band.quantiles[2]), look)
                               for band, look in zip(found.parts, LOOKS[1:] + LOOKS[:1], strict=False)])  # fmt: skip
    entitle(figure, _fan_title(found))
    why = f"{found.factor} matters most for {found.outcome}." if found.parts else ""
    light = " (left only)" if len(found.parts) > 2 else ""
    footnote(figure, f"Line: median; dark: central 50 % of runs; light: central 90 %{light}.", why, *analysis.warnings)
    return figure


def _draw_band(axes: Axes, months: Floats, band: Band, look: Look, whole: bool) -> None:
    low, lower, middle, upper, high = (np.array(row) for row in band.quantiles)
    if whole:
        axes.fill_between(months, low, high, color=look.colour, alpha=0.15, linewidth=0)
    axes.fill_between(months, lower, upper, color=look.colour, alpha=0.3, linewidth=0)
    axes.plot(months, middle, color=look.colour, linestyle=look.line)


def _fan_title(found: Fan) -> str:
    ends: Sequence[tuple[str, float]] = [
        (band.label, [value for value in band.quantiles[2] if math.isfinite(value)][-1])
        for band in (found.parts or (found.whole,))
    ]
    if not found.parts:
        return f"{found.name} ends at {number(ends[0][1])} in the median of all runs"
    low, high = min(ends, key=lambda each: each[1]), max(ends, key=lambda each: each[1])
    return (
        f"{found.name} ends at {number(low[1], 3)} in the median where {found.factor} is {low[0]}, "
        f"at {number(high[1], 3)} where it is {high[0]}"
    )
