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
from experiments.messages.language import marked, phrase
from experiments.messages.text import shortened, wrapped
from sim.outcomes import COLUMNS

_LONGEST_LABEL = 24
_LONGEST_NAME = 40
_SHARE = f"{HIGH - LOW:.0%}"
_FOCAL, _RIVALS = marked("focal"), marked("rivals")
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
        shown = [(panel.outcome, FOCAL)] + ([(panel.rival, RIVAL)] if panel.rival else [])
        _bands(axes, months, panel, [(bands, name, look) for name, look in shown])
        axes.set_ylabel(_label(panel.outcome))
    month_axis(stacked[-1], float(months[-1]))
    stacked[-1].set_xlabel(phrase("time (months)"))
    for axes, panel in zip(stacked, panels, strict=True):
        names = [(_FOCAL, panel.outcome, FOCAL), (_RIVALS, panel.rival, RIVAL)] if panel.rival else []
        label_ends(axes, [(phrase(said), bands.median[:, PLACES[name]], look) for said, name, look in names])
    footnote(
        figure,
        phrase(
            "Line: median of {seeds}; band: central {share} of seeds.",
            seeds=count(seeds, "seed", "seeds"), share=_SHARE,
        ),
    )  # fmt: skip
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
    axes[0].set_title(
        phrase("line: median; band: central {share} of seeds", share=_SHARE), loc="left", fontsize="medium"
    )
    axes[1].set_title(phrase("mean difference, {level} interval", level=f"{LEVEL:.0%}"), loc="left", fontsize="medium")
    for bottom in axes[-2:]:
        month_axis(bottom, float(months[-1]))
        bottom.set_xlabel(phrase("time (months)"))
    marks = [_handle(name, look) for name, look in zip((first, second), looks, strict=True)]
    marks.append(_handle(phrase("{second} minus {first}, seed by seed", second=second, first=first), Look(BLACK)))
    figure.legend(handles=marks, loc="outside lower center", ncols=3 if len(first + second) < 40 else 1)
    return figure


def _bands(axes: Axes, months: Floats, panel: Panel, shown: Sequence[tuple[Bands, str, Look]]) -> None:
    ends = [each[:, PLACES[name]] for bands, name, _ in shown for each in (bands.low, bands.high)]
    if not any(np.isfinite(each).any() for each in ends):
        note(axes, phrase("no data"))
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
        note(axes, phrase("no data"))
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


# Titles.


def _ending(outcome: str, bands: Bands, seeds: int) -> str:
    low, median, high = (float(each[-1, PLACES[outcome]]) for each in (bands.low, bands.median, bands.high))
    said = {"outcome": capital(in_words(outcome)), "median": number(median), "low": number(low), "high": number(high)}
    if not math.isfinite(median):
        return phrase("{outcome} has no value in the last month", **said)
    if seeds == 1:
        return phrase("{outcome} ends at {median}", **said)
    return phrase("{outcome} ends at {median} in the median seed, between {low} and {high} in nine of ten", **said)


def _difference(outcome: str, names: tuple[str, str], differences: Differences, seeds: int) -> str:
    place, (first, second) = PLACES[outcome], names
    mean, low, high = (float(each[-1, place]) for each in (differences.mean, differences.low, differences.high))
    interval = phrase(
        "{level} interval {low} to {high}, {seeds}",
        level=f"{LEVEL:.0%}", low=number(low), high=number(high), seeds=count(seeds, "paired seed", "paired seeds"),
    )  # fmt: skip
    said = {"outcome": capital(in_words(outcome)), "first": first, "second": second, "interval": interval,
            "mean": number(mean), "size": number(abs(mean))}  # fmt: skip
    return phrase(_finding(mean, low, high), **said)


def _finding(mean: float, low: float, high: float) -> str:
    """Return the sentence that a mean difference and its interval make, in English."""
    lower, answer = mean < 0.0, answer_of(mean, low, high)
    if answer == "no_value":
        return marked("{outcome} at the end cannot be compared: no seed has a value in both worlds")
    if answer == "equal":
        return marked("{outcome} at the end is the same in {first} and {second}")
    if not math.isfinite(low):
        return marked(
            "{outcome} at the end is {size} lower in {second} than in {first}; one seed gives no interval"
            if lower
            else "{outcome} at the end is {size} higher in {second} than in {first}; one seed gives no interval"
        )
    if answer == "not_told":
        return marked(
            "{outcome} at the end does not clearly differ between {first} and {second} (difference {mean}, {interval})"
        )
    return marked(
        "{outcome} at the end is {size} lower in {second} than in {first} (difference: {interval})"
        if lower
        else "{outcome} at the end is {size} higher in {second} than in {first} (difference: {interval})"
    )
