"""Text that came from a file, a name or an error, made safe for where it goes: a terminal, a page, a table, a picture.

What a text says is kept; what it could do is taken from it. Pictures have ``experiments.figures.lettering`` besides,
and Markdown ``experiments.report``.
"""

from __future__ import annotations

import html
import re
import textwrap
import unicodedata

_BREAKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
_JOINERS = frozenset("\u200c\u200d")  # scripts and emoji need them; between ASCII they only hide
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_QUOTE = "'"
_FILLER = "\ue000"  # stands for the second half of a wide character; no visible text holds it
# A line may end after a wide character, but not begin with what closes, end with what opens, or part a short remark.
_BETWEEN = re.compile(
    f"(?<={_FILLER})(?<![（《「『【〔［｛]{_FILLER})(?![，。、；：？！）》”’」』】〕］｝…％%])(?![^（）]{{0,24}}）)"
)


def visible(text: str) -> str:
    """Return text on one line, with no character that commands a terminal, hides, or turns the reading direction.

    Breaks become blanks, and other such characters are shown as codes such as ``\\x1b`` or ``\\u202e``.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char, before) for before, char in zip(" " + text, text, strict=False))


def _shown(char: str, before: str) -> str:
    if char in _BREAKS:
        return " "
    if char.isprintable() or unicodedata.category(char) == "Zs" or (char in _JOINERS and not before.isascii()):
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is no UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def columns(text: str) -> int:
    """Return how many columns text takes: wide characters such as 中 take two, marks on others none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def shortened(text: str, most: int) -> str:
    """Return visible text of at most so many columns; what is longer loses its middle, as its ends tell names apart."""
    text = visible(text)
    if columns(text) <= most:
        return text
    tail = _head(text[::-1], (most - 1) // 2)[::-1]
    return f"{_head(text, most - 1 - columns(tail))}…{tail}"


def _head(text: str, most: int) -> str:
    taken = 0
    for n, char in enumerate(text):
        taken += _columns(char)
        if taken > most:
            return text[:n]
    return text


def wrapped(text: str, width: int, most_lines: int | None = None) -> list[str]:
    """Return visible text in lines of at most so many columns; if they were too many, its middle is left out.

    Args:
        text: what is to be broken into lines.
        width: the most columns of a line; words that are longer are cut.
        most_lines: the most lines.
    """
    text = visible(text)
    spread = "".join(char + _FILLER * (_columns(char) - 1) for char in text)
    lines = [line.replace(_FILLER, "") for line in _Wrapper(width).wrap(spread)]
    if most_lines is None or len(lines) <= most_lines:
        return lines
    # Lines are not filled to their ends, so a text cut to fit may need cutting a little more.
    for most in range(width * most_lines, 0, -max(1, width // 4)):
        lines = wrapped(shortened(text, most), width)
        if len(lines) <= most_lines:
            break
    return lines


class _Wrapper(textwrap.TextWrapper):
    def _split(self, text: str) -> list[str]:
        return [part for chunk in super()._split(text) for part in _BETWEEN.split(chunk)]


def in_html(text: str) -> str:
    """Return visible text for a page of HTML, in an element or a quoted attribute."""
    return html.escape(visible(text))


def in_cell(text: str) -> str:
    """Return visible text for a cell of a CSV file, which no spreadsheet may take for a formula.

    What could be one (it begins with = + - or @ after any blanks, goes on, and is no number) gets an apostrophe before
    it. So does what begins with an apostrophe, so that ``from_cell`` gives all visible text back.
    """
    text = visible(text)
    start = text.lstrip()
    formula = len(start) > 1 and start.startswith(_FORMULA) and not _is_number(text)
    return _QUOTE + text if formula or text.startswith(_QUOTE) else text


def from_cell(cell: str) -> str:
    """Return the text that ``in_cell`` put into a cell: a leading apostrophe is taken off."""
    return cell.removeprefix(_QUOTE)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip() and "_" not in text
