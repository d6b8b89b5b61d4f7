"""Pictures of answers: effects over worlds, outcomes over doses, what each switch gives, and phase diagrams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from experiments.claims import sentences
from experiments.claims.answers import Arm, ClaimAnswer, PhaseDiagram, Portion
from experiments.claims.estimands import ESTIMANDS
from experiments.claims.judging import VERDICTS, EffectFound
from experiments.claims.ladder import EffectAnswer
from experiments.claims.schema import Effect
from experiments.figures.lettering import drawable
from experiments.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    LIGHT,
    PALE,
    VERMILION,
    Floats,
    entitle,
    linear_axis,
    log_axis,
    new_figure,
    save_all,
    styled,
)
from experiments.figures.words import course, number
from experiments.messages.language import phrase, term
from experiments.messages.terminal import note
from experiments.messages.text import shortened, wrapped

FOLDER = "figures"
MOST_PANELS = 8
_MOST_TICKS = 8


class Mark(NamedTuple):
    """How a world's verdict is told apart, with colour and without."""

    colour: str
    marker: str
    filled: bool


MARKS = {
    "supported": Mark(BLUE, "o", True),
    "undecided": Mark(GREY, "o", False),
    "negligible": Mark(GREEN, "s", False),
    "contradicted": Mark(VERMILION, "D", True),
}


def draw_all(folder: Path, answers: Sequence[ClaimAnswer]) -> list[Path]:
    """Draw the pictures of all answers into ``folder/figures``, and return the paths of those that were drawn.

    A picture that cannot be drawn costs one line, and nothing else.

    Args:
        folder: of the report.
        answers: what is drawn.
    """
    drawn = []
    with styled():
        for answer in answers:
            for name, draw in pictures_of(answer):
                try:
                    drawn += save_all(draw(), folder / FOLDER / f"{name}.png")
                except Exception as error:  # whatever one picture meets, the others and the report are there
                    note(f"{name}: this picture could not be drawn: {type(error).__name__}: {error}")
    return drawn


def pictures_of(answer: ClaimAnswer) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """Yield the name of each picture of an answer, and what draws it."""
    name = answer.claim.id
    yield f"{name}-worlds", partial(draw_worlds, answer)
    if dosed(answer):
        yield f"{name}-doses", partial(draw_doses, answer)
    if answer.portions:
        yield f"{name}-shares", partial(draw_portions, answer)
    if answer.phase is not None:
        yield f"{name}-phase", partial(draw_phase, answer, answer.phase)


# Effects over worlds.


def draw_worlds(answer: ClaimAnswer) -> Figure:
    """Draw each effect of each rung in each world, with its interval, sorted by size."""
    shown = [(rung.name, effect) for rung in answer.rungs for effect in rung.effects][:MOST_PANELS]
    tall = 1.75 if len(answer.worlds) > 1 else 1.3
    figure, panels = new_figure(len(shown), size=(8.0, 1.5 + tall * len(shown)))
    entitle(figure, worlds_title(answer))
    seen = set[str]()
    for axes, (rung, effect) in zip(panels, shown, strict=True):
        seen |= _caterpillar(axes, rung, effect)
    marks: list[Artist] = [_handle(verdict) for verdict in sentences.ORDER if verdict in seen]
    kinds = {_one_bound(effect) for _, effect in shown}
    if False in kinds:
        marks.append(Patch(color=LIGHT, label=phrase("too small to matter")))
    if True in kinds:
        marks.append(Line2D([], [], color=BLACK, linestyle="--", label=phrase("bound of “not worse”")))
    columns = len(marks) if len(marks) <= 5 else 3
    figure.legend(handles=marks, loc="outside lower center", ncols=columns, columnspacing=1.2, handletextpad=0.4)
    return figure


def worlds_title(answer: ClaimAnswer) -> str:
    """Return the finding: how widely each rung holds."""
    said = sentences.listed([sentences.found_words(rung) for rung in answer.rungs])
    return phrase("{claim}: {said}", claim=answer.claim.id, said=said)


def _one_bound(effect: EffectAnswer) -> bool:
    """Return whether an effect must only not be worse: it has one bound, and none is too small to matter."""
    low, high = ESTIMANDS[effect.found.effect.kind].bounds(effect.found.effect)
    return low == high


