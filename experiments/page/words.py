"""The words of the page in each language, from one table, ``words.csv``."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = {"en": "English", "zh": "中文"}


@cache
def table() -> dict[str, dict[str, str]]:
    """Return the words: by name, and then by language."""
    with Path(__file__).with_name("words.csv").open(encoding="utf-8", newline="") as file:
        return {row.pop("name"): row for row in csv.DictReader(file)}


def word(name: str, language: str, **values: Any) -> str:
    """Return a text of the page.

    Args:
        name: its name in the table.
        language: "en" or "zh".
        values: what stands in its braces.
    """
    text = table()[name][language]
    return text.format(**values) if values else text


def unit(name: str, language: str) -> str:
    """Return the unit of an outcome in words; empty where it has none."""
    return "" if name == "1" else word(f"unit.{name}", language)
