"""What a report is made of: a page of sections of blocks, and text within them.

All text is data: whatever a string holds is shown as it is, and is no markup in either form of the page. What stands
out is said by type (``Strong``, ``Code``, ``Link``), so that HTML and Markdown hold the same words and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, TypeAlias

Look: TypeAlias = Literal["for", "open", "none", "against"]


@dataclass(frozen=True)
class Strong:
    """Text that stands out."""

    kind: ClassVar[str] = "strong"
    text: str


@dataclass(frozen=True)
class Code:
    """A name, a key or a file, in letters of one width."""

    kind: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True)
class Link:
    """A link to a section of the page, by its title."""

    kind: ClassVar[str] = "link"
    text: str
    section: str


class Segment(NamedTuple):
    """A part of a bar: its share of the whole, the letter that names it without colour, and its look."""

    share: float
    letter: str
    look: Look


@dataclass(frozen=True)
class Bar:
    """A bar of shares that add up to 1, to be read without colour: by order, hatching and letters.

    Attributes:
        segments: from left to right.
        text: what is written beside it.
    """

    kind: ClassVar[str] = "bar"
    segments: tuple[Segment, ...]
    text: str = ""


Inline: TypeAlias = str | Strong | Code | Link | Bar
Text: TypeAlias = Inline | Sequence[Inline]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    kind: ClassVar[str] = "paragraph"
    text: Text


@dataclass(frozen=True)
class Warn:
    """A paragraph that warns."""

    kind: ClassVar[str] = "warn"
    text: Text


@dataclass(frozen=True)
class Heading:
    """A heading within a section; the contents do not list it."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Bullets:
    """A list."""

    kind: ClassVar[str] = "bullets"
    items: Sequence[Text]


@dataclass(frozen=True)
class Quote:
    """The words of a source, and the tag of their language if it is not English, such as "zh-Hans"."""

    kind: ClassVar[str] = "quote"
    text: str
    language: str = ""


@dataclass(frozen=True)
class Command:
    """A command to copy."""

    kind: ClassVar[str] = "command"
    text: str


@dataclass(frozen=True)
class Table:
    """A table; where the screen is narrow it scrolls, or stacks the cells of each row.

    Attributes:
        head: the headings.
        rows: cells, row by row.
        numbers: which columns hold numbers, which stand to the right.
        stacked: whether its cells stand one below the other where the screen is narrow, each with its heading.
    """

    kind: ClassVar[str] = "table"
    head: Sequence[str]
    rows: Sequence[Sequence[Text]]
    numbers: frozenset[int] = frozenset()
    stacked: bool = False


@dataclass(frozen=True)
class Figure:
    """A picture.

    Attributes:
        path: the file, within the folder of the page; where there is none, the page says that it is missing.
        alt: what it shows, for who cannot see it: the finding.
        caption: how to read it.
        again: the command that draws it again, if there is one.
        wide: whether it scrolls where the screen is narrow, since its text could not be read there.
    """

    kind: ClassVar[str] = "figure"
    path: Path
    alt: str
    caption: Text = ""
    again: str = ""
    wide: bool = False


Block: TypeAlias = Paragraph | Warn | Heading | Bullets | Quote | Command | Table | Figure


@dataclass(frozen=True)
class Section:
    """A section, which the contents list."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """A report: what stands before the contents, the sections after them, and the language of its headings."""

    title: str
    lead: Sequence[Block]
    sections: Sequence[Section]
    language: str = "en"


def anchors(titles: Sequence[str]) -> list[str]:
    """Return the address of each title within its page, as sites that show Markdown make them."""
    found: list[str] = []
    for title in titles:
        plain = re.sub(r"[^\w\s-]", "", title.lower()).strip()
        anchor = re.sub(r"\s", "-", plain) or "section"
        again = sum(each == anchor or each.rpartition("-")[0] == anchor for each in found)
        found.append(f"{anchor}-{again}" if anchor in found else anchor)
    return found