def _caterpillar(axes: Axes, rung: str, answer: EffectAnswer) -> set[str]:
    found = answer.found
    scale = sentences.unit_scale(found.unit)
    order = np.argsort(found.size, kind="stable")
    size, low, high = (scale * values[order] for values in (found.size, found.low, found.high))
    verdicts, rows = found.verdict[order], np.arange(len(order))
    estimand = ESTIMANDS[found.effect.kind]
    bounds = [scale * end for end in estimand.bounds(found.effect)]
    none = scale * estimand.none_of(found.effect)
    if _one_bound(answer):
        axes.axvline(bounds[0], color=BLACK, linewidth=1.4, linestyle="--", zorder=1)
    else:
        axes.axvspan(*bounds, color=LIGHT, linewidth=0, zorder=0)
    axes.axvline(none, color=BLACK, linewidth=1.0, zorder=1)
    left, right = _span(size, low, high, bounds, none, log=estimand.ratio)
    if estimand.ratio:
        axes.set_xscale("log")
    crowded = len(order) > 60
    seen = set[str]()
    for code, verdict in enumerate(VERDICTS):
        here = (verdicts == code) & np.isfinite(size)
        if not here.any():
            continue
        seen.add(verdict)
        mark = MARKS[verdict]
        axes.hlines(rows[here], np.clip(low[here], left, right), np.clip(high[here], left, right), color=mark.colour,
                    linewidth=0.7 if crowded else 1.2, alpha=0.55)  # fmt: skip
        for shape, where in ((mark.marker, (size >= left) & (size <= right)), ("<", size < left), (">", size > right)):
            if (here & where).any():
                axes.plot(np.clip(size, left, right)[here & where], rows[here & where], linestyle="none", marker=shape,
                          markersize=2.6 if crowded else 4.5, color=mark.colour, zorder=3, clip_on=False,
                          markerfacecolor=mark.colour if mark.filled else "white")  # fmt: skip
    axes.set_xlim(left, right)
    axes.set_ylim(-1.0, len(order))
    axes.set_yticks([])
    axes.set_ylabel(phrase("worlds, sorted") if len(order) > 1 else "", fontsize=10.5)
    axes.set_xlabel(shortened(drawable(sentences.size_title(found.unit)), 80), fontsize=10.5)
    if estimand.ratio:
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(7, steps=(1, 2, 2.5, 5, 10)))
    way = "→" if found.effect.sign == "+" else "←"
    title = phrase(
        "{rung}: {effect} (claimed: {way})", rung=phrase(rung), effect=sentences.effect_name(answer), way=way
    )
    axes.set_title(shortened(drawable(title), 84), loc="left", fontsize=11.5)
    return seen


def _span(
    size: Floats, low: Floats, high: Floats, bounds: Sequence[float], none: float, *, log: bool
) -> tuple[float, float]:
    """Return from where to where sizes are shown: nearly all estimates, the band, and much of the intervals."""
    turned, back = (np.log, np.exp) if log else (np.array, np.array)
    low, high, size = (
        turned(values[np.isfinite(values) & ((values > 0.0) | (not log))]) for values in (low, high, size)
    )
    inside = [*turned([*bounds, none]), *(np.quantile(size, [0.02, 0.98]) if size.size else ())]
    left, right = min(inside), max(inside)
    room = 0.35 * (right - left)
    ends = [np.quantile(low, 0.05) if low.size else left, np.quantile(high, 0.95) if high.size else right]
    left, right = max(min(left, ends[0]), left - room), min(max(right, ends[1]), right + room)
    room = 0.04 * (right - left)
    return float(back(left - room)), float(back(right + room))


def _handle(verdict: str) -> Line2D:
    mark = MARKS[verdict]
    return Line2D([], [], color=mark.colour, marker=mark.marker, linewidth=1.2, markersize=6, label=phrase(verdict),
                  markerfacecolor=mark.colour if mark.filled else "white")  # fmt: skip


# Outcomes over doses.


def dosed(answer: ClaimAnswer) -> list[EffectFound]:
    """Return the effects that a line over doses shows, one a measure."""
    found: dict[str, EffectFound] = {}
    for rung in answer.rungs:
        for effect in rung.effects:
            asked = effect.found.effect
            if ESTIMANDS[asked.kind].picture != "dose" or not (asked.doses or asked.against or answer.claim.doses):
                continue
            if asked.measure not in found or asked.against_arms:  # a comparison shows what the arms alone show too
                found[asked.measure] = effect.found
    return list(found.values())[:MOST_PANELS]


def draw_doses(answer: ClaimAnswer) -> Figure:
    """Draw outcomes over doses: the median world, and the range of eight of ten."""
    shown = dosed(answer)
    figure, panels = new_figure(len(shown), size=(8.0, 1.2 + 3.0 * len(shown)))
    entitle(figure, _dose_finding(answer, shown[0].effect))
    for axes, found in zip(panels, shown, strict=True):
        _dose_line(axes, answer, found.effect)
    return figure


