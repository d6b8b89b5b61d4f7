"""Figures of what a fit is evidence for: mechanisms, typicality, and facts worth finding."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.figures import entitle, new_figure
from experiments.figures.style import BLUE, GREY, LIGHT, linear_axis
from experiments.figures.words import count, number, percent
from experiments.fit.evidence import verdict
from experiments.fit.findings import Findings
from experiments.fit.report import by_strength, said_factor
from experiments.text import wrapped

_MOST = 15  # facts that are shown


def lines(text: str, width: int) -> str:
    """Return text for the side of a figure, in two lines at most."""
    return "\n".join(wrapped(text, width, 2))


def draw_evidence(found: Findings) -> Figure:
    """Draw what is left of each pattern without each mechanism, and the Bayes factors beside."""
    fit = found.prior.fit
    order = by_strength(found.evidence)
    grid = np.array([found.evidence[n].still for n in order])
    columns = np.argsort(np.nanmean(np.where(np.isfinite(grid), grid, 1.0), axis=0), kind="stable")
    size = 4.6 + 0.95 * len(columns) + 3.6, 3.4 + 0.55 * len(order)
    figure, (axes,) = new_figure(size=size)
    said = [verdict(found.evidence[n]) for n in order]
    firm = [fit.mechanisms[n].title for n, one in zip(order, said, strict=True)
            if one.endswith(" for") and not one.startswith("weak")]  # fmt: skip
    entitle(
        figure, f"The facts speak for {len(firm) or 'none'} of {count(len(order), 'mechanism', 'mechanisms')}"
        + (f" (more than weakly): {', '.join(firm)}" if firm else " more than weakly"),
    )  # fmt: skip
    axes.imshow(np.clip(grid[:, columns], 0.0, 1.0), cmap="cividis", vmin=0.0, vmax=1.0, aspect="auto")
    for row, line in enumerate(grid[:, columns]):
        for column, value in enumerate(line):
            shown = "–" if not math.isfinite(value) else f"{100 * value:.0f}"
            axes.text(
                column, row, shown, ha="center", va="center", fontsize=12, color="white" if value < 0.55 else "black"
            )
    titles = [lines(fit.case.patterns[n].title, 22) for n in columns]
    axes.set_xticks(range(len(columns)), titles, rotation=35, ha="right", rotation_mode="anchor", fontsize=11)
    axes.set_yticks(range(len(order)), [fit.mechanisms[n].title for n in order])
    axes.set_xlabel(
        "Number: seeds of the plausible worlds that meet the pattern without the mechanism, for 100 that do with it"
    )
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for row, place in enumerate(order):
        factor = found.evidence[place].factor
        interval = f"{said_factor(factor.estimate)}  ({number(factor.low)} to {number(factor.high)})"
        axes.text(
            1.02, row, f"{interval}\n{said[row]}", transform=axes.get_yaxis_transform(), va="center", fontsize=10.5
        )
    axes.text(
        1.02,
        -0.75,
        "Bayes factor (95 %)",
        transform=axes.get_yaxis_transform(),
        va="center",
        weight="bold",
        fontsize=11,
    )
    return figure


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
    """Draw the facts that are worth most, with their intervals."""
    shown = [one for one in found.worths if math.isfinite(one.worth)][:_MOST]
    names = [mechanism.title for mechanism in found.prior.fit.mechanisms]
    figure, (axes,) = new_figure(size=(13.5, 2.0 + 0.6 * len(shown)))
    entitle(
        figure,
        f"Of the facts one could still look up, '{shown[0].quantity.title}' would tell the mechanisms apart best",
    )
    for row, one in enumerate(shown):
        axes.plot([one.low, one.high], [row, row], color=BLUE, linewidth=3.0)
        axes.plot(one.worth, row, "o", color=BLUE, markersize=9)
        known = [(told.worth, name) for told, name in zip(one.told, names, strict=True) if math.isfinite(told.worth)]
        if known and max(known)[0] > 0.0:
            axes.text(
                1.01, row, f"most of: {max(known)[1]}", transform=axes.get_yaxis_transform(), va="center", fontsize=10.5
            )
    axes.set_yticks(range(len(shown)), [lines(one.quantity.title, 46) for one in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlim(left=0.0)
    axes.set_xlabel("expected change of the log Bayes factors by knowing it, mean over mechanisms (90 % interval)")
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 2)))
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    return figure
