"""The figure of the case: each fact with its plausible range, and what the seeds gave."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from experiments.case.patterns import Floats, Pattern
from experiments.case.runs import MAJORITY, CaseResult, met_in_words
from experiments.figures.style import BLACK, BLUE, GREEN, LIGHT, SKY, VERMILION, entitle, new_figure
from experiments.figures.words import count, number, percent
from experiments.messages.language import marked, named, phrase

_PLAIN = ("difference", "order", "yes-no")  # kinds on a linear axis; the others are ratios or durations
_MET = marked("met: {share} of seeds within the plausible range")
_NOT_MET = marked("not met: {share} of seeds within the plausible range")
_FAR_DOWN, _FAR_UP = 1.0 / 30.0, 30.0  # times the fact: seeds beyond are drawn as arrows at the edge


def draw_patterns(result: CaseResult) -> Figure:
    """Draw a strip for each pattern: the fact, its plausible range, and a dot for each seed."""
    patterns, shares, spread = result.case.patterns, result.shares(), result.spread()
    rows = -(-len(patterns) // 2)
    figure, strips = new_figure(rows, 2, size=(12.0, 2.5 * rows))
    missed = [pattern.name for pattern, share in zip(patterns, shares, strict=True) if share < MAJORITY]
    met = met_in_words(result)
    entitle(figure, phrase("{met}; missed: {names}", met=met, names=", ".join(missed)) if missed else met)
    for axes in strips[len(patterns) :]:
        axes.set_axis_off()
    for place, (axes, pattern) in enumerate(zip(strips, patterns, strict=False)):
        share = shares[place]
        _strip(axes, pattern, result.values[:, place], float(spread[place][0]))
        axes.set_title(named("patterns", pattern.title), loc="left", fontsize=12.5, weight="bold", pad=24)
        said, colour = (_MET, GREEN) if share >= MAJORITY else (_NOT_MET, VERMILION)
        axes.text(0.0, 1.04, phrase(said, share=percent(share)), transform=axes.transAxes, color=colour, fontsize=11.5,
                  weight="bold")  # fmt: skip
    figure.legend(handles=_legend(len(result.values)), loc="outside lower center", ncols=4)
    return figure


def _strip(axes: Axes, pattern: Pattern, seen: Floats, median: float) -> None:
    known = finite = np.sort(seen[np.isfinite(seen)])
    if pattern.kind in _PLAIN:
        _linear(axes, pattern, finite)
    else:
        finite = np.clip(known, _FAR_DOWN * pattern.fact, _FAR_UP * pattern.fact)
        _logarithmic(axes, pattern, finite)
    low, high = (float(end) for end in pattern.plausible(2.0))
    left, right = axes.get_xlim()
    if pattern.kind == "yes-no":
        low, high = low - 0.25, high + 0.25
    axes.axvspan(max(low, left), min(high, right), color=SKY, alpha=0.35, linewidth=0, zorder=0)
    heights = 0.12 + 0.55 * (np.arange(finite.size) * 0.618034 % 1.0)  # spread evenly, and the same each time
    for marker, which in (("o", known == finite), ("<", known < finite), (">", known > finite)):
        axes.scatter(finite[which], heights[which], s=30, marker=marker, color=BLUE, alpha=0.75, linewidth=0)
    if np.isfinite(median):
        axes.plot([median, median], [0.05, 0.74], color=BLACK, linewidth=2.6)
    axes.plot([pattern.fact], [0.87], color=VERMILION, marker="D", markersize=9, linestyle="none", clip_on=False)
    axes.set_ylim(0.0, 1.0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(pattern.operator, fontsize=11)


def _linear(axes: Axes, pattern: Pattern, finite: Floats) -> None:
    nothing = {"yes-no": 0.0, "order": 1.0}
    ends = [nothing[pattern.kind], pattern.fact] if pattern.kind in nothing else list(pattern.plausible(2.0))
    low, high = min([*finite, *ends]), max([*finite, *ends])
    margin = 0.08 * (high - low)
    axes.set_xlim(low - margin, high + margin)
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=pattern.kind == "yes-no"))
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)


def _logarithmic(axes: Axes, pattern: Pattern, finite: Floats) -> None:
    ends = [end for end in pattern.plausible(2.0) if 0.0 < end < np.inf] + [pattern.fact]
    if pattern.kind == "bound":
        ends.append(1.0)
    low, high = np.log([min([*finite, *ends]), max([*finite, *ends])])
    margin = 0.08 * (high - low)
    log_x_axis(axes, float(np.exp(low - margin)), float(np.exp(high + margin)), np.inf)
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)


def log_x_axis(axes: Axes, low: float, high: float, fine: float = 300.0) -> None:
    """Let x be logarithmic between two values, with ticks at 1, 2, 5, or at 1 alone if ``fine`` times apart."""
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1.0)
    ticks = np.outer(powers, (1.0, 2.0, 5.0) if high / low < fine else (1.0,)).ravel()
    axes.xaxis.set_major_locator(FixedLocator([float(tick) for tick in ticks if low <= tick <= high]))
    axes.xaxis.set_minor_locator(NullLocator())
    number_axis(axes)


def number_axis(axes: Axes, digits: int = 3) -> None:
    """Write ticks of x as numbers to so many digits."""
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, digits)))


def _legend(seeds: int) -> Sequence[Line2D | Patch]:
    return (
        Line2D([], [], color=VERMILION, marker="D", markersize=9, linestyle="none", label=phrase("fact")),
        Patch(color=SKY, alpha=0.35, linewidth=0, label=phrase("plausible: 2 discrepancies, or the interval")),
        Line2D([], [], color=BLUE, marker="o", markersize=6, linestyle="none", label=count(seeds, "seed", "seeds")),
        Line2D([], [], color=BLACK, linewidth=2.6, label=phrase("their median")),
    )
