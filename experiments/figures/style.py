"""How every figure looks: fonts, colours for the colour-blind (Okabe, Ito 2008), axes, labels, and saving.

``_STYLE`` is the house style, settings of matplotlib; a reader's style file may replace any of them but ``_FIXED``.

A figure is drawn inside ``styled()``, begun by ``new_figure`` and ended by ``save``::

    with styled():
        figure, (upper, lower) = new_figure(2)
        entitle(figure, "Unit cost halves")
        ...
        save(figure, folder / "costs.png")

The same data gives the same bytes: no global state of matplotlib is read, and no date or version is written.
"""

from __future__ import annotations

import logging
import re
import secrets
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, MultipleLocator, NullLocator
from numpy.typing import NDArray

from experiments.figures.asked import DPI, asked
from experiments.figures.lettering import FAMILY, drawable, language_drawn, make_safe
from experiments.figures.words import number, reworded
from experiments.messages.language import spoken
from experiments.messages.text import shortened, wrapped

Floats = NDArray[np.float64]

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
GREY, LIGHT, PALE = "#666666", "#D9D9D9", "#F3F3F3"

_ROOMS = (1.0, 0.7, 0.5, 0.3)  # of the usual place of text, tried until the axes have a place too
_LEAST = 0.5  # inches that an axes must have either way
_CROWDED = ".*axes sizes collapsed to zero"
_MOST_TITLE = 4  # lines
_MOST_NOTE = 4  # lines of one part of a note
_LONGEST_END = 24  # columns of a name at a line's right end
_SILENT: Any = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}  # what would vary
_STYLE: Any = {
    "font.family": FAMILY,
    "font.size": 12,
    "axes.labelsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.titlesize": 14,
    "figure.titleweight": "bold",
    "legend.fontsize": 11.5,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "xtick.labelsize": 11.5,
    "ytick.labelsize": 11.5,
}
_FIXED: Any = {"svg.hashsalt": "flywheel", "text.parse_math": False, "text.usetex": False, "savefig.bbox": None}


class Look(NamedTuple):
    """How one series is told apart: by colour, and by line and marker for who sees no colour."""

    colour: str
    line: Any = "-"
    marker: str = "o"


FOCAL = Look(BLUE)
RIVAL = Look(VERMILION, (0, (4, 1.6)), "D")
THIRD = Look(GREEN, (0, (1, 1.2)), "^")
ALONE = Look(GREEN)
LIMIT = Look(GREY, (0, (6, 3)))
LOOKS = tuple(
    Look(colour, line, marker)
    for colour, line, marker in zip(
        (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK, GREY),
        ("-", (0, (4, 1.6)), (0, (1, 1.2)), "-.", "-", (0, (4, 1.6)), (0, (1, 1.2)), "-."),
        "oD^svP*X",
        strict=True,
    )
)


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house style, the style file and the language that were asked for; restore all settings afterwards."""
    told = logging.getLogger("matplotlib.font_manager")  # that a font of other letters has no bold face
    level = told.level
    told.setLevel(logging.ERROR)
    try:
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(_STYLE | dict(asked().style) | _FIXED)
            with spoken(language_drawn(asked().language)):
                yield
    finally:
        told.setLevel(level)


def new_figure(
    rows: int = 1,
    columns: int = 1,
    *,
    size: tuple[float, float] = (8.0, 6.0),
    share_x: bool = False,
    heights: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """Return a figure of ``size`` in inches and its axes, row by row; ``heights`` are those of rows, else equal."""
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    axes = figure.subplots(rows, columns, sharex=share_x, squeeze=False, height_ratios=heights)
    figure.align_ylabels()
    return figure, list(axes.flat)


def entitle(figure: Figure, title: str) -> None:
    """Put a title, the finding in words, over the whole figure; broken into lines that fit its width.

    Without headlines it is kept as the figure's label alone, which ``save`` writes as metadata.
    """
    figure.set_label(title := reworded(title))
    if not asked().headline:
        return
    width = int(figure.get_figwidth() * 8.6)  # so many bold letters of 14 pt to an inch
    title = drawable(title, "bold")
    lines = wrapped(title, width, _MOST_TITLE)
    # As narrow as the number of lines allows: no last line of a word or two.
    while len(lines) > 1 and len(narrower := wrapped(title, width - 1)) == len(lines):
        lines, width = narrower, width - 1
    figure.suptitle("\n".join(lines), x=0.01, ha="left")


def footnote(figure: Figure, *lines: str) -> None:
    """Say below a figure what must be known to read it."""
    width = int(figure.get_figwidth() * 13.0)
    said = [part for line in lines if line for part in wrapped(drawable(reworded(line)), width, _MOST_NOTE)]
    figure.supxlabel("\n".join(said), x=0.01, ha="left", fontsize=10, color=GREY)


def title_of(figure: Figure) -> str:
    """Return the finding that ``entitle`` was given."""
    return str(figure.get_label())


def save_all(figure: Figure, path: Path) -> list[Path]:
    """Write a figure in each format that is asked for, and return the files: ``path``, with each format's ending."""
    return [save(figure, path.with_suffix(f".{form}")) for form in asked().formats]


