"""The figures of indices, importance, noise and replicates."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from experiments.analysis.compute import Analysis, Outcome
from experiments.analysis.index import of
from experiments.analysis.replication import ENOUGH
from experiments.analysis.words import headline, learnt, of_seeds, replicates_short, share, times
from experiments.figures import style
from experiments.figures.rows import MOST_ROWS, Mark, Ticks, draw_rows, height_for, legend_above, name_rows
from experiments.figures.style import FOCAL, Look, entitle, footnote, label_ends, log_axis, new_figure
from experiments.figures.words import labelled

_FIRST, _TOTAL, _PAIR = Look(style.BLUE), Look(style.VERMILION, marker="D"), Look(style.GREEN, marker="s")
_PALE = Look(style.GREY, marker="D")
_MOST_PAIRS = 6


def indices(outcome: Outcome, analysis: Analysis) -> Figure | None:
    """Draw the indices of the kind of design, a row a factor; None if it has none."""
    if of(outcome.indices, "contrast", "effect"):
        return _contrasts(outcome, analysis)
    if of(outcome.indices, "sobol", "total"):
        return _shares(outcome, analysis, "sobol", "second", "over the factors' ranges")
    if of(outcome.indices, "levels", "total"):
        return _shares(outcome, analysis, "levels", "pair", "over the grid")
    if of(outcome.indices, "morris", "mu_star"):
        return _morris(outcome, analysis)
    return None


def _mark(outcome: Outcome, names: Sequence[str], label: str, look: Look, method: str, measure: str,
          filled: bool = True) -> Mark:  # fmt: skip
    """Return how one measure looks, and its estimates for factors, and for pairs as ``_names_of_pairs`` writes them."""
    found = {(each.factor, each.factor2): each.estimate for each in of(outcome.indices, method, measure)}
    factors = [name.partition(" × ") for name in names]
    return Mark(label, look, filled, [found.get((one, other)) for one, _, other in factors])


def _names_of_pairs(outcome: Outcome, method: str, measure: str) -> list[str]:
    """Return the pairs that interact most."""
    ranked = sorted(of(outcome.indices, method, measure), key=lambda each: -abs(each.estimate.value))
    return [f"{each.factor} × {each.factor2}" for each in ranked[:_MOST_PAIRS]]


def _rows(
    outcome: Outcome, analysis: Analysis, names: Sequence[str], marks: Sequence[Mark], label: str, *notes: str
) -> tuple[Figure, Axes]:
    """Return a figure with a row for each name and its axes, entitled, with what must be known to read it."""
    figure, (axes,) = new_figure(size=(9.0, height_for(len(names), 2)))
    draw_rows(axes, names, marks)
    axes.set_xlabel(label)
    legend_above(axes, 2)
    entitle(figure, f"{outcome.name}: {headline(outcome)}")
    footnote(figure, *notes, *outcome.notes, *analysis.warnings)
    return figure, axes


def _lines(marks: Sequence[Mark], else_: str = "") -> str:
    bounded = any(math.isfinite(each[1]) for mark in marks for each in mark.estimates if each)
    return "Lines: 95 % intervals." if bounded else else_


def _more(outcome: Outcome, shown: Sequence[str]) -> str:
    rest = len(outcome.ranking) - len(shown)
    return f"{rest} more factors are in indices.csv." if rest > 0 else ""


def _shares(outcome: Outcome, analysis: Analysis, method: str, pair: str, over: str) -> Figure:
    factors, pairs = list(outcome.ranking[:MOST_ROWS]), _names_of_pairs(outcome, method, pair)
    names = factors + pairs
    corrected = bool(of(outcome.indices, method, "total, noise-corrected"))
    tail = ", noise-corrected" if corrected else ""
    marks = [
        _mark(outcome, names, "first: by itself", _FIRST, method, f"first{tail}"),
        _mark(outcome, names, "total: with its interactions", _TOTAL, method, f"total{tail}"),
    ]
    if corrected:
        marks.append(_mark(outcome, names, "total, seed noise in it", _PALE, method, "total", filled=False))
    if pairs:
        marks.append(_mark(outcome, names, "pair: only together", _PAIR, method, pair))
    negative = any(each and each[0] < 0.0 for mark in marks for each in mark.estimates)
    return _rows(
        outcome, analysis, names, marks, f"share of the variance {over} that is explained",
        _lines(marks, "No intervals: they need three replicates or more." if method == "levels" else ""),
        "A value below 0 is 0 within its noise, and is shown as it came out." if negative else "",
        _more(outcome, factors),
    )[0]  # fmt: skip


def _morris(outcome: Outcome, analysis: Analysis) -> Figure:
    factors = list(outcome.ranking[:MOST_ROWS])
    marks = [
        _mark(outcome, factors, "μ*: mean size of the change", _FIRST, "morris", "mu_star"),
        _mark(outcome, factors, "μ: with its sign", Look(style.SKY), "morris", "mu", filled=False),
        _mark(outcome, factors, "σ: spread of the changes", _TOTAL, "morris", "sigma", filled=False),
    ]
    luck = {each.factor: each.estimate.value for each in of(outcome.indices, "morris", "luck")}
    figure, axes = _rows(
        outcome, analysis, factors, marks, labelled(f"change of {outcome.name} over the factor's range", outcome.unit),
        _lines(marks), "σ near μ* or above: the effect bends, or hangs on other factors, or is noise.",
        "" if luck else "With one replicate it is not known what luck alone would give.", _more(outcome, factors),
    )  # fmt: skip
    label = "μ* by luck alone"
    for row, factor in enumerate(factors):
        if factor in luck:
            axes.fill_betweenx([row - 0.45, row + 0.45], 0.0, luck[factor], color=style.ORANGE, alpha=0.3, linewidth=0,
                               label=label)  # fmt: skip
            label = ""
    legend_above(axes, 2)
    return figure


def _contrasts(outcome: Outcome, analysis: Analysis) -> Figure:
    effects = sorted(of(outcome.indices, "contrast", "effect"), key=lambda each: -abs(each.estimate.value))
    names = [each.factor for each in effects] + _names_of_pairs(outcome, "contrast", "interaction")
    marks = [
        _mark(outcome, names, "effect", _FIRST, "contrast", "effect"),
        _mark(outcome, names, "interaction", _PAIR, "contrast", "interaction"),
    ]
    label = labelled(f"difference in {outcome.name}, upper level less lower", outcome.unit)
    return _rows(
        outcome, analysis, names, marks, label,
        "Lines: 95 % intervals over replicates." if analysis.replicates > 1 else "One replicate: no intervals.",
    )[0]  # fmt: skip


_LEARNERS = {  # method: measure, heading, look, and what its axis tells
    "regression": (
        "coefficient",
        "Linear regression",
        _FIRST,
        "change in outcome (SD)\nper SD of the factor",
    ),
    "forest": ("importance", "Random forest", _PAIR, "total share of the variance {within}\nby what the forest learnt"),
}


def importance(outcome: Outcome, analysis: Analysis) -> Figure | None:
    """Draw what regression and forest say, side by side; None if neither says anything."""
    known = [fit for fit in outcome.fits if not fit.unknown]
    if not known:
        return None
    factors = list(outcome.ranking[:MOST_ROWS])
    figure, panels = new_figure(1, len(known), size=(5.6 * len(known) + 1.0, height_for(len(factors)) + 0.3))
    within = "of new points, new seeds" if analysis.replicates > 1 else "of new points"
    for axes, fit in zip(panels, known, strict=True):
        measure, heading, look, label = _LEARNERS[fit.method]
        draw_rows(axes, factors, [_mark(outcome, factors, "", look, fit.method, measure)])
        if axes is not panels[0]:
            axes.tick_params(labelleft=False)
        axes.set_title(f"{heading}: explains {share(fit.explained)}", loc="left", fontsize=12.5)
        axes.set_xlabel(label.format(within=within))
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
    parts = (("factors", style.BLUE, "point"), ("luck common to all points", style.SKY, "replicate"),
             ("luck that does not pair", style.ORANGE, "residual"))  # fmt: skip
    start, below = np.zeros(len(known)), False
    for label, colour, name in parts:
        shares = np.array([getattr(each.noise, name) for each in known])
        if np.isfinite(shares).any():
            below = below or bool((shares < 0.0).any())
            axes.barh(range(len(known)), np.fmax(shares, 0.0), left=start, color=colour, height=0.66, label=label)
            start += np.fmax(shares, 0.0)
    for row, outcome in enumerate(known):
        axes.text(1.02, row, of_seeds(outcome.noise.seeds_between), transform=axes.get_yaxis_transform(), va="center")
    name_rows(axes, [each.name for each in known])
    axes.set_xlim(0.0, max(1.0, float(start.max())))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_xlabel(f"share of the variance of a single run; on the right, luck between means of {analysis.replicates}")
    legend_above(axes, 3)
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
    lines = [("worst point", found.worst, Look(style.VERMILION, marker="D")), ("median point", found.median, FOCAL)]
    if found.compared and max(found.compared) > 1e-9 * max(found.worst):
        lines.append(("worst, compared", found.compared, Look(style.GREEN, (0, (4, 1.6)), "s")))
    ends = [(name, np.array(halves) / scale, look) for name, halves, look in lines]
    log_axis(axes, *(values for _, values, _ in ends), *([np.array([ENOUGH])] if relative else []))
    for _, values, look in ends:
        size = 6 if len(counts) < 30 else 0
        axes.plot(counts, values, color=look.colour, linestyle=look.line, marker=look.marker, markersize=size)
    if relative:
        axes.axhline(ENOUGH, color=style.GREY, linestyle=(0, (6, 3)), linewidth=1.5)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: times(value)))
    label_ends(axes, ends + ([("enough", np.array([ENOUGH]), Look(style.GREY))] if relative else []))
    axes.set_xlim(1.8, max(float(counts[-1]), 3.0) + 0.2)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.xaxis.set_major_formatter(Ticks())
    axes.set_xlabel("replicates")
    unit = "share of the spread between points" if relative else labelled(outcome.name, outcome.unit)
    axes.set_ylabel(f"half-width of a point's mean\n({unit})")
    axes.grid(axis="x", color=style.LIGHT, linewidth=0.6)
    entitle(figure, f"Replicates for {outcome.name}: {replicates_short(outcome)}")
    compared = (
        "Compared: the distance of a point to the mean over all points with the same seeds." if found.compared else ""
    )
    footnote(figure, f"Half-widths of 95 % intervals. {compared}", *analysis.warnings)
    return figure
