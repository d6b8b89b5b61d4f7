"""Pictures of whose doing a joint outcome is: Shapley shares of switches, and interactions of pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.style import BLACK, BLUE, GREY, LIGHT, entitle, new_figure, note
from experiments.figures.words import percent
from experiments.propositions.words import Data, number_of

_COLUMNS = 2
_STRONG = 0.55


def shares(result: Data) -> Figure:
    """Draw each switch's share of what all switches together add, a panel a measure."""
    parts: Sequence[Data] = result["attribution"]
    figure, panels = _panels(len(parts), 0.42 * len(result["switches"]) + 1.5)
    entitle(figure, _largest(parts))
    bounds = [number_of(each["share"][end]) for part in parts for each in part["switches"] for end in ("low", "high")]
    seen = [100.0 * value for value in bounds if math.isfinite(value)] or [0.0, 100.0]
    for axes, part in zip(panels, parts, strict=False):
        axes.set_title(part["name"], loc="left", fontsize=12)
        axes.axvline(0.0, color=GREY, linewidth=1.0)
        axes.set_xlim(min([*seen, 0.0]) - 5.0, max(seen) + 5.0)
        axes.set_xlabel("share of what all together add, %")
        _switches(axes, part)
    for axes in panels[len(parts) :]:
        axes.set_axis_off()
    return figure


def _switches(axes: Axes, part: Data) -> None:
    rows = list(reversed(part["switches"]))
    axes.set_yticks(range(len(rows)), [row["switch"] for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    if not rows:
        note(axes, "too few seeds have a number for it")
    for y, row in enumerate(rows):
        low, middle, high = (100.0 * number_of(row["share"][key]) for key in ("low", "estimate", "high"))
        if not math.isfinite(middle) or not math.isfinite(low) or not math.isfinite(high):
            axes.text(0.0, y, " no bounds", va="center", color=GREY, style="italic")
            continue
        axes.plot((low, high), (y, y), color=BLUE, linewidth=5, alpha=0.35, solid_capstyle="butt")
        axes.plot(middle, y, marker="o", color=BLUE, markersize=8)


def _largest(parts: Sequence[Data]) -> str:
    said = []
    for part in parts:
        known = [each for each in part["switches"] if math.isfinite(number_of(each["share"]["estimate"]))]
        if known:
            best = max(known, key=lambda each: number_of(each["share"]["estimate"]))
            said.append(f"of {part['name']} {best['switch']}'s ({percent(best['share']['estimate'])})")
    return f"The largest share is, {', '.join(said)}" if said else "No share can be told"


def interactions(result: Data) -> Figure:
    """Draw the interaction of each pair as a share of what all switches together add, a map a measure."""
    parts: Sequence[Data] = result["attribution"]
    figure, panels = _panels(len(parts), 0.58 * len(result["switches"]) + 1.4)
    values = [number_of(pair["share"]["estimate"]) for part in parts for pair in part["pairs"]]
    most = max((abs(value) for value in values if math.isfinite(value)), default=1.0) or 1.0
    entitle(figure, _pairs_title(parts))
    for axes, part in zip(panels, parts, strict=False):
        axes.set_title(part["name"], loc="left", fontsize=12)
        _map(axes, part, result["switches"], most)
    for axes in panels[len(parts) :]:
        axes.set_axis_off()
    return figure


def _pairs_title(parts: Sequence[Data]) -> str:
    pairs = [pair for part in parts for pair in part["pairs"]]
    up = sum(number_of(pair["value"]["low"], -math.inf) > 0.0 for pair in pairs)
    down = sum(number_of(pair["value"]["high"], math.inf) < 0.0 for pair in pairs)
    return (
        f"Of {len(pairs)} pairs, each seen by itself, {up} clearly reinforce each other and {down} replace each other"
    )


def _map(axes: Axes, part: Data, switches: Sequence[str], most: float) -> None:
    k = len(switches)
    grid = np.full((k, k), np.nan)
    axes.set_xticks(range(k), switches, rotation=30, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(k), switches)
    axes.tick_params(length=0)
    axes.set_xlim(-0.5, k - 1.5)
    axes.set_ylim(k - 0.5, 0.5)
    axes.spines[:].set_visible(False)
    if not part["pairs"]:
        note(axes, "too few seeds have a number for it")
    for pair in part["pairs"]:
        i, j = (switches.index(name) for name in pair["switches"])
        value = number_of(pair["share"]["estimate"])
        grid[j, i] = value
        if math.isfinite(value):
            clear = number_of(pair["value"]["low"], -math.inf) > 0.0 or number_of(pair["value"]["high"], math.inf) < 0.0
            colour = "white" if abs(value) > _STRONG * most else BLACK if clear else GREY
            weight = "bold" if clear else "normal"
            axes.text(i, j, f"{round(100.0 * value) + 0:d}", ha="center", va="center", color=colour, weight=weight)
    axes.imshow(grid, cmap="PuOr_r", vmin=-most, vmax=most, aspect="auto", zorder=0)
    axes.set_xlabel("% of what all together add; bold: clear", fontsize=11)


def _panels(count: int, height: float) -> tuple[Figure, list[Axes]]:
    rows = -(-count // _COLUMNS)
    return new_figure(rows, min(_COLUMNS, count), size=(10.5, 0.9 + rows * height))
