"""Figures of a fit: they draw what was found and compute nothing of science."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from experiments.case.figures import log_x_axis, number_axis
from experiments.case.patterns import Floats, Pattern
from experiments.figures.rows import draw_estimates
from experiments.figures.style import (
    BLUE,
    FOCAL,
    GREY,
    LIGHT,
    ORANGE,
    SKY,
    VERMILION,
    entitle,
    linear_axis,
    new_figure,
    note,
)
from experiments.figures.words import count, in_words, number, percent, unit_in_words
from experiments.fit.inference import NARROW, below, by_strength, said_factor, share_interval, verdict
from experiments.fit.next_facts import said_quartiles
from experiments.fit.pipeline import Findings, Predicted, Predictions, Prior
from experiments.fit.table import value_at
from experiments.messages.language import marked, named, phrase
from experiments.messages.text import shortened, wrapped
from experiments.sweep.factors import Factor

Drawing = Callable[[], Figure]
_ACROSS = 5  # panels side by side
_PAIRS = 9
_DOTS = 2000
_SHOWN = 20_000  # runs of a table that a strip shows
_FACTS = 15  # worth finding that are shown
_RATIOS = ("ratio", "interval", "bound")  # kinds whose values are shown on a logarithmic axis
_DASHED = (0, (6, 3))


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


def lines(text: str, width: int) -> str:
    """Return text for the side of a figure, in two lines at most."""
    return "\n".join(wrapped(text, width, 2))


def _hide(panels: Sequence[Axes]) -> None:
    for axes in panels:
        axes.set_visible(False)


def _beside(axes: Axes, row: float, text: str, weight: str = "normal") -> None:
    axes.text(1.02, row, text, transform=axes.get_yaxis_transform(), va="center", fontsize=12, weight=weight)


def _bare(axes: Axes, top: float) -> None:
    """Let y run from 0 to the top, and show none of it: only shapes are compared."""
    axes.set_ylim(0.0, top)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _both(axes: Axes, edges: Floats, accepted: Floats, everything: Floats, **line: Any) -> None:
    """Draw heights of runs that fit as an area, and those of all runs as a line."""
    axes.stairs(accepted, edges, fill=True, color=BLUE, alpha=0.75)
    axes.stairs(everything, edges, color=ORANGE, **line)


def _legend(figure: Figure, *more: Any) -> None:
    """Explain what ``_both`` draws, and what there is more: before it or behind."""
    fits = Patch(color=BLUE, alpha=0.75 if more else None, label=phrase("runs that fit"))
    every = Line2D([], [], color=ORANGE, linewidth=2.4, label=phrase("all runs"))
    handles = (*more, every, fits) if more else (fits, every)
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


# Evidence for mechanisms.


def draw_evidence(found: Findings) -> Figure:
    """Draw what is left of each pattern without each mechanism, and the Bayes factors beside."""
    fit, order, worlds = found.prior.fit, by_strength(found.evidence), len(found.worlds)
    still = np.array([found.luck, *(found.evidence[n].still for n in order)])
    columns = [*np.argsort(still[1:, :-1].mean(axis=0), kind="stable").tolist(), still.shape[1] - 1]
    grid = still[:, columns]
    figure, (axes,) = new_figure(size=(5.6 + 0.78 * len(columns), 3.6 + 0.6 * len(grid)))
    entitle(figure, _finding(found, order))
    _shades(axes, grid, worlds)
    titles = [*(lines(named("patterns", fit.case.patterns[n].title), 20) for n in columns[:-1]), phrase("All at once")]
    axes.set_xticks(range(len(columns)), titles, rotation=38, ha="right", rotation_mode="anchor", fontsize=12)
    names = [phrase("Nothing off, other luck")]
    names += [phrase("{mechanism} off", mechanism=named("mechanisms", fit.mechanisms[n].title)) for n in order]
    axes.set_yticks(range(len(grid)), names, fontsize=13.5)
    low, high = share_interval(0.5, worlds)
    axes.set_xlabel(
        phrase(
            "Plausible worlds whose own run, which meets every pattern, still does with the mechanism off, %\n(of "
            "{worlds}; 95 % within {points} points). First row: their other seeds. Framed: clearly fewer than these.",
            worlds=worlds, points=f"{100 * (high - low) / 2:.0f}",
        )
    )  # fmt: skip
    for row, place in enumerate(order, start=1):
        one = found.evidence[place]
        factor = phrase("{factor} ({low} to {high})", factor=said_factor(one.factor.estimate),
                        low=number(one.factor.low), high=number(one.factor.high))  # fmt: skip
        _beside(axes, row, f"{factor}\n{phrase(verdict(one))}")
    _beside(axes, 0, phrase("Bayes factor\n(95 % interval)"), "bold")
    return figure


def _finding(found: Findings, order: list[int]) -> str:
    """Return what the figure of mechanisms says, in a sentence."""
    firm = [n for n in order if (said := verdict(found.evidence[n])).endswith(" for") and not said.startswith("weak")]
    total = count(len(order), "mechanism", "mechanisms")
    if not firm:
        return phrase("The facts speak for none of {total} more than weakly", total=total)
    fit, still = found.prior.fit, found.evidence[firm[0]].still[:-1]
    least = int(np.argmin(still))
    names = [named("mechanisms", fit.mechanisms[n].title) for n in firm]
    return phrase(
        "More than weakly the facts speak for {firm} of {total}: {names}. With {first} off, '{pattern}' is left in "
        "{share} of worlds",
        firm=len(firm), total=total, names=phrase(", ").join(names), first=names[0],
        pattern=named("patterns", fit.case.patterns[least].title), share=percent(float(still[least])),
    )  # fmt: skip


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


# Parameters.


def draw_posterior(found: Findings) -> Figure:
    """Draw each parameter over its prior's range, those that narrowed most first."""
    fit = found.prior.fit
    order = sorted(range(len(fit.factors)), key=lambda n: found.marginals[n].width)
    rows = -(-len(order) // _ACROSS)
    figure, panels = new_figure(rows, _ACROSS, size=(16.0, 1.6 + 2.3 * rows))
    title = phrase(
        "The facts narrow {narrow} of {parameters} to less than {width} of the range; {runs}",
        narrow=sum(one.narrowed for one in found.marginals), parameters=count(len(order), "parameter", "parameters"),
        width=percent(NARROW), runs=count(len(found.prior.rows), "run fits", "runs fit"),
    )  # fmt: skip
    entitle(figure, title)
    for axes, place in zip(panels, order, strict=False):
        _posterior(axes, fit.factors[place], found.places[place], found.prior.table.places[place])
        axes.set_title(shortened(in_words(fit.factors[place].key), 27), loc="left", fontsize=11.5, weight="bold")
        width = phrase("width {share}", share=percent(found.marginals[place].width))
        axes.text(1.0, 0.98, width, transform=axes.transAxes, ha="right", va="top", fontsize=10.5, color=GREY)
    _hide(panels[len(order) :])
    _legend(figure)
    return figure


def _posterior(axes: Axes, factor: Factor, accepted: Floats, everything: Floats) -> None:
    if factor.values is not None:
        shown = np.linspace(0.0, 1.0, max(len(factor.values), 2))
        edges = np.append(shown - 0.5 * (shown[1] - shown[0]), shown[-1] + 0.5 * (shown[1] - shown[0]))
        ticks = shown[: len(factor.values)]
    else:
        edges, ticks = np.linspace(0.0, 1.0, 13), np.array([0.0, 0.5, 1.0])
    shares = [np.histogram(places, edges)[0] / max(len(places), 1) for places in (accepted, everything)]
    _both(axes, edges, *shares, linewidth=2.4, baseline=None)
    axes.set_xlim(edges[0], edges[-1])
    _bare(axes, 1.25 * axes.get_ylim()[1])
    axes.set_xticks(ticks, [_tick(value_at(factor, float(tick))) for tick in ticks], fontsize=10.5)


def _tick(value: object) -> str:
    if isinstance(value, bool):
        return phrase("on") if value else phrase("off")
    return number(value) if isinstance(value, (int, float)) else shortened(str(value), 10)


def draw_pairs(found: Findings) -> Figure:
    """Draw the pairs of parameters that go together most."""
    pairs, factors = found.pairs[:_PAIRS], found.prior.fit.factors
    across, rows = min(3, max(len(pairs), 1)), max(1, -(-len(pairs) // 3))
    figure, panels = new_figure(rows, across, size=(2.0 + 4.4 * across, 1.4 + 3.6 * rows))
    if not pairs:
        entitle(figure, phrase("No two parameters go together in the runs that fit, beyond chance"))
        note(panels[0], phrase("no pair to show"))
        return figure
    said = marked(
        "{pairs} together in the runs that fit, beyond chance; the {shown} strongest"
        if len(found.pairs) > len(pairs)
        else "{pairs} together in the runs that fit, beyond chance"
    )
    counted = count(len(found.pairs), "pair of parameters goes", "pairs of parameters go")
    entitle(figure, phrase(said, pairs=counted, shown=len(pairs)))
    step = max(1, found.places.shape[1] // _DOTS)
    for axes, pair in zip(panels, pairs, strict=False):
        one, other = found.places[pair.one, ::step], found.places[pair.other, ::step]
        axes.scatter(one, other, s=9, color=BLUE, alpha=0.5, linewidth=0)
        sides = (pair.one, axes.set_xlabel, axes.set_xticks), (pair.other, axes.set_ylabel, axes.set_yticks)
        for place, label, ticks in sides:
            label(shortened(in_words(factors[place].key), 28))
            ticks([0.0, 0.5, 1.0], [_tick(value_at(factors[place], each)) for each in (0.0, 0.5, 1.0)])
        title = phrase("rank correlation {correlation}", correlation=f"{pair.correlation:+.2f}")
        axes.set_title(title, loc="left", fontsize=11.5)
    _hide(panels[len(pairs) :])
    return figure


# Patterns.


def draw_patterns(prior: Prior) -> Figure:
    """Draw for each pattern what all runs and those that fit give, beside the fact."""
    patterns, tolerance = prior.fit.case.patterns, prior.fit.settings.tolerance
    rows = -(-len(patterns) // 2)
    figure, panels = new_figure(rows, 2, size=(13.0, 1.6 + 1.9 * rows))
    rarest = min(range(len(patterns)), key=lambda n: prior.exclusions[n].share)
    title = phrase(
        "{pattern}: of all patterns the most rarely met, in {share} of runs; {runs} all",
        pattern=named("patterns", patterns[rarest].title), share=percent(prior.exclusions[rarest].share),
        runs=count(len(prior.rows), "meets", "meet"),
    )  # fmt: skip
    entitle(figure, title)
    for axes, pattern, values, met in zip(panels, patterns, prior.table.values, prior.exclusions, strict=False):
        _strip(axes, pattern, values, values[prior.rows], tolerance)
        said = phrase("{pattern}: {share} of runs", pattern=named("patterns", pattern.title), share=percent(met.share))
        axes.set_title(said, loc="left", fontsize=12, weight="bold")
    _hide(panels[len(patterns) :])
    within = phrase("within {tolerance} discrepancies", tolerance=f"{tolerance:g}")
    fact = Line2D([], [], color=VERMILION, marker="D", markersize=8, linestyle="none", label=phrase("fact"))
    _legend(figure, Patch(color=SKY, alpha=0.35, label=within), fact)
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
        log_x_axis(axes, left, right)
    else:
        margin = 0.05 * (right - left) or 0.5
        left, right = left - margin, right + margin
        edges = np.linspace(left, right, 41)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        number_axis(axes)
    _both(axes, edges, _heights(accepted, edges), _heights(seen, edges), linewidth=2.0)
    axes.axvspan(max(low, left), min(high, right), color=SKY, alpha=0.35, linewidth=0, zorder=0)
    axes.plot([pattern.fact], [1.1], color=VERMILION, marker="D", markersize=8, linestyle="none", clip_on=False)
    axes.set_xlim(left, right)
    _bare(axes, 1.25)


def _heights(values: Floats, edges: Floats) -> Floats:
    """Return the heights of a histogram whose highest bar is 1."""
    heights = np.histogram(values, edges)[0] / max(len(values), 1)
    return np.asarray(heights / max(float(heights.max()), 1e-12))


def draw_excludes(prior: Prior) -> Figure:
    """Draw how often each pattern is met, and how much more would fit if it were not asked for."""
    patterns, found = prior.fit.case.patterns, prior.exclusions
    order = sorted(range(len(patterns)), key=lambda n: (found[n].without, -found[n].share))
    figure, (left, right) = new_figure(1, 2, size=(13.0, 1.8 + 0.45 * len(patterns)))
    most = named("patterns", patterns[prior.most_excluding()].title)
    entitle(figure, phrase("{pattern}: the pattern that excludes most", pattern=most))
    heights = np.arange(len(order))
    left.barh(heights, [100.0 * found[n].share for n in order], color=BLUE)
    left.set_yticks(heights, [lines(named("patterns", patterns[n].title), 28) for n in order])
    left.set_xlabel(phrase("runs that meet it, %"))
    right.barh(heights, [1e6 * found[n].without for n in order], color=ORANGE)
    right.axvline(1e6 * (len(prior.rows) / prior.table.runs), color=GREY, linewidth=2.0, linestyle=_DASHED)
    right.set_yticks(heights, [""] * len(order))
    right.set_xlabel(phrase("would fit without it, runs in a million\n(line: fit with it)"))
    for axes in (left, right):
        axes.grid(axis="x", color=LIGHT, linewidth=0.6)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        number_axis(axes)
    return figure


# Worlds, facts worth finding, and predictions.


def draw_typicality(found: Findings) -> Figure:
    """Draw how many worlds fit by rule and how many by luck."""
    settings = found.prior.fit.settings
    typical = found.seeds.typicality(settings.tolerance)
    middle, most = float(np.median(typical)), float(typical.max())
    figure, (axes,) = new_figure(size=(9.0, 5.0))
    said = marked("In the median plausible world {middle} of seeds fit, in the most typical {most}")
    entitle(figure, phrase(said, middle=percent(middle), most=percent(most)))
    top = max(most, 0.01)
    counts, edges = np.histogram(100.0 * typical, np.linspace(0.0, 100.0 * top, 21))
    axes.stairs(counts, edges, fill=True, color=BLUE)
    axes.axvline(100.0 * middle, color=GREY, linestyle=_DASHED, linewidth=2.0)
    axes.set_xlabel(phrase("typicality: seeds of a world that fit, % of {seeds} (line: median)", seeds=settings.seeds))
    axes.set_ylabel(phrase("plausible worlds"))
    linear_axis(axes, counts.astype(np.float64), whole=True)
    axes.set_xlim(0.0, 100.0 * top)
    return figure


def draw_next(found: Findings) -> Figure:
    """Draw the facts that are worth most, with their intervals, and what each would be with and without a mechanism."""
    shown = found.ranked[:_FACTS]
    figure, (axes,) = new_figure(size=(15.0, 2.2 + 0.66 * len(shown)))
    title = phrase(
        "Of the facts one could still look up, '{fact}' would tell the mechanisms apart best",
        fact=shown[0].quantity.title,
    )
    entitle(figure, title)
    draw_estimates(
        axes, range(len(shown)), [(one.worth, one.low, one.high) for one in shown], FOCAL, width=3.0, size=9.0
    )
    for row, one in enumerate(shown):
        if one.most is not None:
            with_it, without = said_quartiles(one.told[one.most])
            name = named("mechanisms", found.prior.fit.mechanisms[one.most].title)
            said = phrase("{mechanism}: {has} with, {lacks} without", mechanism=name, has=with_it, lacks=without)
            _beside(axes, row, said)
    _beside(axes, -0.8, phrase("tells most of: median (quartiles) it predicts"), "bold")
    axes.set_yticks(range(len(shown)), [lines(one.quantity.title, 46) for one in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlim(left=0.0)
    axes.set_xlabel(
        phrase(
            "expected change of the log Bayes factors by knowing it (90 % interval): mean over mechanisms,\n"
            "but those that it tells by definition; known facts are left out"
        )
    )
    axes.xaxis.set_major_locator(MaxNLocator(6))
    number_axis(axes, 2)
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    return figure


def draw_predictions(found: Predictions) -> Figure:
    """Draw median, 50 % and 95 % interval of each prediction, a panel for each unit and scale."""
    shown = [one for one in found.each if np.isfinite(one.quantiles).all()]
    kinds = sorted(shown, key=lambda one: (one.quantity.scale, one.quantity.unit))
    groups = [list(each) for _, each in groupby(kinds, key=lambda one: (one.quantity.scale, one.quantity.unit))]
    heights = [len(group) + 1.5 for group in groups] or [1.0]
    figure, panels = new_figure(len(heights), size=(12.5, 1.6 + 0.5 * sum(heights)), heights=heights)
    title = phrase(
        "{predictions} from {worlds}, before they are compared",
        predictions=count(len(shown), "prediction", "predictions"),
        worlds=count(found.worlds, "plausible world", "plausible worlds"),
    )
    entitle(figure, title)
    for axes, group in zip(panels, groups, strict=False):
        _predicted(axes, group)
    handles = [
        Line2D([], [], color=BLUE, linewidth=width, label=said) for width, said in ((6.0, "50 %"), (2.0, "95 %"))
    ]
    if any(np.isfinite(one.typical).all() for one in shown):
        said = phrase("median of all seeds that fit")
        handles.append(Line2D([], [], color=ORANGE, marker="D", markersize=5, linestyle="none", label=said))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _predicted(axes: Axes, group: list[Predicted]) -> None:
    quantity = group[0].quantity
    low, high = min(float(one.quantiles[0]) for one in group), max(float(one.quantiles[-1]) for one in group)
    if quantity.scale == "log" and low > 0.0:
        log_x_axis(axes, low / 1.2, high * 1.2)
    else:
        margin = 0.06 * (high - low) or 0.5
        axes.set_xlim(low - margin, high + margin)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=high - low >= 3.0))
        number_axis(axes)
    for low_at, high_at, width in ((0, 4, 2.0), (1, 3, 6.0)):
        each = [(one.quantiles[2], one.quantiles[low_at], one.quantiles[high_at]) for one in group]
        draw_estimates(axes, range(len(group)), each, FOCAL, filled=False, width=width, size=7.0)
    axes.plot([one.typical[2] for one in group], range(len(group)), "D", color=ORANGE, markersize=5, zorder=4)
    axes.set_yticks(range(len(group)), [fill(one.quantity.title, 46) for one in group], fontsize=10.5)
    axes.set_ylim(len(group) - 0.5, -0.5)
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    axes.set_xlabel(phrase("ratio") if quantity.unit == "1" else unit_in_words(quantity.unit))
