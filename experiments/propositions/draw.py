"""Pictures of claims: an overview of all, and for each its effects beside what is too small to matter, and its arms.

A picture computes nothing: it draws results (``pipeline.decide``), in the words and units of ``words``.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, NullLocator

from experiments.figures.lettering import drawable
from experiments.figures.style import (
    BLUE,
    GREEN,
    GREY,
    LIGHT,
    ORANGE,
    VERMILION,
    entitle,
    linear_axis,
    log_axis,
    new_figure,
    note,
)
from experiments.figures.words import NBSP
from experiments.propositions.answers import arm_words, counts, deciding, shown
from experiments.propositions.words import EFFECT_WORDS, Data, Natural, bare, in_sesoi, natural, number_of
from experiments.text import shortened, wrapped

_FARTHEST = 4.0  # in smallest effects of interest; what lies beyond is an arrow
_MOST_ARMS, _SOME_ARMS, _FEW_ARMS = 16, 4, 6
_MOST_LINES, _LONGEST_WORD = 4, 20


class Mark(NamedTuple):
    """How a verdict is drawn, for who sees no colour by its shape."""

    colour: str
    marker: str
    filled: bool = True


MARKS = {
    "supported": Mark(BLUE, "o"),
    "contradicted": Mark(VERMILION, "X"),
    "negligible": Mark(ORANGE, "s"),
    "undecided": Mark(GREY, "D", filled=False),
}
_ZONES = (("contradicted", -_FARTHEST, -1.0), ("negligible", -1.0, 1.0), ("supported", 1.0, _FARTHEST))


# All claims.


def overview(results: Sequence[Data]) -> Figure:
    """Draw every required effect in units of its smallest effect of interest, under the name of its claim."""
    rows = sum(1 + len(_required(result)) for result in results)
    figure, (axes,) = new_figure(size=(10.5, 2.2 + 0.34 * rows))
    entitle(figure, f"Of {len(results)} claims: {counts(results)}" if len(results) > 1 else _finding(results[0]))
    for kind, left, right in _ZONES:
        axes.axvspan(left, right, color=MARKS[kind].colour, alpha=0.10, linewidth=0)
        words = "\n".join(wrapped(EFFECT_WORDS[kind], 10))
        axes.text(0.5 * (left + right), -1.3, words, ha="center", va="center", color=GREY, fontsize=11)
    y, names = 0, []
    for result in results:
        if y:
            axes.axhline(y - 0.5, color=LIGHT, linewidth=0.8)
        _heading(axes, result, y)
        for effect in _required(result):
            y += 1
            names.append((y, shortened(effect["name"], 46)))
            _interval(axes, y, *in_sesoi(effect), effect["verdict"], (-_FARTHEST, _FARTHEST))
        y += 1
    axes.set_yticks([at for at, _ in names], [name for _, name in names])
    axes.set_ylim(y - 0.5, -2.1)
    axes.plot((0.0, 0.0), (-0.5, y), color=GREY, linewidth=1.0, zorder=0.8)
    axes.set_xlim(-_FARTHEST, _FARTHEST)
    axes.tick_params(axis="y", length=0, pad=12)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("effect, in units of the smallest effect of interest (positive: as claimed)")
    return figure


def _heading(axes: Axes, result: Data, y: float) -> None:
    across = axes.get_yaxis_transform()
    title = f"{result['id']}  {shortened(result['title'], 52)}"
    axes.text(-0.03, y, title, transform=across, ha="right", va="center", weight="bold", fontsize=11.5)
    colour = MARKS[result["verdict"]].colour
    axes.text(1.02, y, result["verdict"], transform=across, ha="left", va="center", weight="bold", color=colour)


def _required(result: Data) -> list[Data]:
    return [effect for effect in result["effects"] if effect["required"]]


def _finding(result: Data) -> str:
    effect = deciding(result)
    after = " after the correction for several claims" if result.get("struck") else ""
    return bare(f"{result['id']} is {result['verdict']}{after}: {effect['name']}, {shown(result, effect)}")


def _interval(
    axes: Axes, y: float, estimate: float, low: float, high: float, verdict: str, limits: tuple[float, float]
) -> None:
    """Draw an interval that ends in arrows where it leaves the axis."""
    mark, (left, right) = MARKS[verdict], limits
    ends = max(low, left), min(high, right)
    if math.isnan(estimate):
        axes.text(0.5 * (left + right), y, "no estimate", ha="center", va="center", color=GREY, style="italic")
        return
    if ends[0] <= ends[1]:
        axes.plot(ends, (y, y), color=mark.colour, linewidth=2.4, solid_capstyle="butt", zorder=2)
    for beyond, at, arrow in ((low < left, left, "<"), (high > right, right, ">")):
        if beyond:
            axes.plot(at, y, marker=arrow, color=mark.colour, markersize=9, clip_on=False, zorder=3)
    if left <= estimate <= right:
        axes.plot(
            estimate, y, marker=mark.marker, markersize=8.5, color=mark.colour, markeredgewidth=1.8, zorder=4,
            markerfacecolor=mark.colour if mark.filled else "white",
        )  # fmt: skip


# One claim.


def claim(result: Data) -> Figure:
    """Draw a claim's effects in natural units, those of one unit on one axis, and below them its arms."""
    groups = _groups(result)
    heights = [0.62 * len(group) + 0.75 for group in groups]
    size = (10.0, 1.2 + sum(heights) + 3.2)
    figure, panels = new_figure(len(groups) + 1, size=size, heights=[*heights, 3.2])
    entitle(figure, _finding(result))
    for axes, group in zip(panels, groups, strict=False):
        _effects(axes, result, group)
    _arms(panels[-1], result)
    return figure


