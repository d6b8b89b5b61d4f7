"""The specification curves: each claim's weakest required effect under every specification, in order of strength."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.style import GREY, LIGHT, entitle, new_figure
from experiments.propositions.draw import MARKS
from experiments.propositions.words import Data, number_of

_FARTHEST, _COLUMNS = 4.0, 3
_MISSING = (("low", -math.inf), ("strength", math.nan), ("high", math.inf))


def curves(found: list[Data]) -> Figure:
    """Draw a panel a claim."""
    rows = math.ceil(len(found) / _COLUMNS)
    columns = min(_COLUMNS, len(found))
    figure, panels = new_figure(rows, columns, size=(0.8 + 3.4 * columns, 1.3 + 3.0 * rows))
    count = sum(len({row["verdict"] for row in each["specifications"]} - {"undecided"}) > 1 for each in found)
    turned = f"{count or 'none'} of {len(found)} claims"
    entitle(figure, f"Choices that the source leaves open turn the verdict of {turned}")
    for axes, each in zip(panels, found, strict=False):
        _panel(axes, each)
    for axes in panels[len(found) :]:
        axes.set_axis_off()
    figure.supylabel("weakest effect, in smallest effects of interest", fontsize=12)
    figure.supxlabel("specifications, weakest to strongest; ○ supported  ✖ contradicted  ■ negligible  ◇ undecided\n"
                     "▲ ▼ beyond the axis   ? no estimate", fontsize=11)  # fmt: skip
    return figure


def _panel(axes: Axes, found: Data) -> None:
    axes.axhspan(-1.0, 1.0, color=LIGHT, linewidth=0)
    axes.axhline(0.0, color=GREY, linewidth=1.0)
    for n, row in enumerate(found["specifications"]):
        mark = MARKS[row["verdict"]]
        low, value, high = (number_of(row[name], missing) for name, missing in _MISSING)
        if not math.isfinite(value):
            axes.text(n, 0.0, "?", ha="center", va="center", fontsize=11)
            continue
        axes.plot([n, n], np.clip([low, high], -_FARTHEST, _FARTHEST), color=mark.colour, linewidth=1.4)
        inside = abs(value) <= _FARTHEST
        axes.plot(n, float(np.clip(value, -_FARTHEST, _FARTHEST)),
                  mark.marker if inside else "^" if value > 0.0 else "v", color=mark.colour, markersize=6,
                  markerfacecolor=mark.colour if mark.filled else "white")  # fmt: skip
    axes.set_title(found["id"], loc="left", fontsize=12, weight="bold")
    axes.set_ylim(-_FARTHEST - 0.2, _FARTHEST + 0.2)
    axes.set_xlim(-1, len(found["specifications"]))
    axes.set_xticks([])