def save(figure: Figure, path: Path) -> Path:
    """Write a figure whole or not at all, with the title as its metadata; the folder is made if missing.

    The end of the path says the format: png, svg or pdf. Its text may come from anywhere: ``make_safe`` sees to it that
    nothing but its letters is drawn.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    written = partial(figure.savefig, unfinished, format=path.suffix[1:], dpi=asked().dpi,
                      metadata={"Title": drawable(title_of(figure)), **_SILENT[path.suffix]})  # fmt: skip
    try:
        if not any(_has_room(figure, room, written) for room in _ROOMS):
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=_CROWDED)
                written()
        unfinished.replace(path)
    except OSError as error:
        error.filename = str(path)  # a write to a full disk does not say
        raise
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _has_room(figure: Figure, room: float, written: Callable[[], None]) -> bool:
    """Write a figure with so much room for its text; return whether that leaves room for what it shows."""
    make_safe(figure, room)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=_CROWDED)
        try:
            written()
        except UserWarning as warning:
            if re.match(_CROWDED, str(warning)):
                return False
            raise
    width, height = figure.get_size_inches()
    boxes = [axes.get_position() for axes in figure.axes if axes.get_subplotspec() is not None]
    return all(width * box.width > _LEAST and height * box.height > _LEAST for box in boxes)


# Axes.


def month_axis(axes: Axes, last: float) -> None:
    """Let x run over months from founding to ``last``, with ticks that divide a year or are years."""
    axes.set_xlim(0.0, max(last, 2.0))
    steps = (1, 2, 3, 6, 12, 24, 60, 120)
    axes.xaxis.set_major_locator(MultipleLocator(next((step for step in steps if last <= 8 * step), 240)))
    axes.xaxis.set_major_formatter(FuncFormatter(_tick))


def linear_axis(axes: Axes, *values: Floats, top: float = 0.0, whole: bool = False) -> None:
    """Let y run from 0, or from the lowest value below it, to the highest or ``top``; ``whole`` for counts."""
    seen = _finite(*values)
    low, high = min([0.0, *seen]), max([top, *seen])
    high = high if high > low else low + 1.0
    axes.set_ylim(low - (0.05 * (high - low) if low < 0.0 else 0.0), high + 0.05 * (high - low))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=whole, steps=(1, 2, 2.5, 5, 10)))
    axes.yaxis.set_major_formatter(FuncFormatter(_tick))
    axes.grid(axis="y", color=LIGHT, linewidth=0.6)


def log_axis(axes: Axes, *values: Floats) -> None:
    """Let y be logarithmic over at least a decade around the positive values; plain if there are none."""
    seen = [value for value in _finite(*values) if value > 0.0]
    if not seen:
        linear_axis(axes, *values)
        return
    low, high = np.log10(min(seen)), np.log10(max(seen))
    margin = max(0.08 * (high - low), 0.5 * (1.0 - (high - low)))
    low, high = max(low - margin, -300.0), min(high + margin, 300.0)
    axes.set_yscale("log", nonpositive="mask")
    axes.set_ylim(10.0**low, 10.0**high)
    decades = np.arange(np.floor(low), np.ceil(high) + 1.0, max(1.0, np.ceil((high - low) / 6.0)))
    between = (1.0, 2.0, 5.0) if high - low < 1.4 else (1.0, 3.0) if high - low < 2.4 else (1.0,)
    ticks = np.outer(10.0**decades, between).ravel()
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if 10.0**low <= tick <= 10.0**high]))
    axes.yaxis.set_major_formatter(FuncFormatter(_tick))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y", color=LIGHT, linewidth=0.6)


def _tick(value: float, _position: int | None = None) -> str:
    return number(value, digits=6 if 1e-3 <= abs(value) < 1e6 else 3)


def _finite(*values: Floats) -> list[float]:
    return [float(value) for series in values for value in series if np.isfinite(value)]


# Marks.


def line(axes: Axes, x: Floats, y: Floats, look: Look, *, steps: bool = False) -> None:
    """Draw one series; a single point, which a line would not show, as a hollow marker."""
    marker = look.marker if np.isfinite(y).sum() == 1 else None
    axes.plot(
        x, y, color=look.colour, linestyle=look.line, marker=marker, markersize=9, markeredgewidth=2,
        markerfacecolor="none", drawstyle="steps-post" if steps else "default", clip_on=False,
    )  # fmt: skip


def label_ends(axes: Axes, ends: Sequence[tuple[str, Floats, Look]]) -> None:
    """Name each series at its right end, moved apart where ends are close; call once the y axis is final."""
    named = [(text, _last_height(axes, y), look) for text, y, look in ends if np.isfinite(y).any()]
    named.sort(key=lambda entry: entry[1])
    points = axes.get_window_extent().height * 72.0 / DPI  # a little less than the layout will give
    heights = _apart([height for _, height, _ in named], least=14.5 / points)
    for (text, _, look), height in zip(named, heights, strict=True):
        shown = shortened(drawable(text, "bold"), _LONGEST_END)
        axes.text(
            1.012, height, shown, color=look.colour, transform=axes.transAxes, va="center", ha="left", fontsize=11.5,
            weight="bold",
        )  # fmt: skip


def _last_height(axes: Axes, y: Floats) -> float:
    """Return where the last finite value is, as a share of the axes' height."""
    last = y[np.isfinite(y)][-1]
    if axes.get_yscale() == "log":
        last = max(last, axes.get_ylim()[0])
    across = axes.transData.transform((0.0, float(last)))
    return float(np.clip(axes.transAxes.inverted().transform(across)[1], 0.0, 1.0))