def _natural(result: Data, effect: Data) -> Natural:
    return natural(effect, result["estimands"].get(effect["name"]), result["measures"])


def _groups(result: Data) -> list[list[Data]]:
    """Return the effects by what axis they can share: percent of any kind, ratios, elasticities around one value."""
    found: dict[tuple[str, float, bool], list[Data]] = {}
    for effect in sorted(result["effects"], key=lambda each: not each["required"]):
        n = _natural(result, effect)
        unit = "%" if n.unit.startswith("%") else n.unit
        found.setdefault((unit, n.nothing, n.ratio), []).append(effect)
    return list(found.values())


def _effects(axes: Axes, result: Data, group: Sequence[Data]) -> None:
    found = [_natural(result, effect) for effect in group]
    limits = _limits(found)
    if found[0].ratio:
        log_ticks(axes, "x", *limits)
    axes.set_xlim(*limits)
    axes.axvline(found[0].nothing, color=GREY, linewidth=1.0)
    for y, (effect, n) in enumerate(zip(group, found, strict=True)):
        left, right = max(n.zone[0], limits[0]), min(n.zone[1], limits[1])
        axes.add_patch(Rectangle((left, y - 0.38), right - left, 0.76, color=LIGHT, linewidth=0, zorder=0.5))
        _interval(axes, y, n.estimate, n.low, n.high, effect["verdict"], limits)
        said = f"{shown(result, effect)}\n{EFFECT_WORDS[effect['verdict']]}"
        axes.text(
            1.02, y, said, transform=axes.get_yaxis_transform(), va="center", fontsize=10.5,
            color=MARKS[effect["verdict"]].colour,
        )  # fmt: skip
    names = ["\n".join(_lines(e["name"] + ("" if e["required"] else f" (not{NBSP}required)"), 34)) for e in group]
    axes.set_yticks(range(len(group)), names)
    axes.set_ylim(len(group) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0, labelsize=10.5)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(_axis_name(group[0], found[0]), fontsize=11)


