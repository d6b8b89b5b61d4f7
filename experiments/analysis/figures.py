"""The figures of an analysis: they draw its numbers and compute none.

Kinds: noise; of each outcome indices, importance, effects, interactions, heat and replicates; of each series a fan.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator, PercentFormatter

from experiments.analysis import words
from experiments.analysis.compute import Analysis, Outcome
from experiments.analysis.effects import Axis, Band, Cells, Fan
from experiments.analysis.estimates import Index, of
from experiments.analysis.noise import ENOUGH
from experiments.analysis.table import SAMPLED
from experiments.analysis.words import headline, label
from experiments.figures import rows, style
from experiments.figures.style import Floats, Look, entitle, footnote, label_ends, new_figure
from experiments.figures.words import in_words, labelled, number, reworded
from experiments.messages.language import marked, phrase

_LONGEST = 100  # letters of a file's name
_MOST_PANELS = 12
_MOST_PAIRS = 6
_WIDE_RANGE = 30.0  # highest over lowest, from which a series is drawn on a log scale
_FIRST, _TOTAL, _PAIR = Look(style.BLUE), Look(style.VERMILION, marker="D"), Look(style.GREEN, marker="s")
_PLURAL = {"point": marked("points"), "trajectory": marked("trajectories"), "base sample": marked("base samples"),
           "replicate": marked("replicates")}  # fmt: skip
_PALE = Look(style.GREY, marker="D")
_MORE = marked("{rest} more factors are in indices.csv.")
_TOGETHER = {("contrast", "interaction"): marked("interaction"), ("levels", "pair"): marked("share together"),
             ("sobol", "second"): marked("second-order")}  # fmt: skip
"""The measures of pairs, and what they are called."""


class Drawn(NamedTuple):
    """A figure that was drawn: its kind, the outcome or series it is of (or nothing), its title, and its files.

    ``path`` is the one that the report shows, ``files`` are those of all formats.
    """

    kind: str
    subject: str
    path: Path
    title: str
    files: tuple[Path, ...]


def draw(analysis: Analysis, folder: Path, only: str | None = None) -> Iterator[Drawn]:
    """Draw the figures of an analysis, or those of one kind, into a folder; yield each as it is there."""
    with style.styled():
        for kind, subject, make in _figures(analysis):
            if only in (None, kind) and (figure := make(analysis)) is not None:
                files = style.save_all(figure, folder / _file(kind, subject))
                yield Drawn(kind, subject, files[0], style.title_of(figure), tuple(files))


def _figures(analysis: Analysis) -> Iterator[tuple[str, str, Callable[[Analysis], Figure | None]]]:
    yield "noise", "", noise
    for outcome in analysis.outcomes:
        yield from ((kind, outcome.name, partial(make, outcome)) for kind, make in OF_AN_OUTCOME.items())
    yield from (("fans", found.name, partial(fan, found)) for found in analysis.fans)


def _file(kind: str, subject: str) -> str:
    """Return the name of a figure's file; what a name of a file should not hold is told apart by a few digits."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", subject)[:_LONGEST]
    told = "" if plain == subject else f"-{hashlib.sha256(subject.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    return f"{kind}-{plain}{told}.png" if subject else f"{kind}.png"


# Indices.


def indices(outcome: Outcome, analysis: Analysis) -> Figure | None:
    """Draw the indices of the kind of design, a row a factor; None if it has none."""
    if of(outcome.indices, "contrast", "effect"):
        return _contrasts(outcome, analysis)
    if of(outcome.indices, "sobol", "total"):
        return _shares(
            outcome,
            analysis,
            "sobol",
            "second",
            phrase("share of the variance over the factors' ranges that is explained"),
        )
    if of(outcome.indices, "levels", "total"):
        return _shares(
            outcome, analysis, "levels", "pair", phrase("share of the variance over the grid that is explained")
        )
    if of(outcome.indices, "morris", "mu_star"):
        return _morris(outcome, analysis)
    return None


