"""Text in pictures: literal, in letters that an installed font has, and no longer than its place.

DejaVu Sans comes with matplotlib; for other scripts the fonts below are used if the machine has them. What no font has
is shown as codes, such as ``[U+4E2D U+6587]``, and one line names a font to install.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from itertools import groupby
from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter

from experiments.messages.language import LANGUAGES, letters
from experiments.messages.terminal import note_once
from experiments.messages.text import columns, shortened, visible

_INSTALL = (
    (0x1100, 0x11FF, "fonts-noto-cjk"), (0x2E80, 0x9FFF, "fonts-noto-cjk"), (0xAC00, 0xD7AF, "fonts-noto-cjk"),
    (0xF900, 0xFAFF, "fonts-noto-cjk"), (0xFF00, 0xFFEF, "fonts-noto-cjk"), (0x20000, 0x3FFFF, "fonts-noto-cjk"),
    (0x1F000, 0x1FAFF, "fonts-symbola"),
)  # fmt: skip
"""First and last code of letters, and the package of Debian and Ubuntu that has them."""

Slant = Literal["normal", "italic", "oblique"]

FAMILY = "DejaVu Sans"
# Fonts of many letters, as they are called on Linux, macOS and Windows; the first that has a letter draws it.
_OTHERS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK TC", "Noto Sans CJK KR", "Noto Sans CJK HK", "Noto Sans JP",
    "Noto Sans SC", "Noto Sans TC", "Noto Sans KR", "Source Han Sans", "Source Han Sans SC", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Droid Sans Fallback", "IPAexGothic", "IPAGothic", "TakaoGothic", "VL Gothic", "NanumGothic",
    "Noto Serif CJK JP", "AR PL UMing CN", "AR PL UKai CN", "Hiragino Sans", "Hiragino Sans GB", "PingFang SC",
    "Heiti TC", "STHeiti", "Songti SC", "Apple SD Gothic Neo", "AppleGothic", "Arial Unicode MS", "Microsoft YaHei",
    "Microsoft JhengHei", "SimHei", "SimSun", "Yu Gothic", "Meiryo", "MS Gothic", "Malgun Gothic", "Noto Sans",
    "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai", "Noto Sans Symbols2",
    "Noto Emoji", "Symbola", "FreeSans", "Lohit Devanagari", "Nirmala UI", "Leelawadee UI", "Segoe UI",
    "Segoe UI Symbol", "Segoe UI Emoji", "Tahoma", "Unifont",
)  # fmt: skip
_MOST_LINES = 8
_REFERENCE = 100.0  # points, in which letters are measured
_WIDE, _NARROWED = 0.9, 0.55  # shares of its place: text that takes more than the first is cut to the second
_BESIDE, _BELOW = 0.42, 2.8  # of names at ticks: share of the width beside an axis, inches below one


@cache
def _installed() -> list[str]:
    """Return the fonts that are there beside DejaVu Sans."""
    known = set(fontManager.get_font_names())
    return [name for name in _OTHERS if name in known]


@cache
def _look_again() -> None:
    """Find fonts that were installed after matplotlib made its list, which it keeps for ever."""
    for path in set(font_manager.findSystemFonts()) - {entry.fname for entry in fontManager.ttflist}:
        with suppress(OSError, RuntimeError):  # a font that cannot be read, or that holds pictures of fixed size
            fontManager.addfont(path)
    _installed.cache_clear()


@cache
def _has(char: str, family: str, weight: str | int, style: Slant) -> bool:
    return bool(font_manager.get_font(_path(family, weight, style)).get_char_index(ord(char)))


def _path(family: str, weight: str | int, style: Slant) -> str:
    return font_manager.findfont(FontProperties(family=[family], weight=weight, style=style))


def drawable(text: str, weight: str | int = "normal", style: Slant = "normal") -> str:
    """Return visible text with codes in place of what no font has: ``layer [U+4E2D U+6587]``."""
    return drawn_with(text, weight, style)[0]


def drawn_with(text: str, weight: str | int = "normal", style: Slant = "normal") -> tuple[str, list[str]]:
    """Return ``drawable`` text, and the fonts that it takes, the first that has a letter first."""
    text = visible(text)
    if text.isascii():
        return text, [base_family()]
    found = [(char, _family(char, weight, style)) for char in text if not _is_mark(char)]
    said = ""
    for family, run in groupby(found, key=lambda each: each[1]):
        chars = [char for char, _ in run]
        said += "".join(chars) if family else "[" + " ".join(f"U+{ord(char):04X}" for char in chars) + "]"
    return said, list(dict.fromkeys([base_family(), *(family for _, family in found if family)]))


def _is_mark(char: str) -> bool:
    """Return whether a character only joins others or chooses their form: they are drawn without it."""
    return char in "\u200c\u200d" or "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def base_family() -> str:
    """Return the font of all letters that it has: DejaVu Sans, or the first that a style file names."""
    return str(mpl.rcParams["font.family"][0])


def _family(char: str, weight: str | int, style: Slant) -> str | None:
    if _has(char, base := base_family(), weight, style):
        return base
    if (found := _other(char, weight, style)) is None:
        package = next((name for low, high, name in _INSTALL if low <= ord(char) <= high), "fonts-noto")
        note_once(
            "figures: letters that no installed font has are drawn as codes; install a font that has them, on Debian "
            f"and Ubuntu with 'apt install {package}'"
        )
    return found


def _other(char: str, weight: str | int, style: Slant) -> str | None:
    for _ in range(2):
        for family in _installed():
            if _has(char, family, weight, style):
                return family
        _look_again()
    return None


def language_drawn(asked: str) -> str:
    """Return the language in which figures can be drawn: the one that was asked for, or English without a font for it.

    A line names the font to install. Figures are not refused for it: data and figures matter more than their language.
    """
    base = base_family()
    if asked == LANGUAGES[0] or all(_has(char, base, "normal", "normal") or _other(char, "normal", "normal")
                                    for char in letters()):  # fmt: skip
        return asked
    note_once(
        "--lang zh: no font for Chinese is installed: figures are in English; install one, on Debian and Ubuntu with "
        "'apt install fonts-noto-cjk'"
    )
    return LANGUAGES[0]


# A figure.


def make_safe(figure: Figure, room: float = 1.0) -> None:
    """Let all text of a figure be literal, in letters that there are, and short enough for its place.

    Args:
        figure: the figure.
        room: how much of the usual place text may take.
    """
    titles = {text for part in (figure, *figure.subfigs) for text in part.texts}
    for axes in figure.axes:
        _name_safely(axes.xaxis, room * _BELOW)
        _name_safely(axes.yaxis, room * max(_BELOW, _BESIDE * _inches(figure, axes)[0]))
    for text in figure.findobj(Text):
        across, up = _inches(figure, text.axes)
        place = up if text.get_rotation() == 90.0 else across
        most = place if text in titles else room * _WIDE * place
        _letter(text, most, most * _NARROWED / _WIDE, max(2, round(room * _MOST_LINES)))


def _inches(figure: Figure, axes: object) -> tuple[float, float]:
    """Return width and height of an axes with all around it, or of the figure."""
    width, height = figure.get_size_inches()
    spec = axes.get_subplotspec() if isinstance(axes, Axes) else None
    if spec is None:
        return float(width), float(height)
    grid = spec.get_gridspec()
    wide, high = (np.asarray(ratios, dtype=float) for ratios in (grid.get_width_ratios(), grid.get_height_ratios()))
    across, up = wide[list(spec.colspan)].sum() / wide.sum(), high[list(spec.rowspan)].sum() / high.sum()
    return float(width * across), float(height * up)


def _name_safely(axis: Axis, most: float) -> None:
    """Let the names at an axis' ticks be safe; they are put on anew whenever it is drawn."""
    given = axis.get_major_formatter()
    size = mpl.rcParams["font.size"]
    if isinstance(given, (FixedFormatter, FuncFormatter)):
        axis.set_major_formatter(
            FuncFormatter(lambda value, place=None: _fitted(_fewer(given(value, place), _MOST_LINES), size, most))
        )
    axis.get_ticklabels()


