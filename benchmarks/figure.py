"""The figure of the benchmarks: what an adopter's month costs on each side, and what a search costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from benchmarks.harness import Comparison, Part, Spread, brief
from benchmarks.searching import COMPILED, PLAIN, SHORTCUT
from benchmarks.sides import AGENTPY, FLOOR, MESA, OURS, REACHED, SPARSE
from experiments.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    PURPLE,
    VERMILION,
    Look,
    entitle,
    label_ends,
    log_axis,
    new_figure,
    save,
    styled,
)
from experiments.figures.words import number

Curve = dict[float, Spread]

LOOKS = {
    OURS: Look(BLUE, "-", "o"),
    SPARSE: Look(GREEN, (0, (1, 1.2)), "s"),
    MESA: Look(VERMILION, (0, (4, 1.6)), "D"),
    AGENTPY: Look(PURPLE, (0, (4, 1.2, 1, 1.2)), "^"),
    FLOOR: Look(GREY, (0, (6, 3)), "v"),
    REACHED: Look(BLACK, (0, (1, 2)), "P"),
    SHORTCUT: Look(BLUE, "-", "o"),
    PLAIN: Look(VERMILION, (0, (4, 1.6)), "D"),
    COMPILED: Look(GREEN, (0, (1, 1.2)), "s"),
}


def draw(path: Path, diffusion: Part, search: Part) -> Path:
    """Draw both panels."""
    months, searches = month_costs(diffusion), search_costs(search)
    with styled():
        figure, (upper, lower) = new_figure(2, size=(9.0, 9.5))
        entitle(figure, title(diffusion, searches))
        _curves(upper, months, "Adopters", "Time of a month, ns per adopter")
        _curves(lower, searches, "Trials in a month of search", "Time of the search, ms")
        said = "points: medians over rounds; bars: the least and the most"
        lower.annotate(said, (0.01, 0.01), xycoords="figure fraction", color=GREY, fontsize=11)
        return save(figure, path)


def title(diffusion: Part, searches: Mapping[str, Curve]) -> str:
    """Say what was found: at the largest sizes at which ours ran with Mesa and with the floor, and over all trials."""
    mesa, floor = _largest(diffusion, MESA), _largest(diffusion, FLOOR)
    faster, above = mesa[1].ratio(MESA).median, floor[1].ratio(OURS, FLOOR).median
    first, last = min(searches[SHORTCUT]), max(searches[SHORTCUT])
    dearer = searches[SHORTCUT][last].median / searches[SHORTCUT][first].median
    return (
        f"A month of {number(mesa[0])} adopters is {brief(faster)} times as fast as in Mesa, one of {number(floor[0])} "
        f"takes {brief(above)} times the memory's floor; {number(last / first)} times the trials take {brief(dearer)} "
        "times the time"
    )


def _largest(diffusion: Part, side: str) -> tuple[float, Comparison]:
    """The largest number of adopters at which a side ran, and its comparison."""
    timed = zip(diffusion.found["stages"], diffusion.comparisons, strict=True)
    return max(((stage["adopters"], found) for stage, found in timed if side in found.seconds), key=lambda one: one[0])


def month_costs(diffusion: Part) -> dict[str, Curve]:
    """Return ns per adopter and month of each side, by adopters; where a size was timed twice, the longer run's."""
    costs: dict[str, Curve] = {}
    for stage, comparison in zip(diffusion.found["stages"], diffusion.comparisons, strict=True):
        for side in comparison.seconds:
            cost = _scaled(comparison.time(side), 1e9 / stage["adopters"])
            costs.setdefault(side, {}).setdefault(stage["adopters"], cost)
    return costs


def search_costs(search: Part) -> dict[str, Curve]:
    """Return ms a search of each side, by trials."""
    costs: dict[str, Curve] = {}
    comparisons: Sequence[Comparison] = search.comparisons[: len(search.found["trials"])]
    for trials, comparison in zip(search.found["trials"], comparisons, strict=True):
        for side in comparison.seconds:
            costs.setdefault(side, {})[trials] = _scaled(comparison.time(side), 1e3)
    return costs


def _scaled(spread: Spread, by: float) -> Spread:
    return Spread(*(by * value for value in spread))


def _curves(axes: Axes, curves: Mapping[str, Curve], x_label: str, y_label: str) -> None:
    sizes = sorted({size for curve in curves.values() for size in curve})
    ends = []
    for side, curve in curves.items():
        x, look = np.array(sorted(curve), dtype=float), LOOKS[side]
        middle, least, most = np.array([curve[size] for size in sorted(curve)]).T
        axes.errorbar(
            x, middle, yerr=(middle - least, most - middle), color=look.colour, linestyle=look.line, marker=look.marker,
            markersize=7, capsize=4, elinewidth=1.4,
        )  # fmt: skip
        ends.append((side, middle, look))
    log_axis(axes, *(np.array(curve[size]) for curve in curves.values() for size in curve))
    axes.set_xscale("log")
    axes.set_xlim(0.7 * sizes[0], 1.4 * sizes[-1])
    axes.xaxis.set_major_locator(FixedLocator([float(size) for size in sizes]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel=x_label, ylabel=y_label)
    label_ends(axes, ends)