def _mark(outcome: Outcome, names: Sequence[str], label: str, look: Look, method: str, measure: str,
          filled: bool = True) -> rows.Mark:  # fmt: skip
    """Return how one measure looks, and its estimates for factors, and for pairs as ``_names_of_pairs`` writes them."""
    found = {(each.factor, each.factor2): each.estimate for each in of(outcome.indices, method, measure)}
    factors = [name.partition(" × ") for name in names]
    return rows.Mark(label, look, filled, [found.get((one, other)) for one, _, other in factors])


def _names_of_pairs(outcome: Outcome, method: str, measure: str) -> list[str]:
    """Return the pairs that interact most."""
    ranked = sorted(of(outcome.indices, method, measure), key=lambda each: -abs(each.estimate.value))
    return [f"{each.factor} × {each.factor2}" for each in ranked[:_MOST_PAIRS]]


def _rows(
    outcome: Outcome, analysis: Analysis, names: Sequence[str], marks: Sequence[rows.Mark], label: str, *notes: str
) -> tuple[Figure, Axes]:
    """Return a figure with a row for each name and its axes, entitled, with what must be known to read it."""
    figure, (axes,) = new_figure(size=(9.0, rows.height_for(len(names), 2)))
    rows.draw_rows(axes, names, marks)
    axes.set_xlabel(label)
    rows.legend_above(axes, 2)
    entitle(figure, phrase("{outcome}: {finding}", outcome=outcome.name, finding=headline(outcome)))
    footnote(figure, *notes, *outcome.notes, *analysis.warnings)
    return figure, axes


def _lines(marks: Sequence[rows.Mark], else_: str = "") -> str:
    bounded = any(math.isfinite(each[1]) for mark in marks for each in mark.estimates if each)
    return phrase("Lines: 95 % intervals.") if bounded else else_


def _more(all_of: Sequence[object], shown: Sequence[object], said: str = _MORE) -> str:
    rest = len(all_of) - len(shown)
    return phrase(said, rest=rest) if rest > 0 else ""


def _shares(outcome: Outcome, analysis: Analysis, method: str, pair: str, label: str) -> Figure:
    factors, pairs = list(outcome.ranking[: rows.MOST_ROWS]), _names_of_pairs(outcome, method, pair)
    names = factors + pairs
    corrected = bool(of(outcome.indices, method, "total, noise-corrected"))
    tail = ", noise-corrected" if corrected else ""
    marks = [
        _mark(outcome, names, phrase("first: by itself"), _FIRST, method, f"first{tail}"),
        _mark(outcome, names, phrase("total: with its interactions"), _TOTAL, method, f"total{tail}"),
    ]
    if corrected:
        marks.append(_mark(outcome, names, phrase("total, seed noise in it"), _PALE, method, "total", filled=False))
    if pairs:
        marks.append(_mark(outcome, names, phrase("pair: only together"), _PAIR, method, pair))
    negative = any(each and each[0] < 0.0 for mark in marks for each in mark.estimates)
    return _rows(
        outcome, analysis, names, marks, label,
        _lines(marks, phrase("No intervals: they need three replicates or more.") if method == "levels" else ""),
        phrase("A value below 0 is 0 within its noise, and is shown as it came out.") if negative else "",
        _more(outcome.ranking, factors),
    )[0]  # fmt: skip


def _morris(outcome: Outcome, analysis: Analysis) -> Figure:
    factors = list(outcome.ranking[: rows.MOST_ROWS])
    marks = [
        _mark(outcome, factors, phrase("μ*: mean size of the change"), _FIRST, "morris", "mu_star"),
        _mark(outcome, factors, phrase("μ: with its sign"), Look(style.SKY), "morris", "mu", filled=False),
        _mark(outcome, factors, phrase("σ: spread of the changes"), _TOTAL, "morris", "sigma", filled=False),
    ]
    luck = {each.factor: each.estimate.value for each in of(outcome.indices, "morris", "luck")}
    figure, axes = _rows(
        outcome, analysis, factors, marks,
        labelled(phrase("change of {outcome} over the factor's range", outcome=outcome.name), outcome.unit),
        _lines(marks), phrase("σ near μ* or above: the effect bends, or hangs on other factors, or is noise."),
        "" if luck else phrase("With one replicate it is not known what luck alone would give."),
        _more(outcome.ranking, factors),
    )  # fmt: skip
    if luck:
        lengths = [luck.get(factor, 0.0) for factor in factors]
        axes.barh(range(len(factors)), lengths, 0.9, color=style.ORANGE, alpha=0.3, label=phrase("μ* by luck alone"))
        rows.legend_above(axes, 2)
    return figure


