"""The lineage of modules: releases against slots, a line where one module lives on from release to release."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.record import FILLED, Record
from experiments.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PALE, VERMILION, entitle, new_figure, note
from experiments.figures.words import count
from experiments.messages.language import marked, phrase
from experiments.messages.text import shortened

_FOUNDING = marked("founding")
_LONGEST_NAME = 24
_MOST_NAMES = 34
_PADDING = 0.7


class Fill(NamedTuple):
    """A slot of one release (a column of the figure, 0 for founding), the module in it, and how it came there."""

    column: int
    slot: str
    module: int
    way: str


class Mark(NamedTuple):
    """How one way of filling a slot is drawn; a ring goes around the mark that is there already."""

    marker: str
    colour: str
    size: float
    text: str
    ring: bool = False


MARKS = {
    "inherited": Mark("s", BLACK, 1.0, marked("inherited")),
    "made": Mark("o", BLUE, 1.1, marked("made")),
    "copied": Mark("^", GREEN, 1.2, marked("copied and fitted")),
    "reused": Mark("o", GREY, 0.6, marked("reused")),
    "adopted": Mark("D", VERMILION, 1.0, marked("adopted")),
    "mastered": Mark("o", ORANGE, 1.7, marked("mastered later"), ring=True),
    "lost": Mark("X", BLACK, 1.2, marked("stands in after a cut")),
}


class Row(NamedTuple):
    """One slot's place in the figure: its upper edge, its lanes, and the lane of each module."""

    top: float
    lanes: int
    lane: dict[int, int]

    @property
    def bottom(self) -> float:
        """The lower edge; y runs downwards, and a lane is 1 high."""
        return self.top + self.lanes + _PADDING

    def height(self, module: int) -> float:
        """Return where a module's lane lies."""
        return self.top + 0.5 * (_PADDING + 1.0) + self.lane[module]


def lineage(record: Record) -> Figure:
    """Draw how each slot of each release was filled, and the lives of modules across releases."""
    names, fills = trace(record)
    rows = _rows(fills)
    high = max((row.bottom for row in rows.values()), default=1.0)
    size = (float(np.clip(3.4 + 0.19 * len(names), 8.0, 10.0)), float(np.clip(3.0 + 0.2 * high, 6.0, 18.0)))
    # Markers must fit both into a column and, without the legend and the names, into a lane.
    room = float(np.clip(72.0 * min(0.45 * (size[0] - 2.2) / len(names), 0.6 * (size[1] - 3.0) / high), 3.2, 9.0))
    figure, (axes,) = new_figure(size=size)
    entitle(figure, _finding(record, fills))
    axes.set_ylim(high, 0.0)
    axes.set_yticks([0.5 * (row.top + row.bottom) for row in rows.values()], list(rows))
    axes.tick_params(axis="y", length=0)
    for row in list(rows.values())[::2]:
        axes.axhspan(row.top, row.bottom, color=PALE, linewidth=0, zorder=0)
    _draw_lives(axes, rows, fills, min(2.2, 0.35 * room))
    for way, mark in MARKS.items():
        _draw_fills(axes, rows, [fill for fill in fills if fill.way == way], mark, room)
    _name_columns(axes, names)
    axes.set_ylabel(phrase("slot"))
    if fills:
        axes.plot([], [], color=GREY, label=phrase("the same module"))
        figure.legend(loc="outside lower left", ncols=4, columnspacing=1.4, handletextpad=0.5)
    else:
        note(axes, phrase("no data"))
    return figure


def trace(record: Record) -> tuple[list[str], list[Fill]]:
    """Return the focal firm's columns, founding first, and every filling of a slot, in the order of events."""
    names, fills = [phrase(_FOUNDING)], []
    newest: dict[str, int] = {}
    for event in record.events:
        if event.firm != "focal":
            continue
        if event.kind == "inherited":
            fills.append(Fill(0, event.slot, event.module, event.kind))
        elif event.kind in FILLED:  # logged ahead of the release to which they belong
            fills.append(Fill(len(names), event.slot, event.module, event.kind))
        elif event.kind == "released":
            newest[event.product] = len(names)
            names.append(f"{shortened(event.product, _LONGEST_NAME)}, {event.month}")
        elif event.kind in ("mastered", "lost"):
            fills.append(Fill(newest.get(event.product, 0), event.slot, event.module, event.kind))
    return names, fills


def _finding(record: Record, fills: list[Fill]) -> str:
    releases = len(record.releases)
    if not fills:
        return phrase("Nothing to show: no module in the log")
    if not releases:
        return phrase("No release: there is only what the parent handed down")
    filled, reused = np.zeros(releases + 1), np.zeros(releases + 1)
    for fill in fills:
        if fill.way in FILLED and fill.column <= releases:
            filled[fill.column] += 1
            reused[fill.column] += fill.way == "reused"
    most = int((reused[1:] > 0.5 * filled[1:]).sum())
    return phrase(
        "{some} of {releases} reuses more than half of its slots"
        if most == 1
        else "{some} of {releases} reuse more than half of their slots",
        some=most,
        releases=count(releases, "release", "releases"),
    )


def _rows(fills: list[Fill]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    top = 0.0
    for slot in dict.fromkeys(fill.slot for fill in fills):
        lane = _lanes(_lives([fill for fill in fills if fill.slot == slot]))
        rows[slot] = Row(top, max(lane.values()) + 1, lane)
        top = rows[slot].bottom
    return rows


def _lives(fills: list[Fill]) -> dict[int, tuple[int, int]]:
    """Return the first and the last column of each module."""
    lives: dict[int, tuple[int, int]] = {}
    for fill in fills:
        start, end = lives.get(fill.module, (fill.column, fill.column))
        lives[fill.module] = (min(start, fill.column), max(end, fill.column))
    return lives


def _lanes(lives: dict[int, tuple[int, int]]) -> dict[int, int]:
    """Return a lane for each module, so that modules that live at the same time lie side by side."""
    ends: list[int] = []
    lanes: dict[int, int] = {}
    for module, (start, end) in sorted(lives.items(), key=lambda life: (life[1], life[0])):
        free = next((lane for lane, taken in enumerate(ends) if taken < start), len(ends))
        ends[free : free + 1] = [end]
        lanes[module] = free
    return lanes


def _draw_lives(axes: Axes, rows: dict[str, Row], fills: list[Fill], width: float) -> None:
    for slot, row in rows.items():
        lives = _lives([fill for fill in fills if fill.slot == slot])
        heights = [row.height(module) for module in lives]
        starts, ends = zip(*lives.values(), strict=True)
        axes.hlines(heights, starts, ends, color=GREY, linewidth=width, zorder=1)


def _draw_fills(axes: Axes, rows: dict[str, Row], fills: list[Fill], mark: Mark, room: float) -> None:
    if not fills:
        return
    axes.plot(
        [fill.column for fill in fills], [rows[fill.slot].height(fill.module) for fill in fills],
        marker=mark.marker, markersize=room * mark.size, color=mark.colour, linestyle="none", label=phrase(mark.text),
        markerfacecolor="none" if mark.ring else mark.colour, markeredgewidth=1.6 if mark.ring else 0.0,
        zorder=4 if mark.ring else 3, clip_on=False,
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
    named = phrase(" (one in {every} is named)", every=every) if every > 1 else ""
    axes.set_xlabel(phrase("release, and its month") + named)
