"""The figures of effects: by one factor, and by two as lines and as a map."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from experiments.analysis.compute import Analysis, Outcome
from experiments.analysis.effects import Cells, MainEffect
from experiments.analysis.groups import Axis
from experiments.analysis.index import of
from experiments.analysis.table import PLURAL, SAMPLED
from experiments.analysis.words import moved, told
from experiments.figures.rows import Ticks
from experiments.figures.style import BLACK, GREY, LIGHT, LOOKS, Floats, entitle, footnote, new_figure
from experiments.figures.words import labelled, number, reworded

_MOST_PANELS = 12
_MOST_PAIRS = 6


def effects(outcome: Outcome, analysis: Analysis) -> Figure | None:
    """Draw the mean at each level of each factor, on one scale; None if no factor varies."""
    shown = outcome.effects[:_MOST_PANELS]
    if not shown:
        return None
    figure, panels = _panels(len(shown), outcome, most=3, least=7.0, width=3.5, height=3.0)
    units = {key: unit for key, unit, _ in analysis.factors}
    low = min(value for each in shown for value in _reach(each))
    high = max(value for each in shown for value in _reach(each))
    for axes, effect in zip(panels, shown, strict=False):
        along = effect.axis
        for x, estimate, (bottom, top) in zip(along.centres, effect.means, effect.spread, strict=True):
            left, right = _bar(along, x)
            axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, color=LIGHT, linewidth=0))
            axes.plot([x, x], [estimate.low, estimate.high], color=BLACK, linewidth=2.0, zorder=3)
            axes.plot(x, estimate.value, "o", color=BLACK, markersize=7, zorder=4)
        axes.plot(along.centres, [each.value for each in effect.means], color=BLACK, linewidth=1.0)
        axes.axhline(outcome.mean, color=GREY, linewidth=1.0, linestyle=(0, (6, 3)), zorder=0.5)
        _factor_axis(axes, along)
        margin = 0.06 * ((high - low) or 1.0)
        axes.set_ylim(low - margin, high + margin)
        _value_axis(axes)
        axes.set_xlabel(labelled(along.factor, units[along.factor]))
    entitle(figure, moved(outcome))
    few = PLURAL[analysis.unit] if analysis.kind in SAMPLED else "replicates"
    rests = {"": f"Too few {few} for intervals.", "replicate": "Lines: 95 % intervals of the distance to the dashed "
             "mean, over replicates, paired."}  # fmt: skip
    over = f"Lines: 95 % intervals of the distance to the dashed mean, over each {shown[0].interval} and replicate."
    more = len(outcome.effects) - len(shown)
    footnote(
        figure, rests.get(shown[0].interval, over) + " Grey: central 90 % of the points.",
        f"{more} more factors are in analysis.json." if more > 0 else "", *_confounded(analysis), *analysis.warnings,
    )  # fmt: skip
    return figure


def _confounded(analysis: Analysis) -> list[str]:
    if analysis.kind == "list":
        return ["The listed points are not crossed: levels of one factor may differ in others too."]
    if analysis.kind in ("grid", "factorial") and analysis.left_out:
        return ["Points left out: levels of one factor may now differ in others too."]
    return []


def _reach(effect: MainEffect) -> list[float]:
    ends = [value for each in effect.spread for value in each]
    return ends + [value for each in effect.means for value in each if math.isfinite(value)]


def _bar(along: Axis, x: float) -> tuple[float, float]:
    """Return the left and right end of a bar around a level."""
    low, high = min(along.centres), max(along.centres)
    if along.numeric and along.log:
        half = (high / low) ** 0.022
        return x / half, x * half
    half = 0.022 * (high - low) if along.numeric else 0.09
    return x - half, x + half


def interactions(outcome: Outcome, analysis: Analysis) -> Figure | None:
    """Draw the outcome by pairs of factors, one on the axis and one as lines; None if fewer than two vary."""
    if not outcome.pairs:
        return None
    strength = _strengths(outcome)
    shown = sorted(outcome.pairs, key=lambda each: -abs(strength.get(each.factors, (0.0, ""))[0]))[:_MOST_PAIRS]
    figure, panels = _panels(len(shown), outcome, most=2, least=8.0, width=4.8, height=3.7)
    units = {key: unit for key, unit, _ in analysis.factors}
    for axes, pair in zip(panels, shown, strict=False):
        _draw_pair(axes, pair, units)
        axes.set_title(strength.get(pair.factors, (0.0, ""))[1], loc="left", fontsize=11)
    entitle(figure, _pair_title(outcome, strength))
    left = len(outcome.pairs) - len(shown)
    bounded = any(math.isfinite(each.low) for pair in shown for row in pair.means for each in row)
    bars = " Bars: 95 % intervals, as of the effects." if bounded else ""
    footnote(
        figure, f"Parallel lines: no interaction.{bars}",
        f"{left} more pairs are in analysis.json." if left else "", *_confounded(analysis), *analysis.warnings,
    )  # fmt: skip
    return figure


def _strengths(outcome: Outcome) -> dict[tuple[str, str], tuple[float, str]]:
    """Return a number and a text on how strongly each pair interacts, by both orders of its factors."""
    for method, measure, text in (
        ("contrast", "interaction", "interaction"), ("levels", "pair", "share together"),
        ("sobol", "second", "second-order"),
    ):  # fmt: skip
        found = of(outcome.indices, method, measure)
        if len(found) == len(outcome.pairs):
            said = {(each.factor, each.factor2): (each.estimate.value, f"{text} {told(each)}")
                    for each in found}  # fmt: skip
            return said | {(two, one): value for (one, two), value in said.items()}
    return {}


def _pair_title(outcome: Outcome, strength: dict[tuple[str, str], tuple[float, str]]) -> str:
    clear = [
        each
        for method, measure in (("contrast", "interaction"), ("levels", "pair"), ("sobol", "second"))
        for each in of(outcome.indices, method, measure)
        if (each.factor, each.factor2) in strength and each.estimate.clear
        and (method == "contrast" or each.estimate.value > 0.0)
    ]  # fmt: skip
    if clear:
        first = max(clear, key=lambda each: abs(strength[(each.factor, each.factor2)][0]))
        count = f"{len(clear)} of {len(outcome.pairs)} pairs of factors"
        return f"{outcome.name}: {count} seen to interact, {first.factor} × {first.factor2} most"
    if strength and any(math.isfinite(each.estimate.low) for each in outcome.indices if each.factor2):
        return f"{outcome.name}: no pair of factors seen to interact"
    return f"{outcome.name} by pairs of factors"


def _draw_pair(axes: Axes, pair: Cells, units: dict[str, str]) -> None:
    along, by = pair.axes
    means = tuple(zip(*pair.means, strict=True))
    if len(by.labels) > len(along.labels):
        along, by, means = by, along, pair.means
    for n, (row, label) in enumerate(zip(means, by.labels, strict=True)):
        look = LOOKS[n % len(LOOKS)]
        places = [_beside(along, at, n - (len(by.labels) - 1) / 2.0) for at in along.centres]
        known = [(at, each) for at, each in zip(places, row, strict=True) if math.isfinite(each.value)]
        axes.plot([at for at, _ in known], [each.value for _, each in known], color=look.colour, linestyle=look.line,
                  linewidth=1.6, marker=look.marker, markersize=6, label=label)  # fmt: skip
        for at, each in known:
            if math.isfinite(each.low):
                axes.plot([at, at], [each.low, each.high], color=look.colour, linewidth=1.3)
    _factor_axis(axes, along)
    _value_axis(axes)
    axes.set_xlabel(labelled(along.factor, units[along.factor]))
    axes.legend(
        title=reworded(by.factor), fontsize=9.5, title_fontsize=9.5, handlelength=2.4, frameon=True, framealpha=0.75,
        edgecolor="none",
    )  # fmt: skip


def _beside(along: Axis, at: float, steps: float) -> float:
    """Return a place a little beside a level, so that the bars of several lines do not hide each other."""
    low, high = min(along.centres), max(along.centres)
    if along.numeric and along.log and low > 0.0:
        return float(at * (high / low) ** (0.012 * steps))
    return at + (0.012 * (high - low) if along.numeric else 0.05) * steps


def heat(outcome: Outcome, analysis: Analysis) -> Figure | None:
    """Draw the outcome by the two most important factors as a map; None if fewer than two vary."""
    cells = outcome.heat
    if cells is None:
        return None
    values = np.array([[each.value for each in row] for row in cells.means])
    rows, columns = values.shape
    figure, (axes,) = new_figure(size=(max(6.6, 2.8 + 0.95 * columns), max(4.4, 2.4 + 0.62 * rows)))
    axes.set_facecolor(LIGHT)
    image = axes.imshow(np.ma.masked_invalid(values), origin="lower", aspect="auto", cmap="cividis")
    finite = values[np.isfinite(values)]
    middle = (finite.min() + finite.max()) / 2.0
    for row in range(rows):
        for column in range(columns):
            value = float(values[row, column])
            if math.isfinite(value):
                colour = "white" if value < middle else BLACK
                axes.text(column, row, number(value, 3), ha="center", va="center", color=colour, fontsize=11)
            else:
                axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1.0, 1.0, fill=False, hatch="//", edgecolor=GREY,
                                         linewidth=0))  # fmt: skip
    down, along = cells.axes
    _name_levels(axes, range(columns), along.labels, most=44)
    axes.set_yticks(range(rows), down.labels)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    units = {key: unit for key, unit, _ in analysis.factors}
    axes.set_ylabel(labelled(down.factor, units[down.factor]))
    axes.set_xlabel(labelled(along.factor, units[along.factor]))
    bar = figure.colorbar(image, ax=axes, label=labelled(outcome.name, outcome.unit))
    bar.ax.yaxis.set_major_formatter(Ticks())
    bar.outline.set_visible(False)
    entitle(figure, _heat_title(outcome, cells, values))
    few = sum(count == 0 for row in cells.counts for count in row)
    hatched = "Hatched: no point lies there." if few else ""
    footnote(figure, f"Means over points and replicates. {hatched}", *_confounded(analysis), *analysis.warnings)
    return figure


def _heat_title(outcome: Outcome, cells: Cells, values: Floats) -> str:
    ends = [number(float(find(values)), 3) for find in (np.nanmin, np.nanmax)]
    return f"{outcome.name} lies between {ends[0]} and {ends[1]} over {cells.factors[0]} and {cells.factors[1]}"


# Axes.


def _factor_axis(axes: Axes, along: Axis) -> None:
    """Let x be a factor: a scale of numbers, or a place for each level."""
    low, high = min(along.centres), max(along.centres)
    if not along.numeric:
        _name_levels(axes, along.centres, along.labels, most=34)
        axes.set_xlim(low - 0.5, high + 0.5)
        return
    if along.log and low > 0.0:
        axes.set_xscale("log")
        margin = (high / low) ** 0.07
        axes.set_xlim(low / margin, high * margin)
        steps = (1.0, 2.0, 5.0) if high / low < 30.0 else (1.0, 3.0) if high / low < 300.0 else (1.0,)
        decades = 10.0 ** np.arange(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [float(t) for t in np.outer(decades, steps).ravel() if low / margin <= t <= high * margin]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        margin = 0.07 * ((high - low) or 1.0)
        axes.set_xlim(low - margin, high + margin)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=(1, 2, 2.5, 5, 10)))
    axes.xaxis.set_major_formatter(Ticks())


def _name_levels(axes: Axes, places: Sequence[float], labels: Sequence[str], most: int) -> None:
    """Name levels along x, aslant if they have more than so many letters."""
    aslant = max(map(len, labels)) * len(labels) > most
    axes.set_xticks(list(places), list(labels), rotation=30 if aslant else 0, ha="right" if aslant else "center")


def _value_axis(axes: Axes) -> None:
    """Let y run over what is drawn, with a few plain ticks."""
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 2.5, 5, 10)))
    axes.yaxis.set_major_formatter(Ticks())
    axes.grid(axis="y", color=LIGHT, linewidth=0.6)


def _panels(
    count: int, outcome: Outcome, most: int, least: float, width: float, height: float
) -> tuple[Figure, list[Axes]]:
    """Return a figure with so many panels of the outcome, at most ``most`` beside each other; sizes in inches."""
    columns = min(most, count)
    rows = math.ceil(count / columns)
    figure, panels = new_figure(rows, columns, size=(max(width * columns, least), height * rows + 1.5))
    for axes in panels[count:]:
        axes.set_visible(False)
    figure.supylabel(labelled(outcome.name, outcome.unit), fontsize=12)
    return figure, panels
