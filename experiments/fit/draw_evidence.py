"""Figures of what a fit is evidence for: mechanisms, typicality, and facts worth finding."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.case.setting import Floats
from experiments.figures import entitle, new_figure
from experiments.figures.style import BLUE, GREY, LIGHT, VERMILION, linear_axis
from experiments.figures.words import count, number, percent
from experiments.fit.evidence import below, share_interval, verdict
from experiments.fit.findings import Findings
from experiments.fit.report import by_strength, said_factor, said_quartiles
from experiments.text import wrapped

_MOST = 15  # facts that are shown


def lines(text: str, width: int) -> str:
    """Return text for the side of a figure, in two lines at most."""
    return "\n".join(wrapped(text, width, 2))


def draw_evidence(found: Findings) -> Figure:
    """Draw what is left of each pattern without each mechanism, and the Bayes factors beside."""
    fit, order = found.prior.fit, by_strength(found.evidence)
    still = np.array([found.luck, *(found.evidence[n].still for n in order)])
    columns = [*np.argsort(still[1:, :-1].mean(axis=0), kind="stable").tolist(), still.shape[1] - 1]
    grid = still[:, columns]
    figure, (axes,) = new_figure(size=(5.6 + 0.78 * len(columns), 3.6 + 0.6 * len(grid)))
    entitle(figure, _finding(found, order))
    _shades(axes, grid, len(found.worlds))
    titles = [*(lines(fit.case.patterns[n].title, 20) for n in columns[:-1]), "All at once"]
    axes.set_xticks(range(len(columns)), titles, rotation=38, ha="right", rotation_mode="anchor", fontsize=12)
    names = ["Nothing off, other luck", *(f"{fit.mechanisms[n].title} off" for n in order)]
    axes.set_yticks(range(len(grid)), names, fontsize=13.5)
    low, high = share_interval(0.5, len(found.worlds))
    axes.set_xlabel(
        f"Plausible worlds whose own run, which meets every pattern, still does with the mechanism off, %\n(of "
        f"{len(found.worlds)}; 95 % within {100 * (high - low) / 2:.0f} points). "
        "First row: their other seeds. Framed: clearly fewer than these."
    )
    for row, place in enumerate(order, start=1):
        one = found.evidence[place]
        factor = f"{said_factor(one.factor.estimate)} ({number(one.factor.low)} to {number(one.factor.high)})"
        _beside(axes, row, f"{factor}\n{verdict(one)}", "normal")
    _beside(axes, 0, "Bayes factor\n(95 % interval)", "bold")
    return figure


def _finding(found: Findings, order: list[int]) -> str:
    """Return what the figure of mechanisms says, in a sentence."""
    firm = [n for n in order if (said := verdict(found.evidence[n])).endswith(" for") and not said.startswith("weak")]
    total = count(len(order), "mechanism", "mechanisms")
    if not firm:
        return f"The facts speak for none of {total} more than weakly"
    fit, still = found.prior.fit, found.evidence[firm[0]].still[:-1]
    least = int(np.argmin(still))
    names = [fit.mechanisms[n].title for n in firm]
    return (
        f"More than weakly the facts speak for {len(firm)} of {total}: {', '.join(names)}. "
        f"With {names[0]} off, '{fit.case.patterns[least].title}' is left in "
        f"{percent(float(still[least]))} of worlds"
    )


def _shades(axes: Axes, grid: Floats, worlds: int) -> None:
    """Draw shares as shades and numbers, frame what is below the first row, and set row and column of totals apart."""
    axes.imshow(grid, cmap="cividis", vmin=0.0, vmax=1.0, aspect="auto")
    for (row, column), value in np.ndenumerate(grid):
        colour = "white" if value < 0.55 else "black"
        shown = "<1" if 0.0 < value < 0.01 else f"{100 * value:.0f}"
        axes.text(column, row, shown, ha="center", va="center", fontsize=14, color=colour)
        if row and below(float(value), float(grid[0, column]), worlds):
            corner = (column - 0.4, row - 0.4)
            axes.add_patch(Rectangle(corner, 0.8, 0.8, fill=False, edgecolor=VERMILION, linewidth=3.0))
    axes.axhline(0.5, color="white", linewidth=7.0)
    axes.axvline(grid.shape[1] - 1.5, color="white", linewidth=7.0)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _beside(axes: Axes, row: float, text: str, weight: str) -> None:
    axes.text(1.02, row, text, transform=axes.get_yaxis_transform(), va="center", fontsize=12, weight=weight)


def draw_typicality(found: Findings) -> Figure:
    """Draw how many worlds fit by rule and how many by luck."""
    settings = found.prior.fit.settings
    typical = found.seeds.typicality(settings.tolerance)
    figure, (axes,) = new_figure(size=(9.0, 5.0))
    entitle(
        figure, f"In the median plausible world {percent(float(np.median(typical)))} of seeds fit, in the most typical "
        f"{percent(float(typical.max()))}",
    )  # fmt: skip
    top = max(float(typical.max()), 0.01)
    counts, edges = np.histogram(100.0 * typical, np.linspace(0.0, 100.0 * top, 21))
    axes.stairs(counts, edges, fill=True, color=BLUE)
    axes.axvline(100.0 * float(np.median(typical)), color=GREY, linestyle=(0, (6, 3)), linewidth=2.0)
    axes.set_xlabel(f"typicality: seeds of a world that fit, % of {settings.seeds} (line: median)")
    axes.set_ylabel("plausible worlds")
    linear_axis(axes, counts.astype(np.float64), whole=True)
    axes.set_xlim(0.0, 100.0 * top)
    return figure


def draw_next(found: Findings) -> Figure:
    """Draw the facts that are worth most, with their intervals, and what each would be with and without a mechanism."""
    shown = found.ranked[:_MOST]
    figure, (axes,) = new_figure(size=(15.0, 2.2 + 0.66 * len(shown)))
    entitle(
        figure,
        f"Of the facts one could still look up, '{shown[0].quantity.title}' would tell the mechanisms apart best",
    )
    for row, one in enumerate(shown):
        axes.plot([one.low, one.high], [row, row], color=BLUE, linewidth=3.0)
        axes.plot(one.worth, row, "o", color=BLUE, markersize=9)
        if one.most is not None:
            with_it, without = said_quartiles(one.told[one.most])
            said = f"{found.prior.fit.mechanisms[one.most].title}: {with_it} with, {without} without"
            _beside(axes, row, said, "normal")
    _beside(axes, -0.8, "tells most of: median (quartiles) it predicts", "bold")
    axes.set_yticks(range(len(shown)), [lines(one.quantity.title, 46) for one in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlim(left=0.0)
    axes.set_xlabel(
        "expected change of the log Bayes factors by knowing it (90 % interval): mean over mechanisms,\n"
        "but those that it tells by definition; known facts are left out"
    )
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 2)))
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    return figure
