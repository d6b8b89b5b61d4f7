"""Pictures of where a claim holds: its verdict over the two parameters that decide most, and how much each decides."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from experiments.figures.style import BLACK, BLUE, GREY, LIGHT, entitle, new_figure
from experiments.propositions.answers import CELL_WORDS, region_short
from experiments.propositions.draw import MARKS, log_ticks
from experiments.propositions.words import EFFECT_WORDS, Data, number_of
from experiments.text import shortened

_LETTERS = "abcdefghij"
_EDGE = 0.6  # of the lowest value of a log axis: where 0 is marked


def region(result: Data) -> Figure:
    """Draw the phase diagram, and the indices of all parameters with their intervals if there are any."""
    found = result["region"]
    figure, panels = new_figure(1, 2, size=(12.0, 6.6)) if found["indices"] else new_figure(size=(8.0, 6.6))
    phase = panels[0]
    held = sum(place["verdict"] == "supported" for place in found["places"])
    entitle(
        figure,
        f"{result['id']} holds at {held} of {len(found['places'])} places: {region_short(result)} of its region"
        + _strongest(found),
    )
    _phase(phase, result)
    if found["indices"]:
        _bars(panels[1], found)
    handles, labels = phase.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower left",
        ncols=3 if found["indices"] else 2,
        columnspacing=1.4,
        handletextpad=0.4,
    )
    return figure


def _strongest(found: Data) -> str:
    clear = [each for each in found["indices"] if each["low"] > 0.0 or each["high"] < 0.0]
    if not found["indices"]:
        return ""
    if not clear:
        return "; no parameter clearly decides its strength"
    return f"; it gets {'stronger' if clear[0]['index'] > 0.0 else 'weaker'} with {clear[0]['key']}"


def _phase(axes: Axes, result: Data) -> None:
    found = result["region"]
    factors = {factor["key"]: factor for factor in found["parameters"]}
    x, y = (factors[key] for key in found["axes"])
    for verdict, mark in MARKS.items():
        points = [place["values"] for place in found["places"] if place["verdict"] == verdict]
        axes.plot(
            [_position(x, point[x["key"]]) for point in points], [_position(y, point[y["key"]]) for point in points],
            linestyle="none", marker=mark.marker, color=mark.colour, markersize=10, markeredgewidth=1.8,
            markerfacecolor=mark.colour if mark.filled else "white", zorder=3,
            label=f"{EFFECT_WORDS[verdict]} ({len(points)})",
        )  # fmt: skip
    _spot(axes, (x, y), result["base"], "*", 19, "base world")
    for letter, cell in zip(_LETTERS, result["boundary"], strict=False):
        if set(cell["changes"]) & {x["key"], y["key"]}:
            label = (
                f"{letter}: {shortened(cell['name'], 40)} ({CELL_WORDS[cell['outcome']].split(',')[0].split(':')[0]})"
            )
            _spot(axes, (x, y), {**result["base"], **cell["changes"]}, _marker(letter), 13, label)
    _axis(axes, x, "x")
    _axis(axes, y, "y")


def _marker(letter: str) -> Path:
    """Return a letter as a mark around its middle."""
    path = TextPath((0.0, 0.0), letter)
    left, bottom, right, top = path.get_extents().extents
    return path.transformed(Affine2D().translate(-0.5 * (left + right), -0.5 * (bottom + top)))


def _spot(axes: Axes, factors: tuple[Data, Data], values: Data, marker: str | Path, size: float, label: str) -> None:
    """Mark one world; at the edge of an axis whose logarithms have no place for it."""
    x, y = (_position(factor, values[factor["key"]]) for factor in factors)
    if any(factor["scale"] == "log" and float(values[factor["key"]]) <= 0.0 for factor in factors):
        label += ", off the axis"
    if math.isfinite(x) and math.isfinite(y):
        axes.plot(x, y, linestyle="none", marker=marker, color=BLACK, markersize=size, label=label, zorder=5)


def _position(factor: Data, value: Any) -> float:
    if factor["values"] is not None:
        listed = [json.dumps(each) for each in factor["values"]]
        return float(listed.index(json.dumps(value))) if json.dumps(value) in listed else math.nan
    number = float(value)
    return number if factor["scale"] != "log" or number > 0.0 else float(factor["low"]) * _EDGE


def _axis(axes: Axes, factor: Data, which: str) -> None:
    if factor["values"] is not None:
        shown = [str(value) for value in factor["values"]]
        limits = (-0.5, len(shown) - 0.5)
        axes.set(**{f"{which}ticks": range(len(shown)), f"{which}ticklabels": shown, f"{which}lim": limits})
    elif factor["scale"] == "log":
        log_ticks(axes, which, float(factor["low"]), float(factor["high"]))
    unit = "" if factor["unit"] in ("", "1", "switch", "choice") else f" ({factor['unit']})"
    axes.set(**{f"{which}label": f"{factor['key']}{unit}"})
    axes.grid(color=LIGHT, linewidth=0.6)


def _bars(axes: Axes, found: Data) -> None:
    rows: Sequence[Data] = list(reversed(found["indices"]))
    axes.axvline(0.0, color=GREY, linewidth=1.0)
    axes.set_xlabel("how strength goes with it: rank regression\ncoefficient, -1 to 1, with 95 % interval")
    index, low, high = (np.array([number_of(row[key]) for row in rows]) for key in ("index", "low", "high"))
    clear = (low > 0.0) | (high < 0.0)
    y = np.arange(len(rows))
    axes.barh(y, index, height=0.55, color=np.where(clear, BLUE, LIGHT).tolist(), zorder=2)
    axes.hlines(y, low, high, color=BLACK, linewidth=1.8, zorder=3)
    axes.set_yticks(y, [row["key"].replace(".", ".\n") for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(-1.05, 1.05)