def _apart(heights: Sequence[float], least: float) -> list[float]:
    """Return ascending heights moved at least ``least`` apart: both ways where they crowd, but within 0 and 1."""
    moved = list(heights)
    for n in range(1, len(moved)):
        short = max(0.0, moved[n - 1] + least - moved[n])
        moved[n - 1], moved[n] = moved[n - 1] - short / 2.0, moved[n] + short / 2.0
    for n in range(len(moved) - 1, -1, -1):
        moved[n] = min(moved[n], moved[n + 1] - least if n + 1 < len(moved) else 1.0)
    for n in range(len(moved)):
        moved[n] = max(moved[n], moved[n - 1] + least if n else 0.0)
    return moved


def note(axes: Axes, text: str) -> None:
    """Say in an empty panel why it is empty."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=GREY, style="italic")


def mark_months(axes: Axes, months: Iterable[float]) -> None:
    """Mark months by light upright lines."""
    for month in months:
        axes.axvline(month, color=LIGHT, linewidth=1.0, zorder=0.5)


def shade_months(axes: Axes, months: Floats, on: Floats) -> None:
    """Shade the stretches of months in which ``on`` is above 0."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (on > 0.0).astype(int), [0]))))
    for first, after in edges.reshape(-1, 2):
        axes.axvspan(months[first] - 0.5, months[after - 1] + 0.5, color=ORANGE, alpha=0.18, linewidth=0, zorder=0.4)
