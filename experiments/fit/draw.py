"""Figures of a fit: they draw what was found and compute nothing of science."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from experiments.case.patterns import Pattern
from experiments.case.setting import Floats
from experiments.figures import entitle, new_figure
from experiments.figures.style import BLUE, GREY, LIGHT, ORANGE, SKY, VERMILION, linear_axis, note
from experiments.figures.words import count, in_words, number, percent
from experiments.fit.inference import NARROW, below, share_interval, verdict
from experiments.fit.pipeline import Findings, Prior
from experiments.fit.predict import Predicted, Predictions
from experiments.fit.report import by_strength, said_factor, said_quartiles
from experiments.fit.table import value_at
from experiments.sweep.factors import Factor
from experiments.text import shortened, wrapped

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


def draw_predictions(found: Predictions) -> Figure:
    """Draw median, 50 % and 95 % interval of each prediction."""
    shown = [one for one in found.each if np.isfinite(one.quantiles).all()]
    kinds = sorted(shown, key=lambda one: (one.quantity.scale, one.quantity.unit))
    groups = [list(each) for _, each in groupby(kinds, key=lambda one: (one.quantity.scale, one.quantity.unit))]
    heights = [len(group) + 1.5 for group in groups] or [1.0]
    figure, panels = new_figure(len(heights), size=(12.5, 1.6 + 0.5 * sum(heights)), heights=heights)
    said = count(len(shown), "prediction", "predictions")
    entitle(
        figure, f"{said} from {count(found.worlds, 'plausible world', 'plausible worlds')}, before they are compared"
    )
    for axes, group in zip(panels, groups, strict=False):
        _predicted(axes, group)
    handles = [
        Line2D([], [], color=BLUE, linewidth=6.0, label="50 %"),
        Line2D([], [], color=BLUE, linewidth=2.0, label="95 %"),
    ]
    if any(np.isfinite(one.typical).all() for one in shown):
        said = "median of all seeds that fit"
        handles.append(Line2D([], [], color=ORANGE, marker="D", markersize=5, linestyle="none", label=said))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _predicted(axes: Axes, group: list[Predicted]) -> None:
    quantity = group[0].quantity
    low, high = min(float(one.quantiles[0]) for one in group), max(float(one.quantiles[-1]) for one in group)
    if quantity.scale == "log" and low > 0.0:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.2, high * 1.2)
        axes.xaxis.set_major_locator(FixedLocator(decades(low / 1.2, high * 1.2)))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        margin = 0.06 * (high - low) or 0.5
        axes.set_xlim(low - margin, high + margin)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=high - low >= 3.0))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 3)))
    for row, one in enumerate(group):
        q = one.quantiles
        axes.plot([q[0], q[4]], [row, row], color=BLUE, linewidth=2.0)
        axes.plot([q[1], q[3]], [row, row], color=BLUE, linewidth=6.0, solid_capstyle="butt")
        axes.plot(q[2], row, "o", color="white", markeredgecolor=BLUE, markersize=7)
        axes.plot(one.typical[2], row, "D", color=ORANGE, markersize=5)
    axes.set_yticks(range(len(group)), [fill(one.quantity.title, 46) for one in group], fontsize=10.5)
    axes.set_ylim(len(group) - 0.5, -0.5)
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    axes.set_xlabel("ratio" if quantity.unit == "1" else quantity.unit)


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
