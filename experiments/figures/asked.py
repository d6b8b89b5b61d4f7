"""What was asked of figures: formats, resolution, headline, style file, language. One place for all commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from experiments.messages.language import LANGUAGES

FORMATS = ("png", "svg", "pdf")
DPI = 150


class Asked(NamedTuple):
    """How figures are written.

    Attributes:
        formats: of each figure, one or more of ``FORMATS``; what names one file names the first.
        dpi: dots per inch of png, and of what svg and pdf hold as dots.
        headline: whether the finding stands over the figure; it is in the file's metadata either way.
        style: settings of matplotlib that replace those of the house style.
        language: of what figures say, one of ``experiments.messages.language.LANGUAGES``.
    """

    formats: tuple[str, ...] = FORMATS[:1]
    dpi: int = DPI
    headline: bool = True
    style: Mapping[str, Any] = MappingProxyType({})
    language: str = LANGUAGES[0]


_ASKED = ContextVar("asked", default=Asked())  # noqa: B039  it holds nothing that changes


def asked() -> Asked:
    """Return what is asked of the figures that are drawn now."""
    return _ASKED.get()


@contextmanager
def drawn_as(wanted: Asked) -> Iterator[None]:
    """Draw all figures so, within this context."""
    token = _ASKED.set(wanted)
    try:
        yield
    finally:
        _ASKED.reset(token)


def read_style(path: Path) -> dict[str, Any]:
    """Return the settings of a style file of matplotlib, ``KEY: VALUE`` a line.

    Raises:
        UsageError: it cannot be read, or holds what is no setting.
    """
    import matplotlib as mpl

    from experiments.config import show_path
    from experiments.errors import UsageError

    shown = show_path(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is no text in UTF-8"
        raise UsageError(f"--style: {shown}: {why}") from error
    for number, line in enumerate(lines, 1):
        key, colon, _ = line.partition("#")[0].partition(":")
        if (key.strip() or colon) and key.strip() not in mpl.rcParams:
            raise UsageError(f"--style: {shown}, line {number}: matplotlib has no setting {key.strip()!r}")
    try:
        return dict[str, Any](mpl.rc_params_from_file(path, fail_on_error=True, use_default_template=False).items())
    except ValueError as error:
        raise UsageError(f"--style: {shown}: {' '.join(str(error).split())}") from error
