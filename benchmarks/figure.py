"""The figure of the benchmarks: what an adopter's month costs on each side, and what a default run costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from benchmarks.harness import Comparison, Part, Spread, brief
from benchmarks.sides import FLOOR, MESA, OURS, REACHED, SPARSE
from benchmarks.whole import CALL, REFERENCE, STEPS
from experiments.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
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
    FLOOR: Look(GREY, (0, (6, 3)), "v"),
    REACHED: Look(BLACK, (0, (1, 2)), "P"),
}


def draw(path: Path, adopters: Part, whole: Part) -> Path:
    """Draw both panels."""
    with styled():
        figure, (upper, lower) = new_figure(2, size=(9.0, 9.5))
        entitle(figure, title(adopters, whole))
        _curves(upper, month_costs(adopters), "Adopters", "Time of a month, ns per adopter")
        _bars(lower, whole.comparisons[0])
        said = "points and bars: medians over rounds; whiskers: the least and the most"
        lower.annotate(said, (0.01, 0.01), xycoords="figure fraction", color=GREY, fontsize=11)
        return save(figure, path)


def title(adopters: Part, whole: Part) -> str:
    """Say what was found: at the largest sizes at which ours ran with Mesa and with the floor, and of whole runs."""
    mesa, floor, runs = _largest(adopters, MESA), _largest(adopters, REACHED), whole.comparisons[0]
    faster, above = mesa[1].ratio(MESA).median, floor[1].ratio(OURS, REACHED).median
    return (
        f"A default run is {brief(runs.ratio(REFERENCE, STEPS).median)} times as fast as in Mesa step by step, "
        f"{brief(runs.ratio(REFERENCE, CALL).median)} times in one call; a month of {number(mesa[0])} adopters "
        f"{brief(faster)} times, and one of {number(floor[0])} takes {brief(above)} times the floor with changes"
    )


def _largest(adopters: Part, side: str) -> tuple[float, Comparison]:
    """The largest number of adopters at which a side ran, and its comparison."""
    timed = zip(adopters.found["stages"], adopters.comparisons, strict=False)
    return max(((stage["adopters"], found) for stage, found in timed if side in found.seconds), key=lambda one: one[0])


def month_costs(adopters: Part) -> dict[str, Curve]:
    """Return ns per adopter and month of each side, by adopters; where a size was timed twice, the longer run's."""
    costs: dict[str, Curve] = {}
    for stage, comparison in zip(adopters.found["stages"], adopters.comparisons, strict=False):
        for side in comparison.seconds:
            cost = _scaled(comparison.time(side), 1e9 / stage["adopters"])
            costs.setdefault(side, {}).setdefault(stage["adopters"], cost)
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


def _bars(axes: Axes, timed: Comparison) -> None:
    sides = list(reversed(timed.seconds))
    middle, least, most = 1e3 * np.array([timed.time(side) for side in sides]).T
    axes.barh(sides, middle, xerr=(middle - least, most - middle), color=BLUE, height=0.5, capsize=4)
    axes.set_xscale("log")
    axes.set(xlabel="Time of a default run, ms")
