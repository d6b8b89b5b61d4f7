"""Options that several commands have: workers, and those of figures, which every command that draws has."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.figures.asked import DPI, FORMATS, Asked, drawn_as, read_style
from experiments.messages.language import LANGUAGES

WORKERS = "How many runs at once; if not given, as many as there are cores."
_LEAST, _MOST = 30, 2400
_STYLE = "Style file of matplotlib (KEY: VALUE a line) whose settings replace those of the house style."

Command = Callable[..., None]
Drawing = AbstractContextManager[None]


def draws(report: bool = False) -> Callable[[Command], Command]:
    """Give a command that draws the options of figures; it takes ``drawing``, the context in which to draw, for them.

    Args:
        report: whether a report shows the figures, which takes them as png, whatever the other formats are.
    """

    def with_options(command: Command) -> Command:
        @functools.wraps(command)
        def asked(**given: Any) -> None:
            figures = {name: given.pop(name) for name in options}
            command(**given, drawing=figures_as(**figures, report=report))

        options = inspect.signature(_options, eval_str=True).parameters
        taken = inspect.signature(command, eval_str=True).parameters
        own = [each for name, each in taken.items() if name != "drawing"]
        asked.__signature__ = inspect.Signature([*own, *options.values()])  # type: ignore[attr-defined]
        return asked

    return with_options


def _options(
    formats: Annotated[str, typer.Option("--format", metavar="svg,pdf,png", help="Formats of the figures.")] = FORMATS[
        0
    ],
    dpi: Annotated[int, typer.Option(min=_LEAST, max=_MOST, help="Dots per inch of the figures in png.")] = DPI,
    headline: Annotated[
        bool,
        typer.Option("--headline/--no-headline", help="Write the finding over each figure; a paper has a caption."),
    ] = True,
    style: Annotated[Path | None, typer.Option(metavar="FILE", help=_STYLE)] = None,
    lang: Annotated[
        str, typer.Option(metavar="|".join(LANGUAGES), help="Language of what figures say: English or Chinese.")
    ] = LANGUAGES[0],
) -> None:
    """Declare the options: their names are the arguments of ``figures_as``."""


def figures_as(
    formats: str, dpi: int, headline: bool, style: Path | None, lang: str = LANGUAGES[0], report: bool = False
) -> Drawing:
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
    if lang != LANGUAGES[0]:
        from experiments.figures.lettering import language_drawn

        language_drawn(lang)  # what is missing is told before hours of runs, not after them
    kinds = tuple(dict.fromkeys([FORMATS[0], *wanted] if report else wanted))
    return drawn_as(Asked(kinds, dpi, headline, {} if style is None else read_style(style), lang))