def _dose_finding(answer: ClaimAnswer, effect: Effect) -> str:
    """Say from where to where the first measure goes over doses."""
    arms = {(arm.name, arm.measure): arm for arm in answer.arms}
    names = effect.arms or list(answer.claim.arms)
    start, end = (arms[name, effect.measure].median for name in (names[0], names[-1]))
    x = _doses(answer.claim.doses, effect, names, arms)
    title, _ = sentences.measure_title(answer.claim, effect.measure)
    said = (
        phrase("stays at {end}", end=number(end)) if start == end else
        phrase("{goes_to} {end} from {start}", goes_to=course(start, end), end=number(end), start=number(start))
    )  # fmt: skip
    return phrase("{claim}: {measure} {said} with {dose} from {first} to {last}", claim=answer.claim.id, measure=title,
                  said=said, dose=sentences.small(_dose_title(answer, effect)), first=number(x[0]),
                  last=number(x[-1]))  # fmt: skip


def _dose_line(axes: Axes, answer: ClaimAnswer, effect: Effect) -> None:
    claim = answer.claim
    arms = {(arm.name, arm.measure): arm for arm in answer.arms}
    groups = [(effect.arms or list(claim.arms), BLUE, "-", "o", "arms")]
    if effect.against_arms:
        without = sentences.changes_words(claim.arms[effect.against_arms[0]], claim.arms[effect.arms[0]])
        groups = [(effect.arms, BLUE, "-", "o", phrase("as claimed")),
                  (effect.against_arms, VERMILION, "--", "D", phrase("with {changes}", changes=without))]  # fmt: skip
    spans = list[Floats]()
    for names, colour, line, marker, label in groups:
        x = _doses(claim.doses, effect, names, arms)
        here = [arms[name, effect.measure] for name in names]
        low, median, high = (np.array([getattr(arm, end) for arm in here]) for end in ("low", "median", "high"))
        spans += [low, high]
        axes.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(x, median, color=colour, linestyle=line, marker=marker, label=label)
        if min(x) > 0.0 and max(x) / min(x) > 7.9 and _even(np.log(x)):
            axes.set_xscale("log")
            axes.minorticks_off()
        if len(x) <= _MOST_TICKS:
            axes.set_xticks(x, [number(dose, 3) for dose in x])
    axes.set_ylabel("\n".join(wrapped(drawable(sentences.measure_words(claim, effect.measure)), 34, 3)))
    axes.set_xlabel(shortened(drawable(_dose_title(answer, effect)), 84))
    in_logs = effect.scale == "log" or effect.kind == "elasticity"
    (log_axis if in_logs and min(map(np.min, spans)) > 0.0 else linear_axis)(axes, *spans)
    if len(groups) > 1:
        axes.legend()


def _doses(doses: dict[str, float], effect: Effect, names: Sequence[str], arms: dict[tuple[str, str], Arm]) -> Floats:
    if effect.against is not None:
        return np.array([arms[name, effect.against].median for name in names])
    return np.array(effect.doses if effect.doses else [doses[name] for name in names])


def _even(x: Floats) -> bool:
    steps = np.diff(x)
    return bool(steps.size and steps.min() > 0.4 * steps.max())


def _dose_title(answer: ClaimAnswer, effect: Effect) -> str:
    claim = answer.claim
    if effect.against is not None:
        return sentences.measure_words(claim, effect.against)
    if not effect.doses:
        return phrase("dose") if claim.file.dose is None else sentences.parameter_words(claim.file.dose.key)
    changes = [claim.arms[name] for name in effect.arms or claim.arms]
    for key in changes[0]:  # the parameter that the arms set to the doses
        if [each.get(key) for each in changes] == effect.doses:
            return sentences.parameter_words(key)
    return phrase("dose")


# What each switch gives.


def draw_portions(answer: ClaimAnswer) -> Figure:
    """Draw what each switch gives of a joint effect."""
    effects = list(dict.fromkeys(each.effect for each in answer.portions))[:MOST_PANELS]
    of_each = [[each for each in answer.portions if each.effect == effect] for effect in effects]
    figure, panels = new_figure(len(effects), size=(8.0, 1.3 + sum(0.9 + 0.45 * len(each) for each in of_each)))
    most = max(of_each[0], key=lambda each: each.share.median)
    share = sentences.whole_percent(most.share.median)
    entitle(figure, phrase("{claim}: the largest share of the joint outcome, {share}, comes from {mechanism}",
                           claim=answer.claim.id, mechanism=most.title, share=share))  # fmt: skip
    for axes, portions in zip(panels, of_each, strict=True):
        _bars(axes, portions)
    return figure