def _letter(text: Text, most: float, then: float, lines: int) -> None:
    weight, style = text.get_fontweight(), text.get_fontstyle()
    fitted = _fitted(_fewer(text.get_text(), lines), float(text.get_fontsize()), most, then, weight, style)
    text.set_parse_math(False)
    text.set_text(fitted)
    if len(fonts := drawn_with(fitted, weight, style)[1]) > 1:
        text.set_fontfamily(fonts)


def _fitted(
    text: str,
    size: float,
    most: float,
    then: float | None = None,
    weight: str | int = "normal",
    style: Slant = "normal",
) -> str:
    """Return text whose lines are at most so many inches long; one that is longer is cut to ``then`` if given."""
    lines = []
    for line in text.split("\n"):
        line, fonts = drawn_with(line, weight, style)
        long = _length(line, size, fonts, weight, style)
        short, left = line, columns(line) if long <= most else int(columns(line) * (then or most) / long)
        while long > most and left > 0:
            short = shortened(line, left).replace("……", "…")
            long, left = _length(short, size, fonts, weight, style), left - 1
        lines.append(short)
    return "\n".join(lines)


def _fewer(text: str, most: int) -> str:
    """Return text of at most so many lines, 2 or more; what has more loses those in its middle."""
    lines = text.split("\n")
    first = most - most // 2
    return (
        text if len(lines) <= most else "\n".join([*lines[: first - 1], f"{lines[first - 1]}…", *lines[-(most // 2) :]])
    )


def _length(line: str, size: float, fonts: list[str], weight: str | int, style: Slant) -> float:
    """Return how many inches a line takes, roughly: by letters, without what they do to each other."""
    return sum(_advance(char, tuple(fonts), weight, style) for char in line) * size / 72.0


@cache
def _advance(char: str, fonts: tuple[str, ...], weight: str | int, style: Slant) -> float:
    """Return how wide a letter is, as a share of the size of its font."""
    font = font_manager.get_font(_path(next(each for each in fonts if _has(char, each, weight, style)), weight, style))
    font.set_size(_REFERENCE, 72.0)
    return float(font.load_char(ord(char)).linearHoriAdvance / 65536.0 / _REFERENCE)