def _contrasts(outcome: Outcome, analysis: Analysis) -> Figure:
    effects = sorted(of(outcome.indices, "contrast", "effect"), key=lambda each: -abs(each.estimate.value))
    names = [each.factor for each in effects] + _names_of_pairs(outcome, "contrast", "interaction")
    marks = [
        _mark(outcome, names, phrase("effect"), _FIRST, "contrast", "effect"),
        _mark(outcome, names, phrase("interaction"), _PAIR, "contrast", "interaction"),
    ]
    label = labelled(phrase("difference in {outcome}, upper level less lower", outcome=outcome.name), outcome.unit)
    return _rows(
        outcome, analysis, names, marks, label,
        phrase("Lines: 95 % intervals over replicates." if analysis.replicates > 1 else "One replicate: no intervals."),
    )[0]  # fmt: skip


_LEARNERS = {  # method: measure, heading, look, and what its axis tells
    "regression": ("coefficient", marked("Linear regression: explains {share}"), _FIRST,
                   marked("change in outcome (SD)\nper SD of the factor")),
    "forest": ("importance", marked("Random forest: explains {share}"), _PAIR,
               marked("total share of the variance {within}\nby what the forest learnt")),
}  # fmt: skip


def importance(outcome: Outcome, analysis: Analysis) -> Figure | None:
    """Draw what regression and forest say, side by side; None if neither says anything."""
    known = [fit for fit in outcome.fits if not fit.unknown]
    if not known:
        return None
    factors = list(outcome.ranking[: rows.MOST_ROWS])
    figure, panels = new_figure(1, len(known), size=(5.6 * len(known) + 1.0, rows.height_for(len(factors)) + 0.3))
    within = phrase("of new points, new seeds") if analysis.replicates > 1 else phrase("of new points")
    for axes, fit in zip(panels, known, strict=True):
        measure, heading, look, along = _LEARNERS[fit.method]
        rows.draw_rows(axes, factors, [_mark(outcome, factors, "", look, fit.method, measure)])
        if axes is not panels[0]:
            axes.tick_params(labelleft=False)
        axes.set_title(phrase(heading, share=words.share(fit.explained)), loc="left", fontsize=12.5)
        axes.set_xlabel(phrase(along, within=within))
    entitle(figure, phrase("{outcome}: {finding}", outcome=outcome.name, finding=words.learnt(outcome)))
    footnote(
        figure,
        phrase("Lines: 95 % intervals of coefficients; 5 to 95 % of shuffles of importances."),
        "" if all(fit.explained > 0.0 for fit in known) else phrase("Explaining less than nothing: predicts worse than "
        "the mean does, so its importances say nothing."),
        *(phrase("No {method}: {why}.", method=phrase(words.METHODS[fit.method]), why=fit.unknown)
          for fit in outcome.fits if fit.unknown), _more(outcome.ranking, factors),
        *analysis.warnings,
    )  # fmt: skip
    return figure


