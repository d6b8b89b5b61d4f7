"""The figures of indices, importance, noise and replicates."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from experiments.analysis.compute import Analysis, Outcome
from experiments.analysis.index import of
from experiments.analysis.intervals import Estimate
from experiments.analysis.marks import MOST_ROWS, Mark, Ticks, draw_rows, footnote, height_for, labelled
from experiments.analysis.replication import ENOUGH
from experiments.analysis.words import headline, learnt, of_seeds, replicates_short, share, times
from experiments.figures.style import (
    BLUE,
    FOCAL,
    GREEN,
    GREY,
    LIGHT,
    ORANGE,
    SKY,
    VERMILION,
    Look,
    entitle,
    label_ends,
    log_axis,
    new_figure,
)

_FIRST, _TOTAL, _PALE = Look(BLUE), Look(VERMILION, marker="D"), Look(GREY, marker="D")
_MOST_PAIRS = 6


def indices(outcome: Outcome, analysis: Analysis) -> Figure | None:
    """Draw the indices of the kind of design, a row a factor; None if it has none."""
    if of(outcome.indices, "contrast", "effect"):
        return _contrasts(outcome, analysis)
    if of(outcome.indices, "sobol", "total"):
        return _shares(outcome, analysis, "sobol")
    if of(outcome.indices, "levels", "total"):
        return _shares(outcome, analysis, "levels")
    if of(outcome.indices, "morris", "mu_star"):
        return _morris(outcome, analysis)
    return None


def _by_factor(outcome: Outcome, method: str, measure: str, names: Sequence[str]) -> list[Estimate | None]:
    found = {(each.factor, each.factor2): each.estimate for each in of(outcome.indices, method, measure)}
    factors = [name.partition(" × ") for name in names]
    return [found.get((one, other)) for one, _, other in factors]


def _shares(outcome: Outcome, analysis: Analysis, method: str) -> Figure:
    factors = list(outcome.ranking[:MOST_ROWS])
    second = "second" if method == "sobol" else "pair"
    ranked = sorted(of(outcome.indices, method, second), key=lambda each: -abs(each.estimate.value))
    names = factors + [f"{each.factor} × {each.factor2}" for each in ranked[:_MOST_PAIRS]]
    corrected = bool(of(outcome.indices, method, "total, noise-corrected"))
    tail = ", noise-corrected" if corrected else ""
    marks = [
        Mark("first: by itself", _FIRST, True, _by_factor(outcome, method, f"first{tail}", names)),
        Mark("total: with its interactions", _TOTAL, True, _by_factor(outcome, method, f"total{tail}", names)),
        Mark("pair: only together", Look(GREEN, marker="s"), True, _by_factor(outcome, method, second, names)),
    ]
    if corrected:
        marks.insert(2, Mark("total, seed noise in it", _PALE, False, _by_factor(outcome, method, "total", names)))
    if not ranked:
        marks.pop()
    figure, (axes,) = new_figure(size=(9.0, height_for(len(names), 2)))
    draw_rows(axes, names, marks)
    over = "over the grid" if method == "levels" else "over the factors' ranges"
    axes.set_xlabel(f"share of the variance {over} that is explained")
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.2)
    entitle(figure, f"{outcome.name}: {headline(outcome)}")
    negative = any(m and m.value < 0.0 for mark in marks for m in mark.estimates)
    footnote(
        figure,
        "Lines: 95 % intervals." if _any_interval(marks) else "" if method == "sobol" else
        "No intervals: they need three replicates or more.",
        "A value below 0 is 0 within its noise, and is shown as it came out." if negative else "",
        _more(outcome, factors), *outcome.notes, *analysis.warnings,
    )  # fmt: skip
    return figure


def _any_interval(marks: Sequence[Mark]) -> bool:
    return any(math.isfinite(each.low) for mark in marks for each in mark.estimates if each)


def _more(outcome: Outcome, shown: Sequence[str]) -> str:
    rest = len(outcome.ranking) - len(shown)
    return f"{rest} more factors are in indices.csv." if rest > 0 else ""


def _morris(outcome: Outcome, analysis: Analysis) -> Figure:
    factors = list(outcome.ranking[:MOST_ROWS])
    marks = [
        Mark("μ*: mean size of the change", _FIRST, True, _by_factor(outcome, "morris", "mu_star", factors)),
        Mark("μ: with its sign", Look(SKY), False, _by_factor(outcome, "morris", "mu", factors)),
        Mark("σ: spread of the changes", _TOTAL, False, _by_factor(outcome, "morris", "sigma", factors)),
    ]
    figure, (axes,) = new_figure(size=(9.0, height_for(len(factors), 2)))
    draw_rows(axes, factors, marks)
    luck = of(outcome.indices, "morris", "luck")
    for each in luck:
        if each.factor in factors:
            row = factors.index(each.factor)
            axes.fill_betweenx([row - 0.45, row + 0.45], 0.0, each.estimate.value, color=ORANGE, alpha=0.3, linewidth=0)
    if luck:
        axes.fill_betweenx([], [], [], color=ORANGE, alpha=0.3, linewidth=0, label="μ* by luck alone")
    axes.set_xlabel(labelled(f"change of {outcome.name} over the factor's range", outcome.unit))
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.2)
    entitle(figure, f"{outcome.name}: {headline(outcome)}")
    unknown = "" if luck else "With one replicate it is not known what luck alone would give."
    footnote(
        figure, "Lines: 95 % intervals." if _any_interval(marks) else "",
        "σ near μ* or above: the effect bends, or hangs on other factors, or is noise.",
        unknown, _more(outcome, factors), *outcome.notes, *analysis.warnings,
    )  # fmt: skip
    return figure


def _contrasts(outcome: Outcome, analysis: Analysis) -> Figure:
    effects = sorted(of(outcome.indices, "contrast", "effect"), key=lambda each: -abs(each.estimate.value))
    both = sorted(of(outcome.indices, "contrast", "interaction"), key=lambda each: -abs(each.estimate.value))
    names = [each.factor for each in effects] + [f"{each.factor} × {each.factor2}" for each in both[:_MOST_PAIRS]]
    marks = [
        Mark("effect", _FIRST, True, _by_factor(outcome, "contrast", "effect", names)),
        Mark("interaction", Look(GREEN, marker="s"), True, _by_factor(outcome, "contrast", "interaction", names)),
    ]
    figure, (axes,) = new_figure(size=(9.0, height_for(len(names))))
    draw_rows(axes, names, marks)
    axes.set_xlabel(labelled(f"difference in {outcome.name}, upper level less lower", outcome.unit))
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.2)
    entitle(figure, f"{outcome.name}: {headline(outcome)}")
    lines = "Lines: 95 % intervals over replicates." if analysis.replicates > 1 else "One replicate: no intervals."
    footnote(figure, lines, *outcome.notes, *analysis.warnings)
    return figure


def importance(outcome: Outcome, analysis: Analysis) -> Figure | None:
    """Draw what regression and forest say, side by side; None if neither says anything."""
    known = [fit for fit in outcome.fits if not fit.unknown]
    if not known:
        return None
    factors = list(outcome.ranking[:MOST_ROWS])
    figure, panels = new_figure(1, len(known), size=(5.6 * len(known) + 1.0, height_for(len(factors)) + 0.3))
    measures = {"regression": "coefficient", "forest": "importance"}
    headings = {"regression": "Linear regression", "forest": "Random forest"}
    within = "of new points, new seeds" if analysis.replicates > 1 else "of new points"
    xlabels = {
        "regression": "standard deviations of the outcome\nfor one of the factor",
        "forest": f"total share of the variance {within}\nby what the forest learnt",
    }
    for axes, fit in zip(panels, known, strict=True):
        look = _FIRST if fit.method == "regression" else Look(GREEN, marker="s")
        estimates = _by_factor(outcome, fit.method, measures[fit.method], factors)
        draw_rows(axes, factors, [Mark("", look, True, estimates)])
        if axes is not panels[0]:
            axes.tick_params(labelleft=False)
        axes.set_title(f"{headings[fit.method]}: explains {share(fit.explained)}", loc="left", fontsize=12.5)
        axes.set_xlabel(xlabels[fit.method])
    entitle(figure, f"{outcome.name}: {learnt(outcome)}")
    footnote(
        figure,
        "Lines: 95 % intervals of coefficients; 5 to 95 % of shuffles of importances.",
        "" if all(fit.explained > 0.0 for fit in known) else "Explaining less than nothing: predicts worse than the "
        "mean does, so its importances say nothing.",
        *(f"No {fit.method}: {fit.unknown}." for fit in outcome.fits if fit.unknown), _more(outcome, factors),
        *analysis.warnings,
    )  # fmt: skip
    return figure


def noise(analysis: Analysis) -> Figure | None:
    """Draw the shares of factors and luck in the variance of a single run, a bar an outcome; None if unknown."""
    known = [each for each in analysis.outcomes if not each.noise.unknown]
    if not known:
        return None
    figure, (axes,) = new_figure(size=(9.5, 2.2 + 0.5 * len(known)))
    parts = (("factors", BLUE, "point"), ("luck common to all points", SKY, "replicate"),
             ("luck that does not pair", ORANGE, "residual"))  # fmt: skip
    below, end = False, 1.0
    for row, outcome in enumerate(known):
        start = 0.0
        for _, colour, name in parts:
            value = getattr(outcome.noise, name)
            below = below or value < 0.0
            width = max(value, 0.0) if math.isfinite(value) else 0.0
            axes.barh(row, width, left=start, color=colour, height=0.66)
            start += width
        end = max(end, start)
        axes.text(1.02, row, of_seeds(outcome.noise.seeds_between), transform=axes.get_yaxis_transform(), va="center")
    for label, colour, name in parts:
        if any(math.isfinite(getattr(each.noise, name)) for each in known):
            axes.add_patch(Rectangle((0.0, 0.0), 0.0, 0.0, color=colour, label=label))
    axes.set_yticks(range(len(known)), [each.name for each in known])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(known) - 0.5, -0.5)
    axes.set_xlim(0.0, end)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_xlabel(f"share of the variance of a single run; on the right, luck between means of {analysis.replicates}")
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, borderaxespad=0.2)
    luckiest = max(known, key=lambda each: each.noise.seeds.value)
    most = of_seeds(luckiest.noise.seeds.value)
    up_to = "all" if most == "all" else f"up to {most} of"
    entitle(figure, f"Luck makes {up_to} the variance of a run ({luckiest.name})")
    note = (
        "A share estimated below 0 is 0 within its noise; it is drawn as 0, and the others go beyond 100 %."
        if below
        else ""
    )
    footnote(figure, note, *analysis.warnings)
    return figure


def replicates(outcome: Outcome, analysis: Analysis) -> Figure | None:
    """Draw how well the means of the points are known after so many replicates; None with one replicate."""
    found = outcome.replication
    if not found.counts:
        return None
    relative = found.spread > 0.0
    scale = found.spread if relative else 1.0
    figure, (axes,) = new_figure(size=(8.5, 5.0))
    counts = np.array(found.counts, dtype=np.float64)
    lines = [("worst point", found.worst, Look(VERMILION, marker="D")), ("median point", found.median, FOCAL)]
    if found.compared and max(found.compared) > 1e-9 * max(found.worst):
        lines.append(("worst, compared", found.compared, Look(GREEN, (0, (4, 1.6)), "s")))
    ends = [(name, np.array(halves) / scale, look) for name, halves, look in lines]
    log_axis(axes, *(values for _, values, _ in ends), *([np.array([ENOUGH])] if relative else []))
    for _, values, look in ends:
        size = 6 if len(counts) < 30 else 0
        axes.plot(counts, values, color=look.colour, linestyle=look.line, marker=look.marker, markersize=size)
    if relative:
        axes.axhline(ENOUGH, color=GREY, linestyle=(0, (6, 3)), linewidth=1.5)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: times(value)))
    label_ends(axes, ends + ([("enough", np.array([ENOUGH]), Look(GREY))] if relative else []))
    axes.set_xlim(1.8, max(float(counts[-1]), 3.0) + 0.2)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.xaxis.set_major_formatter(Ticks())
    axes.set_xlabel("replicates")
    unit = "share of the spread between points" if relative else labelled(outcome.name, outcome.unit)
    axes.set_ylabel(f"half-width of a point's mean\n({unit})")
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    entitle(figure, f"Replicates for {outcome.name}: {replicates_short(outcome)}")
    compared = (
        "Compared: the distance of a point to the mean over all points with the same seeds." if found.compared else ""
    )
    footnote(figure, f"Half-widths of 95 % intervals. {compared}", *analysis.warnings)
    return figure