def _axis_name(effect: Data, n: Natural) -> str:
    names = {"%": "%", "times": "times as often first (hazard ratio)", "": effect["unit"]}
    unit = names.get("%" if n.unit.startswith("%") else n.unit, n.unit)
    return f"{unit}; grey: too small to matter"


def _lines(name: str, width: int) -> list[str]:
    return wrapped(drawable(name), width, _MOST_LINES)


def _limits(found: Sequence[Natural]) -> tuple[float, float]:
    """Return limits that hold all finite ends, with a margin; on a ratio's axis above 0."""
    ends = [value for n in found for value in (n.estimate, n.low, n.high, *n.zone, n.nothing)]
    seen = [
        value for value in ends if math.isfinite(value) and abs(value) < 1e12 and (value > 0.0 or not found[0].ratio)
    ]
    low, high = min(seen), max(seen)
    if found[0].ratio:
        return low / 1.25, high * 1.25
    margin = 0.06 * (high - low)
    return low - margin, high + margin


def log_ticks(axes: Axes, which: str, low: float, high: float) -> None:
    """Make an axis logarithmic with plain numbers on it: 0.1, 0.2, 0.5, 1, or only decades if they are many."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1.0, 2.0, 5.0) if math.log10(high / low) < 2.3 else (1.0,)
    ticks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_locator(NullLocator())


def _arms(axes: Axes, result: Data) -> None:
    """Draw median and quartiles of the deciding effect's measure in each arm; over doses as a curve."""
    estimand = result["estimands"][deciding(result)["name"]]
    measure = estimand["measure"]
    rows = [row for row in result["arms"] if row["measure"] == measure]
    if len(rows) > _MOST_ARMS:
        named = [row["arm"] for row in rows if row["never"] < result["seeds"]]
        compared = [arm for arm in result["channels"]["arms"] if arm in named] or named[:_SOME_ARMS]
        rows = [row for row in rows if row["arm"] in compared]
    low, middle, high = (np.array([number_of(row[key]) for row in rows]) for key in ("low", "median", "high"))
    known = np.isfinite(middle) & np.isfinite(low) & np.isfinite(high)
    told = result["measures"][measure]
    axes.set_title(f"{told['label']} ({told['unit']})", loc="left", fontsize=11)
    if not known.any():
        note(axes, "no arm has a number for it")
        axes.set_yticks([])
    else:
        (log_axis if _on_logs(estimand, low[known]) else linear_axis)(axes, low[known], middle[known], high[known])
        x = np.flatnonzero(known)
        errors = (middle - low)[known], (high - middle)[known]
        line = "-" if result["design"] == "dose" else "none"
        axes.errorbar(
            x, middle[known], yerr=errors, fmt="o", linestyle=line, color=GREEN, markersize=8, linewidth=1.6,
            elinewidth=5, ecolor="#99D8C7", zorder=3,
        )  # fmt: skip
    _name_arms(axes, result, rows)


def _on_logs(estimand: Data, low: np.ndarray) -> bool:
    return estimand["scales"][0] == "log" and bool((low > 0.0).all())


def _name_arms(axes: Axes, result: Data, rows: Sequence[Data]) -> None:
    names, width = [], 14 if len(rows) <= _FEW_ARMS else 7
    for row in rows:
        name = row["arm"] if result["design"] == "dose" else bare(arm_words(result, row["arm"]))
        never = f"\nnever: {row['never']}" if row["never"] else ""
        words = " ".join(shortened(word, _LONGEST_WORD) for word in name.replace("_", " ").split())
        names.append(textwrap.fill(words, width, break_long_words=False) + never)
    axes.set_xticks(range(len(rows)), names, fontsize=10.5 if len(rows) <= _FEW_ARMS else 9.5)
    axes.set_xlim(-0.5, max(len(rows), 2) - 0.5)
    what = result["dose"] if result["design"] == "dose" else "arm"
    axes.set_xlabel(f"{what}; median and quartiles over seeds", fontsize=11)