def noise(analysis: Analysis) -> Figure | None:
    """Draw the shares of factors and luck in the variance of a single run, a bar an outcome; None if unknown."""
    known = [each for each in analysis.outcomes if not each.noise.unknown]
    if not known:
        return None
    figure, (axes,) = new_figure(size=(9.5, 2.2 + 0.5 * len(known)))
    parts = ((phrase("factors"), style.BLUE, "point"), (phrase("luck common to all points"), style.SKY, "replicate"),
             (phrase("luck that does not pair"), style.ORANGE, "residual"))  # fmt: skip
    start, below = np.zeros(len(known)), False
    for called, colour, name in parts:
        shares = np.array([getattr(each.noise, name) for each in known])
        if np.isfinite(shares).any():
            below = below or bool((shares < 0.0).any())
            axes.barh(range(len(known)), np.fmax(shares, 0.0), left=start, color=colour, height=0.66, label=called)
            start += np.fmax(shares, 0.0)
    for row, outcome in enumerate(known):
        axes.text(
            1.02, row, words.of_seeds(outcome.noise.seeds_between), transform=axes.get_yaxis_transform(), va="center"
        )
    rows.name_rows(axes, [each.name for each in known])
    axes.set_xlim(0.0, max(1.0, float(start.max())))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_xlabel(phrase("share of the variance of a single run; on the right, luck between means of {replicates}",
                           replicates=analysis.replicates))  # fmt: skip
    rows.legend_above(axes, 3)
    luckiest = max(known, key=lambda each: each.noise.seeds.value)
    said = {"share": words.of_seeds(luckiest.noise.seeds.value), "outcome": luckiest.name}
    entitle(figure, phrase("Luck makes all the variance of a run ({outcome})" if luckiest.noise.seeds.value >= 1.0
                           else "Luck makes up to {share} of the variance of a run ({outcome})", **said))  # fmt: skip
    note = phrase("A share estimated below 0 is 0 within its noise; it is drawn as 0, and the others go beyond 100 %.")
    footnote(figure, note if below else "", *analysis.warnings)
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
    ends = [(phrase("worst point"), np.array(found.worst) / scale, Look(style.VERMILION, marker="D")),
            (phrase("median point"), np.array(found.median) / scale, style.FOCAL)]  # fmt: skip
    if found.compared and max(found.compared) > 1e-9 * max(found.worst):
        ends.append(
            (phrase("worst, compared"), np.array(found.compared) / scale, Look(style.GREEN, (0, (4, 1.6)), "s"))
        )
    for _, values, look in ends:
        size = 6 if len(counts) < 30 else 0
        axes.plot(counts, values, color=look.colour, linestyle=look.line, marker=look.marker, markersize=size)
    if relative:
        ends.append((phrase("enough"), np.array([ENOUGH]), style.LIMIT))
        axes.axhline(ENOUGH, color=style.GREY, linestyle=style.LIMIT.line, linewidth=1.5)
    style.log_axis(axes, *(values for _, values, _ in ends))
    if relative:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.times(value)))
    label_ends(axes, ends)
    axes.set_xlim(1.8, max(float(counts[-1]), 3.0) + 0.2)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.xaxis.set_major_formatter(rows.Ticks())
    axes.set_xlabel(phrase("replicates"))
    unit = phrase("share of the spread between points") if relative else labelled(outcome.name, outcome.unit)
    axes.set_ylabel(phrase("half-width of a point's mean\n({unit})", unit=unit))
    axes.grid(axis="x", color=style.LIGHT, linewidth=0.6)
    entitle(
        figure,
        phrase("Replicates for {outcome}: {finding}", outcome=outcome.name, finding=words.replicates_short(outcome)),
    )
    compared = phrase("Compared: the distance of a point to the mean over all points with the same seeds.")
    footnote(figure, phrase("Half-widths of 95 % intervals."), compared if found.compared else "", *analysis.warnings)
    return figure


# Effects.


def effects(outcome: Outcome, analysis: Analysis) -> Figure | None:
    """Draw the mean at each level of each factor, on one scale; None if no factor varies."""
    shown = outcome.effects[:_MOST_PANELS]
    if not shown:
        return None
    figure, panels = _panels(len(shown), outcome, most=3, least=7.0, width=3.5, height=3.0)
    reach = [value for effect in shown for each in (*effect.spread, *effect.means) for value in each]
    low, high = np.nanmin(reach), np.nanmax(reach)
    margin = 0.06 * ((high - low) or 1.0)
    for axes, effect in zip(panels, shown, strict=False):
        along = effect.axis
        for x, (bottom, top) in zip(along.centres, effect.spread, strict=True):
            left, right = (_beside(along, x, side) for side in (-1.8, 1.8))
            axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, color=style.LIGHT, linewidth=0))
        rows.draw_estimates(axes, along.centres, effect.means, Look(style.BLACK), upright=True, joined=1.0, size=7.0)
        axes.axhline(outcome.mean, color=style.GREY, linewidth=1.0, linestyle=(0, (6, 3)), zorder=0.5)
        _panel_axes(axes, along, analysis)
        axes.set_ylim(low - margin, high + margin)
    entitle(figure, words.moved(outcome))
    few = phrase(_PLURAL[analysis.unit if analysis.kind in SAMPLED else "replicate"])
    rests = {
        "": phrase("Too few {units} for intervals.", units=few),
        "replicate": phrase("Lines: 95 % intervals of the distance to the dashed mean, over replicates, paired."),
    }.get(shown[0].interval) or phrase(
        "Lines: 95 % intervals of the distance to the dashed mean, over {units} and replicates.", units=few
    )
    footnote(
        figure, phrase("{intervals} Grey: central 90 % of the points.", intervals=rests),
        _more(outcome.effects, shown, marked("{rest} more factors are in analysis.json.")), *_confounded(analysis),
        *analysis.warnings,
    )  # fmt: skip
    return figure


