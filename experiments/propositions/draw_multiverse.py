"""The specification curves: each claim's weakest required effect under every specification, in order of strength."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.style import GREY, LIGHT, entitle, new_figure
from experiments.propositions.draw import MARKS
from experiments.propositions.words import Data

_FARTHEST, _COLUMNS = 4.0, 3


def curves(found: list[Data]) -> Figure:
    """Draw a panel a claim."""
    rows = math.ceil(len(found) / _COLUMNS)
    columns = min(_COLUMNS, len(found))
    figure, panels = new_figure(rows, columns, size=(0.8 + 3.4 * columns, 1.3 + 3.0 * rows))
    steady = sum(len({row["verdict"] for row in each["specifications"]}) == 1 for each in found)
    entitle(figure, f"Choices that the source leaves open change no verdict of {steady} of {len(found)} claims")
    for axes, each in zip(panels, found, strict=False):
        _panel(axes, each)
    for axes in panels[len(found) :]:
        axes.set_axis_off()
    figure.supylabel("weakest effect, in smallest effects of interest", fontsize=12)
    figure.supxlabel("specifications, weakest to strongest; ○ supported  ✖ contradicted  ■ negligible  ◇ undecided",
                     fontsize=11)  # fmt: skip
    return figure


def _panel(axes: Axes, found: Data) -> None:
    axes.axhspan(-1.0, 1.0, color=LIGHT, linewidth=0)
    axes.axhline(0.0, color=GREY, linewidth=1.0)
    for n, row in enumerate(found["specifications"]):
        mark = MARKS[row["verdict"]]
        low, value, high = (
            float(np.clip(row[name] if row[name] is not None else 0.0, -_FARTHEST, _FARTHEST))
            for name in ("low", "strength", "high")
        )
        axes.plot([n, n], [low, high], color=mark.colour, linewidth=1.4)
        axes.plot(n, value, mark.marker, color=mark.colour, markersize=6,
                  markerfacecolor=mark.colour if mark.filled else "white")  # fmt: skip
    axes.set_title(found["id"], loc="left", fontsize=12, weight="bold")
    axes.set_ylim(-_FARTHEST - 0.2, _FARTHEST + 0.2)
    axes.set_xticks([])
