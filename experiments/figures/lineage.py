"""The lineage of modules: releases against slots, a line where one module lives on from release to release."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.figures.record import FILLED, Record
from experiments.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PALE,
    VERMILION,
    entitle,
    new_figure,
    note,
)
from experiments.figures.words import count

_FOUNDING = "founding"
_LONGEST_NAME = 22
_MOST_NAMES = 34


class Fill(NamedTuple):
    """A slot of one release (a column of the figure, 0 for founding), the module in it, and how it came there."""

    column: int
    slot: str
    module: int
    way: str


class Mark(NamedTuple):
    """How one way of filling a slot is drawn."""

    marker: str
    colour: str
    filled: bool
    size: float
    text: str


MARKS = {
    "founded": Mark("s", BLACK, True, 1.0, "at founding"),
    "made": Mark("o", BLUE, True, 1.1, "made"),
    "redeveloped": Mark("^", GREEN, True, 1.15, "redeveloped"),
    "adopted": Mark("D", VERMILION, True, 1.0, "adopted"),
    "mastered": Mark("o", ORANGE, False, 1.8, "mastered since"),
    "lost": Mark("X", GREY, True, 1.2, "replaced in a cut"),
    "reused": Mark("o", GREY, True, 0.6, "reused"),
}


def lineage(record: Record) -> Figure:
    """Draw how each slot of each release was filled, and the lives of modules across releases."""
    names, fills = trace(record)
    slots = list(dict.fromkeys(fill.slot for fill in fills))
    size = (float(np.clip(3.6 + 0.24 * len(names), 8.0, 12.0)), float(np.clip(3.4 + 0.42 * len(slots), 6.0, 18.0)))
    figure, (axes,) = new_figure(size=size)
    entitle(figure, _finding(record, fills))
    _draw_rows(axes, slots)
    _draw_lives(axes, slots, fills, room=_room(size, names, slots))
    _name_columns(axes, names)
    axes.set_ylabel("slot")
    if fills:
        handles = [_handle(mark) for way, mark in MARKS.items() if any(fill.way == way for fill in fills)]
        handles.append(Line2D([], [], color=GREY, linewidth=2.2, label="the same module"))
        figure.legend(handles=handles, loc="outside lower left", ncols=4, columnspacing=1.4, handletextpad=0.5)
    else:
        note(axes, "no module")
    return figure


def trace(record: Record) -> tuple[list[str], list[Fill]]:
    """Return the focal firm's columns, founding first, and every filling of a slot, in the order of events."""
    names, fills = [_FOUNDING], []
    newest = {_FOUNDING: 0}
    for event in record.events:
        if event.firm != "focal":
            continue
        if event.kind == "founded":
            fills.append(Fill(0, event.slot, event.module, "founded"))
        elif event.kind in FILLED:  # logged ahead of the release to which they belong
            fills.append(Fill(len(names), event.slot, event.module, event.kind))
        elif event.kind == "released":
            newest[event.product] = len(names)
            names.append(f"{_shortened(event.product)}, {event.month}")
        elif event.kind in ("mastered", "lost"):
            fills.append(Fill(newest.get(event.product, 0), event.slot, event.module, event.kind))
    return names, fills


def _finding(record: Record, fills: list[Fill]) -> str:
    releases = len(record.releases)
    if not releases:
        return "No release: the founding modules stay as they are"
    filled, reused = np.zeros(releases + 1), np.zeros(releases + 1)
    for fill in fills:
        if fill.way in FILLED and fill.column <= releases:
            filled[fill.column] += 1
            reused[fill.column] += fill.way == "reused"
    most = int((reused[1:] > 0.5 * filled[1:]).sum())
    verb = "reuses" if most == 1 else "reuse"
    return f"{most} of {count(releases, 'release', 'releases')} {verb} more than half of the slots"


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _room(size: tuple[float, float], names: list[str], slots: list[str]) -> float:
    """Return the size of a marker in points that fits both a column and a lane of a row."""
    return float(np.clip(min((size[0] - 2.5) * 72 / len(names) * 0.42, 9.0), 2.0, 9.0)) if slots else 9.0


def _draw_rows(axes: Axes, slots: list[str]) -> None:
    for row in range(0, len(slots), 2):
        axes.axhspan(row - 0.5, row + 0.5, color=PALE, linewidth=0, zorder=0)
    axes.set_ylim(max(len(slots), 1) - 0.5, -0.5)
    axes.set_yticks(range(len(slots)), slots)
    axes.tick_params(axis="y", length=0)


def _draw_lives(axes: Axes, slots: list[str], fills: list[Fill], room: float) -> None:
    for row, slot in enumerate(slots):
        here = [fill for fill in fills if fill.slot == slot]
        heights = _lanes(here)
        lives: dict[int, list[int]] = defaultdict(list)
        for fill in here:
            lives[fill.module].append(fill.column)
        for module, columns in lives.items():
            axes.plot([min(columns), max(columns)], [row + heights[module]] * 2, color=GREY, linewidth=2.2, zorder=1)
        for fill in here:
            _put(axes, MARKS[fill.way], fill.column, row + heights[fill.module], room)


def _lanes(fills: list[Fill]) -> dict[int, float]:
    """Return each module's height within its row, so that modules that live at the same time lie side by side."""
    lives: dict[int, tuple[int, int]] = {}
    for fill in fills:
        start, end = lives.get(fill.module, (fill.column, fill.column))
        lives[fill.module] = (min(start, fill.column), max(end, fill.column))
    ends: list[int] = []
    lanes: dict[int, int] = {}
    for module, (start, end) in sorted(lives.items(), key=lambda life: (life[1], life[0])):
        free = next((lane for lane, taken in enumerate(ends) if taken < start), len(ends))
        ends[free : free + 1] = [end]
        lanes[module] = free
    step = min(0.34, 0.72 / max(len(ends) - 1, 1))
    return {module: step * (lane - 0.5 * (len(ends) - 1)) for module, lane in lanes.items()}


def _put(axes: Axes, mark: Mark, column: float, height: float, room: float) -> None:
    axes.plot(
        [column], [height], marker=mark.marker, markersize=room * mark.size, color=mark.colour, linestyle="none",
        markerfacecolor=mark.colour if mark.filled else "none", markeredgewidth=1.6 if not mark.filled else 0.0,
        zorder=3 if mark.filled else 4,
    )  # fmt: skip


def _handle(mark: Mark) -> Line2D:
    return Line2D(
        [], [], marker=mark.marker, markersize=8 * mark.size, color=mark.colour, linestyle="none", label=mark.text,
        markerfacecolor=mark.colour if mark.filled else "none", markeredgewidth=1.6 if not mark.filled else 0.0,
    )  # fmt: skip


def _name_columns(axes: Axes, names: list[str]) -> None:
    every = max(1, -(-len(names) // _MOST_NAMES))
    shown = range(0, len(names), every)
    axes.set_xlim(-0.6, max(len(names), 2) - 0.4)
    axes.set_xticks(list(shown), [names[n] for n in shown], rotation=90 if len(names) > 9 else 35)
    if len(names) <= 9:
        for text in axes.get_xticklabels():
            text.set_horizontalalignment("right")
            text.set_rotation_mode("anchor")
    axes.set_xlabel("release, month" + (f" (every {every}th is named)" if every > 1 else ""))