def _confounded(analysis: Analysis) -> list[str]:
    if analysis.kind == "list":
        return [phrase("The listed points are not crossed: levels of one factor may differ in others too.")]
    if analysis.kind in ("grid", "factorial") and analysis.left_out:
        return [phrase("Points left out: levels of one factor may now differ in others too.")]
    return []


def interactions(outcome: Outcome, analysis: Analysis) -> Figure | None:
    """Draw the outcome by pairs of factors, one on the axis and one as lines; None if fewer than two vary."""
    if not outcome.pairs:
        return None
    strength = _strengths(outcome)
    size = {factors: abs(index.estimate.value) for factors, (index, _) in strength.items()}
    shown = sorted(outcome.pairs, key=lambda each: -size.get(each.factors, 0.0))[:_MOST_PAIRS]
    figure, panels = _panels(len(shown), outcome, most=2, least=8.0, width=4.8, height=3.7)
    for axes, pair in zip(panels, shown, strict=False):
        _draw_pair(axes, pair, analysis)
        axes.set_title(strength[pair.factors][1] if pair.factors in strength else "", loc="left", fontsize=11)
    entitle(figure, _pair_title(outcome, strength))
    bounded = any(each.bounded for pair in shown for row in pair.means for each in row)
    footnote(
        figure, phrase("Parallel lines: no interaction. Bars: 95 % intervals, as of the effects." if bounded
                       else "Parallel lines: no interaction."),
        _more(outcome.pairs, shown, marked("{rest} more pairs are in analysis.json.")),
        *_confounded(analysis), *analysis.warnings,
    )  # fmt: skip
    return figure


def _strengths(outcome: Outcome) -> dict[tuple[str, str], tuple[Index, str]]:
    """Return by how much each pair interacts, as an index and in words, by both orders of its factors."""
    for measure, called in _TOGETHER.items():
        found = of(outcome.indices, *measure)
        if len(found) == len(outcome.pairs):
            said = {(each.factor, each.factor2): (each, f"{phrase(called)} {words.told(each)}") for each in found}
            return said | {(two, one): value for (one, two), value in said.items()}
    return {}


def _pair_title(outcome: Outcome, strength: dict[tuple[str, str], tuple[Index, str]]) -> str:
    indices = list(dict.fromkeys(index for index, _ in strength.values()))
    clear = [each for each in indices
             if each.estimate.clear and (each.method == "contrast" or each.estimate.value > 0.0)]  # fmt: skip
    if clear:
        first = max(clear, key=lambda each: abs(each.estimate.value))
        return phrase(
            "{outcome}: {some} of {all} pairs of factors seen to interact, {one} × {other} most", outcome=outcome.name,
            some=len(clear), all=len(outcome.pairs), one=first.factor, other=first.factor2,
        )  # fmt: skip
    if any(each.estimate.bounded for each in indices):
        return phrase("{outcome}: no pair of factors seen to interact", outcome=outcome.name)
    return phrase("{outcome} by pairs of factors", outcome=outcome.name)


def _draw_pair(axes: Axes, pair: Cells, analysis: Analysis) -> None:
    along, by = pair.axes
    means = tuple(zip(*pair.means, strict=True))
    if len(by.labels) > len(along.labels):
        along, by, means = by, along, pair.means
    for n, (row, name) in enumerate(zip(means, by.labels, strict=True)):
        places = [_beside(along, at, n - (len(by.labels) - 1) / 2.0) for at in along.centres]
        look = style.LOOKS[n % len(style.LOOKS)]
        rows.draw_estimates(axes, places, row, look, label=label(name), upright=True, joined=1.6, width=1.3, size=6.0)
    _panel_axes(axes, along, analysis)
    axes.legend(
        title=reworded(by.factor), fontsize=9.5, title_fontsize=9.5, handlelength=2.4, frameon=True, framealpha=0.75,
        edgecolor="none",
    )  # fmt: skip


