"""A page as HTML, with its pictures in it, and as Markdown, with its pictures beside it: two templates, one content."""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from experiments.messages.language import phrase
from experiments.messages.text import visible
from experiments.report.page import Bar, Figure, Inline, Page, Text, anchors
from experiments.sweep.files import put

_ACTIVE = re.compile(
    r"[\\`*\[\]<>|$@]"  # anywhere
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # not within a name
    r"|&(?=[#A-Za-z0-9]+;)|~(?=~)|(?<=~)~|#(?=\d)|:(?=//)|(?<=www)\.|!(?=\[)|!$"
    r"|^#|^[-+=](?=[-+=\s]|$)"  # where a line begins
)
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_WIDTH = 20  # characters of a bar in Markdown


def write_page(folder: Path, name: str, page: Page) -> list[Path]:
    """Write a page as ``name.html`` and ``name.md``, and return both paths.

    Args:
        folder: where; the pictures of the page are within it.
        name: of the files.
        page: what they hold.
    """
    paths = [folder / f"{name}.html", folder / f"{name}.md"]
    for path, text in zip(paths, (as_html(page), as_markdown(page, folder)), strict=True):
        put(path, text.encode())
    return paths


def as_html(page: Page) -> str:
    """Return a page as one file of HTML that needs nothing from elsewhere, and runs nothing."""
    return _html().get_template("page.html").render(page=page, **_addresses(page))


def as_markdown(page: Page, folder: Path) -> str:
    """Return a page as Markdown, for a file in ``folder``."""
    text = _markdown().get_template("page.md").render(page=page, folder=folder, **_addresses(page))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _addresses(page: Page) -> dict[str, Any]:
    """Return the heading of the contents, and the address of each section: in order, and by title."""
    titles = [section.title for section in page.sections]
    places = anchors([page.title, *titles])[1:]
    return {
        "contents": phrase("Contents"),
        "places": places,
        "anchors": dict(reversed(list(zip(titles, places, strict=True)))),
    }


@cache
def _html() -> Environment:
    found = _environment(lambda value: value if isinstance(value, Markup) else visible(str(value)))
    found.filters["image"] = _image
    return found


@cache
def _markdown() -> Environment:
    found = _environment(lambda value: value if isinstance(value, Markup) else Markup(_escaped(str(value))))
    found.filters |= {"beside": _beside, "code": _code, "command": _command, "bar": _bar, "strong": _strong}
    return found


def _environment(finalize: Any) -> Environment:
    """Return templates in which all that is put in is text, and no name is forgotten."""
    found = Environment(
        loader=PackageLoader("experiments.report"), autoescape=True, finalize=finalize, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.filters |= {"parts": _parts, "there": _there}
    return found


def _parts(text: Text) -> Sequence[Inline]:
    return text if isinstance(text, Sequence) and not isinstance(text, str) else (text,)


def _there(figure: Figure) -> bool:
    return figure.path.is_file()


def _image(path: Path) -> Markup:
    """Return a picture as an address that holds it."""
    kind = mimetypes.guess_type(path.name)[0] or "image/png"
    return Markup(f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}")


def _beside(path: Path, folder: Path) -> Markup:
    """Return the address of a picture from the folder of the page."""
    from urllib.parse import quote

    return Markup(quote(path.relative_to(folder).as_posix()))


def _escaped(text: str) -> str:
    """Return text that means nothing in Markdown."""
    text = _ACTIVE.sub(lambda found: f"\\{found[0]}", visible(text))
    text = _NUMBERED.sub(lambda found: f"{found[1]}\\{found[2]}", text)
    kept = text.lstrip(" ")
    return "\u00a0" * (len(text) - len(kept) - 1) + " " * (len(text) > len(kept)) + kept


def _code(text: str, cell: bool = False) -> Markup:
    """Return a span of code: a backtick, which would end it, and a bar, which would end a cell, need care."""
    text = visible(text).replace("|", r"\|") if cell else visible(text)
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return Markup(f"{fence} {text} {fence}" if len(fence) > 1 else f"{fence}{text}{fence}")


def _command(text: str) -> Markup:
    """Return a block of code of one line."""
    return Markup(f"    {visible(text)}")


def _strong(text: str) -> Markup:
    """Return text that stands out; blanks at its ends stay outside of it, where they end or start nothing."""
    inside = text.strip()
    before, _, after = text.partition(inside)
    return Markup(f"{before}**{_escaped(inside)}**{after}" if inside else text)


def _bar(bar: Bar) -> Markup:
    """Return a bar of text: as many of each letter as its share asks for."""
    ends = [0, *(round(_WIDTH * sum(part.share for part in bar.segments[: n + 1])) for n in range(len(bar.segments)))]
    drawn = "".join(part.letter * (ends[n + 1] - ends[n]) for n, part in enumerate(bar.segments) if part.share > 0.0)
    return Markup(f"`{drawn}`")
