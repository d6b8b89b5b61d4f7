"""The options of figures, which every command that draws has."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from experiments.drawing import DPI, FORMATS, Asked, drawn_as, read_style
from experiments.language import LANGUAGES

_LEAST, _MOST = 30, 2400
_STYLE = "Style file of matplotlib (KEY: VALUE a line) whose settings replace those of the house style."

Formats = Annotated[str, typer.Option("--format", metavar="svg,pdf,png", help="Formats of the figures.")]
Dpi = Annotated[int, typer.Option(min=_LEAST, max=_MOST, help="Dots per inch of the figures in png.")]
Headline = Annotated[
    bool, typer.Option("--headline/--no-headline", help="Write the finding over each figure; a paper has a caption.")
]
Style = Annotated[Path | None, typer.Option(metavar="FILE", help=_STYLE)]
Lang = Annotated[
    str, typer.Option(metavar="|".join(LANGUAGES), help="Language of what figures say: English or Chinese.")
]

PNG = FORMATS[0]
RESOLUTION = DPI
ENGLISH = LANGUAGES[0]


def figures_as(
    formats: str, dpi: int, headline: bool, style: Path | None, lang: str = ENGLISH, report: bool = False
) -> AbstractContextManager[None]:
    """Return the context in which figures are drawn as asked.

    Args:
        formats: with commas between.
        dpi: dots per inch.
        headline: whether the finding stands over each figure.
        style: a style file.
        lang: the language of what figures say. Without a font for it they say it in English, and a line tells which.
        report: whether a report shows the figures, which takes them as png, whatever the other formats are.

    Raises:
        UsageError: no such format or language, or a faulty style file.
    """
    from experiments.errors import UsageError

    wanted = [each.strip().lower() for each in formats.split(",")]
    if unknown := [each for each in wanted if each not in FORMATS]:
        raise UsageError(f"--format: must be one or more of {','.join(FORMATS)}, not {unknown[0]!r}")
    if lang not in LANGUAGES:
        raise UsageError(f"--lang: must be {' or '.join(LANGUAGES)}, not {lang!r}")
    if lang != ENGLISH:
        from experiments.figures.lettering import language_drawn

        language_drawn(lang)  # what is missing is told before hours of runs, not after them
    kinds = tuple(dict.fromkeys([PNG, *wanted] if report else wanted))
    return drawn_as(Asked(kinds, dpi, headline, {} if style is None else read_style(style), lang))