def _beside(along: Axis, at: float, steps: float) -> float:
    """Return a place so many small steps beside a level: the end of a bar, or of one of several lines."""
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
    down, along = cells.axes
    high, wide = values.shape
    figure, (axes,) = new_figure(size=(max(6.6, 2.8 + 0.95 * wide), max(4.4, 2.4 + 0.62 * high)))
    axes.set_facecolor(style.LIGHT)
    image = axes.imshow(np.ma.masked_invalid(values), origin="lower", aspect="auto", cmap="cividis")
    middle = (np.nanmin(values) + np.nanmax(values)) / 2.0
    for (row, column), value in np.ndenumerate(values):
        if math.isfinite(value):
            colour = "white" if value < middle else style.BLACK
            axes.text(column, row, number(value, 3), ha="center", va="center", color=colour, fontsize=11)
        else:
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1.0, 1.0, fill=False, hatch="//", edgecolor=style.GREY,
                                     linewidth=0))  # fmt: skip
    _name_levels(axes, range(wide), along.labels, most=44)
    axes.set_yticks(range(high), list(map(label, down.labels)))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_ylabel(_name(down, analysis))
    axes.set_xlabel(_name(along, analysis))
    bar = figure.colorbar(image, ax=axes, label=labelled(outcome.name, outcome.unit))
    bar.ax.yaxis.set_major_formatter(rows.Ticks())
    bar.outline.set_visible(False)
    ends = [number(float(find(values)), 3) for find in (np.nanmin, np.nanmax)]
    entitle(figure, phrase(
        "{outcome} lies between {low} and {high} over {one} and {other}", outcome=outcome.name, low=ends[0],
        high=ends[1], one=down.factor, other=along.factor,
    ))  # fmt: skip
    hatched = phrase("Hatched: no point lies there.") if any(0 in row for row in cells.counts) else ""
    footnote(figure, phrase("Means over points and replicates."), hatched, *_confounded(analysis), *analysis.warnings)
    return figure


# Axes.


def _name(along: Axis, analysis: Analysis) -> str:
    return labelled(along.factor, next(unit for key, unit, _ in analysis.factors if key == along.factor))


def _panel_axes(axes: Axes, along: Axis, analysis: Analysis) -> None:
    """Let x be a factor, a scale of numbers or a place for each level, and y run over what is drawn."""
    axes.set_xlabel(_name(along, analysis))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 2.5, 5, 10)))
    axes.yaxis.set_major_formatter(rows.Ticks())
    axes.grid(axis="y", color=style.LIGHT, linewidth=0.6)
    low, high = min(along.centres), max(along.centres)
    if not along.numeric:
        _name_levels(axes, along.centres, along.labels, most=34)
        axes.set_xlim(low - 0.5, high + 0.5)
        return
    if along.log and low > 0.0:
        axes.set_xscale("log")
        margin = (high / low) ** 0.07
        axes.set_xlim(low / margin, high * margin)
        fine, coarse = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0)
        span = high / low
        steps = fine if span < 5.0 else coarse if span < 30.0 else (1.0, 3.0) if span < 300.0 else (1.0,)
        axes.xaxis.set_major_locator(LogLocator(subs=steps))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        margin = 0.07 * ((high - low) or 1.0)
        axes.set_xlim(low - margin, high + margin)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=(1, 2, 2.5, 5, 10)))
    axes.xaxis.set_major_formatter(rows.Ticks())


def _name_levels(axes: Axes, places: Sequence[float], labels: Sequence[str], most: int) -> None:
    """Name levels along x, aslant if they have more than so many letters."""
    aslant = max(map(len, labels)) * len(labels) > most
    axes.set_xticks(
        list(places), list(map(label, labels)), rotation=30 if aslant else 0, ha="right" if aslant else "center"
    )


