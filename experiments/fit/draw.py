"""Figures of a fit: parameters and patterns. They draw what was found and compute nothing of science."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from experiments.case.patterns import Pattern
from experiments.case.setting import Floats
from experiments.figures import entitle, new_figure
from experiments.figures.style import BLUE, GREY, LIGHT, ORANGE, SKY, VERMILION, note
from experiments.figures.words import count, in_words, number, percent
from experiments.fit.draw_evidence import draw_evidence, draw_next, draw_typicality, lines
from experiments.fit.findings import Findings, Prior
from experiments.fit.posterior import NARROW
from experiments.fit.table import value_at
from experiments.sweep.factors import Factor
from experiments.text import shortened

Drawing = Callable[[], Figure]
_ACROSS = 5  # panels side by side
_PAIRS = 9
_DOTS = 2000
_SHOWN = 20_000  # runs of a table that a strip shows
_RATIOS = ("ratio", "interval", "bound")  # kinds whose values are shown on a logarithmic axis


def draw_prior(prior: Prior) -> dict[str, Drawing]:
    """Return the figures of a table of which no run fits, by file."""
    return {"patterns.png": partial(draw_patterns, prior), "excludes.png": partial(draw_excludes, prior)}


def draw_findings(found: Findings) -> dict[str, Drawing]:
    """Return the figures of a fit, by file."""
    figures: dict[str, Drawing] = {
        **draw_prior(found.prior),
        "posterior.png": partial(draw_posterior, found),
        "pairs.png": partial(draw_pairs, found),
        "typicality.png": partial(draw_typicality, found),
    }
    if found.evidence:
        figures["evidence.png"] = partial(draw_evidence, found)
    if found.ranked:
        figures["next.png"] = partial(draw_next, found)
    return figures


# Parameters.


def draw_posterior(found: Findings) -> Figure:
    """Draw each parameter over its prior's range, those that narrowed most first."""
    fit = found.prior.fit
    order = sorted(range(len(fit.factors)), key=lambda n: found.marginals[n].width)
    rows = -(-len(order) // _ACROSS)
    figure, panels = new_figure(rows, _ACROSS, size=(16.0, 1.6 + 2.3 * rows))
    narrow = sum(one.narrowed for one in found.marginals)
    entitle(
        figure, f"The facts narrow {narrow} of {count(len(order), 'parameter', 'parameters')} to less than "
        f"{percent(NARROW)} of the range; {count(len(found.prior.rows), 'run fits', 'runs fit')}",
    )  # fmt: skip
    for axes, place in zip(panels, order, strict=False):
        _posterior(axes, fit.factors[place], found.places[place], found.prior.table.places[place])
        axes.set_title(shortened(in_words(fit.factors[place].key), 27), loc="left", fontsize=11.5, weight="bold")
        axes.text(
            1.0, 0.98, f"width {percent(found.marginals[place].width)}", transform=axes.transAxes, ha="right", va="top",
            fontsize=10.5, color=GREY,
        )  # fmt: skip
    for axes in panels[len(order) :]:
        axes.set_visible(False)
    handles = [Patch(color=BLUE, label="runs that fit"), Line2D([], [], color=ORANGE, linewidth=2.4, label="all runs")]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _posterior(axes: Axes, factor: Factor, accepted: Floats, everything: Floats) -> None:
    if factor.values is not None:
        shown = np.linspace(0.0, 1.0, max(len(factor.values), 2))
        edges = np.append(shown - 0.5 * (shown[1] - shown[0]), shown[-1] + 0.5 * (shown[1] - shown[0]))
        ticks = shown[: len(factor.values)]
    else:
        edges, ticks = np.linspace(0.0, 1.0, 13), np.array([0.0, 0.5, 1.0])
    for places, filled in ((accepted, True), (everything, False)):
        shares = np.histogram(places, edges)[0] / max(len(places), 1)
        if filled:
            axes.stairs(shares, edges, fill=True, color=BLUE, alpha=0.75)
        else:
            axes.stairs(shares, edges, color=ORANGE, linewidth=2.4, baseline=None)
    axes.set_xlim(edges[0], edges[-1])
    top = axes.get_ylim()[1]
    axes.set_ylim(0.0, 1.25 * top)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xticks(ticks, [_tick(value_at(factor, float(tick))) for tick in ticks], fontsize=10.5)


def _tick(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return number(value) if isinstance(value, (int, float)) else shortened(str(value), 10)


def draw_pairs(found: Findings) -> Figure:
    """Draw the pairs of parameters that go together most."""
    pairs, fit = found.pairs[:_PAIRS], found.prior.fit
    across = min(3, max(len(pairs), 1))
    rows = max(1, -(-len(pairs) // 3))
    figure, panels = new_figure(rows, across, size=(2.0 + 4.4 * across, 1.4 + 3.6 * rows))
    if not pairs:
        entitle(figure, "No two parameters go together in the runs that fit, beyond chance")
        note(panels[0], "no pair to show")
        return figure
    said = count(len(found.pairs), "pair of parameters goes", "pairs of parameters go")
    entitle(figure, f"{said} together in the runs that fit, beyond chance" + (
        f"; the {len(pairs)} strongest" if len(found.pairs) > len(pairs) else ""))  # fmt: skip
    step = max(1, found.places.shape[1] // _DOTS)
    for axes, pair in zip(panels, pairs, strict=False):
        axes.scatter(
            found.places[pair.one, ::step], found.places[pair.other, ::step], s=9, color=BLUE, alpha=0.5, linewidth=0
        )
        for place, label, axis in (
            (pair.one, axes.set_xlabel, axes.set_xticks),
            (pair.other, axes.set_ylabel, axes.set_yticks),
        ):
            label(shortened(in_words(fit.factors[place].key), 28))
            axis([0.0, 0.5, 1.0], [_tick(value_at(fit.factors[place], each)) for each in (0.0, 0.5, 1.0)])
        axes.set_title(f"rank correlation {pair.correlation:+.2f}", loc="left", fontsize=11.5)
    for axes in panels[len(pairs) :]:
        axes.set_visible(False)
    return figure


# Patterns.


def draw_patterns(prior: Prior) -> Figure:
    """Draw for each pattern what all runs and those that fit give, beside the fact."""
    patterns, tolerance = prior.fit.case.patterns, prior.fit.settings.tolerance
    rows = -(-len(patterns) // 2)
    figure, panels = new_figure(rows, 2, size=(13.0, 1.6 + 1.9 * rows))
    rarest = min(range(len(patterns)), key=lambda n: prior.exclusions[n].share)
    entitle(
        figure, f"{patterns[rarest].title}: of all patterns the most rarely met, in "
        f"{percent(prior.exclusions[rarest].share)} of runs; {count(len(prior.rows), 'meets', 'meet')} all",
    )  # fmt: skip
    for axes, pattern, values, met in zip(panels, patterns, prior.table.values, prior.exclusions, strict=False):
        _strip(axes, pattern, values, values[prior.rows], tolerance)
        axes.set_title(f"{pattern.title}: {percent(met.share)} of runs", loc="left", fontsize=12, weight="bold")
    for axes in panels[len(patterns) :]:
        axes.set_visible(False)
    handles = (
        Patch(color=SKY, alpha=0.35, label=f"within {tolerance:g} discrepancies"),
        Line2D([], [], color=VERMILION, marker="D", markersize=8, linestyle="none", label="fact"),
        Line2D([], [], color=ORANGE, linewidth=2.4, label="all runs"),
        Patch(color=BLUE, alpha=0.75, label="runs that fit"),
    )
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return figure


def _strip(axes: Axes, pattern: Pattern, everything: Floats, accepted: Floats, tolerance: float) -> None:
    low, high = pattern.plausible(tolerance)
    seen = everything[:: max(1, len(everything) // _SHOWN)]
    seen = seen[np.isfinite(seen)]
    log = pattern.kind in _RATIOS and pattern.fact > 0.0
    seen, accepted = (each[each > 0.0] if log else each for each in (seen, accepted))
    ends = [each for each in (low, high, pattern.fact) if np.isfinite(each) and (each > 0.0 or not log)]
    span = [*np.quantile(seen, [0.02, 0.98]), *ends] if seen.size else ends
    left, right = min(span), max(span)
    if log:
        left, right = left / 1.1, right * 1.1
        edges = np.geomspace(left, right, 41)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(decades(left, right)))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        margin = 0.05 * (right - left) or 0.5
        left, right = left - margin, right + margin
        edges = np.linspace(left, right, 41)
        axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 3)))
    for values, filled in ((accepted, True), (seen, False)):
        heights = np.histogram(values, edges)[0] / max(len(values), 1)
        heights = heights / max(float(heights.max()), 1e-12)
        if filled:
            axes.stairs(heights, edges, fill=True, color=BLUE, alpha=0.75)
        else:
            axes.stairs(heights, edges, color=ORANGE, linewidth=2.0)
    axes.axvspan(max(low, left), min(high, right), color=SKY, alpha=0.35, linewidth=0, zorder=0)
    axes.plot([pattern.fact], [1.1], color=VERMILION, marker="D", markersize=8, linestyle="none", clip_on=False)
    axes.set_xlim(left, right)
    axes.set_ylim(0.0, 1.25)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def decades(low: float, high: float) -> list[float]:
    """Return ticks of a logarithmic axis."""
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1.0)
    steps = (1.0, 2.0, 5.0) if high / low < 300.0 else (1.0,)
    return [float(tick) for tick in np.outer(powers, steps).ravel() if low <= tick <= high]


def draw_excludes(prior: Prior) -> Figure:
    """Draw how often each pattern is met, and how much more would fit if it were not asked for."""
    patterns, found = prior.fit.case.patterns, prior.exclusions
    order = sorted(range(len(patterns)), key=lambda n: (found[n].without, -found[n].share))
    figure, (left, right) = new_figure(1, 2, size=(13.0, 1.8 + 0.45 * len(patterns)))
    entitle(figure, f"{patterns[prior.most_excluding()].title}: the pattern that excludes most")
    heights = np.arange(len(order))
    left.barh(heights, [100.0 * found[n].share for n in order], color=BLUE)
    left.set_yticks(heights, [lines(patterns[n].title, 28) for n in order])
    left.set_xlabel("runs that meet it, %")
    fit_share = len(prior.rows) / prior.table.runs
    right.barh(heights, [1e6 * found[n].without for n in order], color=ORANGE)
    right.axvline(1e6 * fit_share, color=GREY, linewidth=2.0, linestyle=(0, (6, 3)))
    right.set_yticks(heights, [""] * len(order))
    right.set_xlabel("would fit without it, runs in a million\n(line: fit with it)")
    for axes in (left, right):
        axes.grid(axis="x", color=LIGHT, linewidth=0.6)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 3)))
    return figure