def _bars(axes: Axes, portions: Sequence[Portion]) -> None:
    rows = np.arange(len(portions))[::-1]
    shares = 100.0 * np.array([each.share for each in portions])
    median = shares[:, 0]
    spread = np.abs(shares[:, 1:].T - median)
    axes.barh(rows, median, color=BLUE, height=0.6, xerr=spread, error_kw={"ecolor": BLACK, "capsize": 4})
    axes.axvline(0.0, color=BLACK, linewidth=1.0)
    axes.set_yticks(rows, ["\n".join(wrapped(drawable(each.title), 30, 2)) for each in portions])
    axes.set_xlabel(phrase("Share of the joint effect (%); line: 8 of 10 worlds"))


# Where it holds.


def draw_phase(answer: ClaimAnswer, phase: PhaseDiagram) -> Figure:
    """Draw in which share of worlds a rung holds over two parameters, and the boundaries of the theory."""
    asked = answer.claim.file.phase
    figure, (axes,) = new_figure(size=(8.0, 6.4))
    entitle(figure, _phase_finding(answer, phase))
    axes.set_xscale(asked.x.scale)
    axes.set_yscale(asked.y.scale)
    edges = [_edges(values, axis.scale) for values, axis in ((phase.x, asked.x), (phase.y, asked.y))]
    mesh = axes.pcolormesh(*edges, 100.0 * phase.supported, cmap="cividis", vmin=0.0, vmax=100.0, edgecolors=PALE,
                           linewidth=0.6)  # fmt: skip
    figure.colorbar(mesh, label=phrase("Worlds in which it is supported (%)"))
    colours = mesh.to_rgba(100.0 * phase.supported)
    for row, y in enumerate(phase.y):
        for column, x in enumerate(phase.x):
            share, against = phase.supported[row, column], phase.contradicted[row, column]
            text = f"{100.0 * share:.0f}" + ("\n✕" if against >= 0.5 else "")
            axes.text(
                x, y, text, ha="center", va="center", fontsize=11, color="white" if share < 0.55 else BLACK, zorder=4,
                bbox={"facecolor": colours[row, column], "edgecolor": "none", "pad": 1.5},
            )  # fmt: skip
    drawn = [line for line in phase.lines if line.x]
    for n, line in enumerate(drawn):
        axes.plot(line.x, line.y, color="white", linewidth=5.0)
        axes.plot(line.x, line.y, color=VERMILION,
                  label=shortened(drawable(phrase("theory: {line}", line=line.title)), 70) if n == 0 else None,
        )  # fmt: skip
    axes.set_xlabel("\n".join(wrapped(drawable(term("parameters", asked.x.key) or asked.x.title), 60, 2)))
    axes.set_ylabel("\n".join(wrapped(drawable(term("parameters", asked.y.key) or asked.y.title), 46, 2)))
    axes.set_xlim(edges[0][0], edges[0][-1])
    axes.set_ylim(edges[1][0], edges[1][-1])
    for axis, scale, values in ((axes.xaxis, asked.x.scale, phase.x), (axes.yaxis, asked.y.scale, phase.y)):
        axis.set_major_locator(FixedLocator(values))
        if scale == "log":
            axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    if drawn:
        figure.legend(loc="outside lower center", ncols=2)
    return figure


def _phase_finding(answer: ClaimAnswer, phase: PhaseDiagram) -> str:
    """Say at how many pairs of values most worlds support a rung, or contradict it."""
    held, against = (int((shares >= 0.5).sum()) for shares in (phase.supported, phase.contradicted))
    said = phrase("{claim}: most worlds support the {rung} at {held} of {pairs} pairs of values", claim=answer.claim.id,
                  rung=phrase(phase.rung), held=held or phrase("none"), pairs=phase.size.size)  # fmt: skip
    return said + (phrase(", and contradict it at {against}", against=against) if against else "")


def _edges(values: Sequence[float], scale: str) -> Floats:
    """Return the edges of cells around values."""
    at = np.log(values) if scale == "log" else np.array(values)
    middle = (at[1:] + at[:-1]) / 2.0
    ends = np.concatenate(([2.0 * at[0] - middle[0]], middle, [2.0 * at[-1] - middle[-1]]))
    return np.exp(ends) if scale == "log" else ends