def _panels(
    count: int, outcome: Outcome, most: int, least: float, width: float, height: float
) -> tuple[Figure, list[Axes]]:
    """Return a figure with so many panels of the outcome, at most ``most`` beside each other; sizes in inches."""
    wide = min(most, count)
    high = math.ceil(count / wide)
    figure, panels = new_figure(high, wide, size=(max(width * wide, least), height * high + 1.5))
    for axes in panels[count:]:
        axes.set_visible(False)
    figure.supylabel(labelled(outcome.name, outcome.unit), fontsize=12)
    return figure, panels


# By month.


def fan(found: Fan, analysis: Analysis) -> Figure:
    """Draw a series: its median and central 50 and 90 % over all runs, and beside it split by a factor."""
    months = np.array(found.months, dtype=np.float64)
    values = np.array([band.quantiles for band in (found.whole, *found.parts)])
    seen, looks = values[np.isfinite(values)], style.LOOKS[1:] + style.LOOKS[:1]
    figure, panels = new_figure(1, 2 if found.parts else 1, size=(12.0 if found.parts else 8.0, 5.4))
    wide = bool((seen > 0.0).all() and seen.max() > _WIDE_RANGE * seen.min())
    for axes, shown in zip(panels, ([found.whole], found.parts), strict=False):
        (style.log_axis if wide else style.linear_axis)(axes, values.ravel())
        style.month_axis(axes, float(months[-1]))
        for band, look in zip(shown, looks[-1:] if len(shown) == 1 else looks, strict=False):
            _draw_band(axes, months, band, look, whole=len(shown) <= 2)
        axes.set_xlabel(phrase("time (months)"))
    panels[0].set_ylabel(labelled(in_words(found.name), found.unit))
    panels[0].set_title(phrase("all {runs} runs", runs=f"{found.whole.runs:,}"), loc="left", fontsize=12.5)
    if found.parts:
        panels[1].set_title(reworded(phrase("by {factor}", factor=found.factor)), loc="left", fontsize=12.5)
        ends = [(label(band.label), np.array(band.quantiles[2])) for band in found.parts]
        label_ends(panels[1], [(*end, look) for end, look in zip(ends, looks, strict=False)])
    entitle(figure, _fan_title(found))
    why = phrase("{factor} matters most for {outcome}.", factor=found.factor, outcome=found.outcome)
    said = phrase(
        "Line: median; dark: central 50 % of runs; light: central 90 % (left only)." if len(found.parts) > 2
        else "Line: median; dark: central 50 % of runs; light: central 90 %."
    )  # fmt: skip
    footnote(figure, said, why if found.parts else "", *analysis.warnings)
    return figure


def _draw_band(axes: Axes, months: Floats, band: Band, look: Look, whole: bool) -> None:
    low, lower, middle, upper, high = (np.array(row) for row in band.quantiles)
    if whole:
        axes.fill_between(months, low, high, color=look.colour, alpha=0.15, linewidth=0)
    axes.fill_between(months, lower, upper, color=look.colour, alpha=0.3, linewidth=0)
    axes.plot(months, middle, color=look.colour, linestyle=look.line)


def _fan_title(found: Fan) -> str:
    ends = [(label(band.label), [value for value in band.quantiles[2] if math.isfinite(value)][-1])
            for band in (found.parts or (found.whole,))]  # fmt: skip
    low, high = (find(ends, key=lambda each: each[1]) for find in (min, max))
    if not found.parts:
        return phrase(
            "{outcome} ends at {value} in the median of all runs", outcome=in_words(found.name), value=number(low[1])
        )
    return phrase(
        "{outcome} ends at {low} in the median where {factor} is {one}, at {high} where it is {other}",
        outcome=in_words(found.name), low=number(low[1], 3), factor=found.factor, one=low[0], high=number(high[1], 3),
        other=high[0],
    )  # fmt: skip


OF_AN_OUTCOME: dict[str, Callable[[Outcome, Analysis], Figure | None]] = {
    "indices": indices, "importance": importance, "effects": effects, "interactions": interactions, "heat": heat,
    "replicates": replicates,
}  # fmt: skip
KINDS = ("noise", *OF_AN_OUTCOME, "fans")
