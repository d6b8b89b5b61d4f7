"""Words in another language: English where it is said, Chinese from ``data/zh.toml``, which has the English as its key.

``phrase("{firm} has {users} users", firm="A", users=3)`` says a sentence in the language spoken now: English, unless
within ``spoken("zh")``. Figures are drawn in the language that was asked for. What has no Chinese is said in English,
and fails a test. ``marked`` marks English that stands in a table and is handed to ``phrase`` later.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

LANGUAGES = ("en", "zh")
CATALOGUE = Path(__file__).parents[1] / "data" / "zh.toml"
Kind = Literal["outcomes", "parameters", "units", "effects", "arms", "patterns", "mechanisms"]

_SPOKEN = ContextVar("spoken", default=LANGUAGES[0])


class Catalogue(NamedTuple):
    """What a language says.

    Attributes:
        phrases: sentences and labels by their English, whichever part of the program says them.
        terms: outcomes, parameters and units, and names of what is shipped (effects, arms, patterns, mechanisms), by
            kind and then by name.
    """

    phrases: dict[str, str]
    terms: dict[str, dict[str, str]]


@cache
def catalogue(path: Path = CATALOGUE) -> Catalogue:
    """Read a catalogue."""
    held = tomllib.loads(path.read_text(encoding="utf-8"))
    phrases = {english: said for part in held.pop("phrases").values() for english, said in part.items()}
    return Catalogue(phrases, held)


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Speak a language, "en" or "zh", within this context."""
    token = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def language() -> str:
    """Return the language that is spoken now."""
    return _SPOKEN.get()


def phrase(english: str, /, **values: object) -> str:
    """Return a text in the language that is spoken.

    Args:
        english: the text, with names in braces where values stand.
        values: by those names.
    """
    said = english if language() == LANGUAGES[0] else catalogue().phrases.get(english, english)
    return said.format(**values)


def marked(english: str) -> str:
    """Return a text as it is, which the catalogue must have, since ``phrase`` gets it later from where it is kept."""
    return english


def term(kind: Kind, name: str) -> str | None:
    """Return the name of a term of a kind; None if English is spoken or there is no other name."""
    return None if language() == LANGUAGES[0] else catalogue().terms[kind].get(name)


def named(kind: Kind, name: str) -> str:
    """Return the name of what a file names, which has another where the file is shipped; else in the file's words."""
    return term(kind, name) or name


def letters() -> str:
    """Return every letter of the catalogue once, by which fonts are chosen."""
    held = catalogue()
    said = [*held.phrases.values(), *(each for terms in held.terms.values() for each in terms.values())]
    return "".join(sorted({char for text in said for char in text if char.isprintable()}))
