"""Figures of bands: one world by month, and two worlds with their paired difference beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.bands.numbers import HIGH, LEVEL, LOW, Bands, Differences, Floats, answer_of
from experiments.figures.lettering import drawable
from experiments.figures.style import (
    BLACK,
    FOCAL,
    GREY,
    LIGHT,
    RIVAL,
    Look,
    entitle,
    footnote,
    label_ends,
    line,
    linear_axis,
    log_axis,
    month_axis,
    new_figure,
    note,
)
from experiments.figures.words import capital, count, in_words, labelled, number
from experiments.text import shortened, wrapped
from sim.outcomes import COLUMNS

_LONGEST_LABEL = 24
_LONGEST_NAME = 40
PLACES = {column.name: place for place, column in enumerate(COLUMNS)}
_UNITS = {column.name: column.unit for column in COLUMNS}


class Panel(NamedTuple):
    """An outcome, that of the rivals beside it where there is one, and how its axis runs."""

    outcome: str
    rival: str = ""
    log: bool = False
    whole: bool = False


FIGURES: dict[str, tuple[Panel, ...]] = {
    "costs": (
        Panel("unit_cost", "rival_unit_cost", log=True),
        Panel("average_rd_cost"),
        Panel("capability", "rival_capability"),
    ),
    "flywheel": (Panel("trial_price", "rival_trial_price", log=True), Panel("loop_gain"), Panel("reuse_share")),
    "adoption": (Panel("users", "rival_users", whole=True), Panel("adopted_openness")),
    "commons": (
        Panel("commons_cost", log=True),
        Panel("cost_of_use", "rival_cost_of_use"),
        Panel("contributors", whole=True),
    ),
    "innovation": (
        Panel("independent", "rival_independent", whole=True),
        Panel("integrated", whole=True),
        Panel("absorptive_capacity"),
    ),
}


def draw_bands(panels: Sequence[Panel], bands: Bands, seeds: int) -> Figure:
    """Draw outcomes of one world by month: the median over seeds, and the band."""
    figure, stacked = new_figure(len(panels), size=(8.0, 1.0 + 2.2 * len(panels)), share_x=True)
    months = np.arange(1.0, len(bands.median) + 1.0)
    entitle(figure, _ending(panels[0].outcome, bands, seeds))
    for axes, panel in zip(stacked, panels, strict=True):
        shown = [("focal", panel.outcome, FOCAL)] + ([("rivals", panel.rival, RIVAL)] if panel.rival else [])
        _bands(axes, months, panel, [(bands, name, look) for _, name, look in shown])
        axes.set_ylabel(_label(panel.outcome))
    month_axis(stacked[-1], float(months[-1]))
    stacked[-1].set_xlabel("time (months)")
    for axes, panel in zip(stacked, panels, strict=True):
        names = [("focal", panel.outcome, FOCAL), ("rivals", panel.rival, RIVAL)] if panel.rival else []
        label_ends(axes, [(said, bands.median[:, PLACES[name]], look) for said, name, look in names])
    footnote(figure, f"Line: median of {count(seeds, 'seed', 'seeds')}; band: {_share()} of seeds.")
    return figure


def draw_comparison(
    panels: Sequence[Panel], names: Sequence[str], bands: Sequence[Bands], differences: Differences, seeds: int
) -> Figure:
    """Draw outcomes of two worlds by month, and beside them the mean of the paired differences with its interval."""
    figure, axes = new_figure(len(panels), 2, size=(11.0, 1.4 + 2.3 * len(panels)), share_x=True)
    first, second = (shortened(drawable(name), _LONGEST_NAME) for name in names)
    months = np.arange(1.0, len(differences.mean) + 1.0)
    entitle(figure, _difference(panels[0].outcome, (first, second), differences, seeds))
    looks = (FOCAL, RIVAL)
    for panel, left, right in zip(panels, axes[::2], axes[1::2], strict=True):
        _bands(left, months, panel, [(each, panel.outcome, look) for each, look in zip(bands, looks, strict=True)])
        left.set_ylabel(_label(panel.outcome))
        _interval(right, months, differences, PLACES[panel.outcome])
    axes[0].set_title(f"line: median; band: {_share()} of seeds", loc="left", fontsize="medium")
    axes[1].set_title(f"mean difference, {LEVEL:.0%} interval", loc="left", fontsize="medium")
    for bottom in axes[-2:]:
        month_axis(bottom, float(months[-1]))
        bottom.set_xlabel("time (months)")
    marks = [_handle(name, look) for name, look in zip((first, second), looks, strict=True)]
    marks.append(_handle(f"{second} minus {first}, seed by seed", Look(BLACK)))
    figure.legend(handles=marks, loc="outside lower center", ncols=3 if len(first + second) < 40 else 1)
    return figure


def _bands(axes: Axes, months: Floats, panel: Panel, shown: Sequence[tuple[Bands, str, Look]]) -> None:
    ends = [each[:, PLACES[name]] for bands, name, _ in shown for each in (bands.low, bands.high)]
    if not any(np.isfinite(each).any() for each in ends):
        note(axes, "no data")
    if panel.log:
        log_axis(axes, *ends)
    else:
        linear_axis(axes, *ends, whole=panel.whole)
    for bands, name, look in shown:
        place = PLACES[name]
        axes.fill_between(months, bands.low[:, place], bands.high[:, place], color=look.colour, alpha=0.2, linewidth=0)
        line(axes, months, bands.median[:, place], look)


def _interval(axes: Axes, months: Floats, differences: Differences, place: int) -> None:
    mean, low, high = (each[:, place] for each in (differences.mean, differences.low, differences.high))
    if not np.isfinite(mean).any():
        note(axes, "no data")
    linear_axis(axes, mean, low, high)
    axes.fill_between(months, low, high, color=BLACK, alpha=0.2, linewidth=0)
    line(axes, months, mean, Look(BLACK))
    axes.axhline(0.0, color=GREY, linewidth=1.0, zorder=0.5)
    axes.grid(axis="y", color=LIGHT, linewidth=0.6)


def _label(outcome: str) -> str:
    said = labelled(in_words(outcome), _UNITS[outcome])
    return "\n".join(wrapped(said, _LONGEST_LABEL))


def _handle(name: str, look: Look) -> Line2D:
    return Line2D([], [], color=look.colour, linestyle=look.line, label=name)


def _share() -> str:
    return f"central {HIGH - LOW:.0%}"


# Titles.


def _ending(outcome: str, bands: Bands, seeds: int) -> str:
    low, median, high = (float(each[-1, PLACES[outcome]]) for each in (bands.low, bands.median, bands.high))
    said = capital(in_words(outcome))
    if not math.isfinite(median):
        return f"{said} has no value in the last month"
    if seeds == 1:
        return f"{said} ends at {number(median)}"
    return (
        f"{said} ends at {number(median)} in the median seed, between {number(low)} and {number(high)} in nine of ten"
    )


def _difference(outcome: str, names: tuple[str, str], differences: Differences, seeds: int) -> str:
    place, (first, second) = PLACES[outcome], names
    mean, low, high = (float(each[-1, place]) for each in (differences.mean, differences.low, differences.high))
    said = f"{capital(in_words(outcome))} at the end"
    answer = answer_of(mean, low, high)
    if answer == "no_value":
        return f"{said} cannot be compared: no seed has a value in both worlds"
    if answer == "equal":
        return f"{said} is the same in {first} and {second}"
    interval = f"{LEVEL:.0%} interval {number(low)} to {number(high)}, {count(seeds, 'paired seed', 'paired seeds')}"
    if not math.isfinite(low):
        return f"{said} is {number(abs(mean))} {_way(mean)} in {second} than in {first}; one seed gives no interval"
    if answer == "not_told":
        return f"{said} does not clearly differ between {first} and {second} (difference {number(mean)}, {interval})"
    return f"{said} is {number(abs(mean))} {_way(mean)} in {second} than in {first} (difference: {interval})"


def _way(difference: float) -> str:
    return "lower" if difference < 0.0 else "higher"
