"""The reference of parameters, laid out for the width at hand: the sections, one of them, or what a word finds."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.declarations import Declaration, declarations, sections
from experiments.messages.terminal import table

if TYPE_CHECKING:
    from rich.console import Console

_WIDE_ENOUGH_FOR_A_TABLE = 140


def print_sections(console: Console) -> None:
    """Print the sections, and how to see more."""
    shown = table("section|>parameters|what it is about")
    for name, section in sections().items():
        shown.add_row(name, str(len(list(declarations(name)))), section.__doc__ or "")
    console.print(shown)
    console.print(
        "One section: flywheel params SECTION. Find a parameter: flywheel params --search WORD. All of them, as a "
        "config: flywheel params --toml."
    )


def print_section(console: Console, name: str) -> None:
    """Print the parameters of a section."""
    _print(console, name, list(declarations(name)))


def print_found(console: Console, word: str) -> int:
    """Print the parameters in whose name, symbol, unit or description a word is found, and return how many."""
    number = 0
    for name in sections():
        found = [each for each in declarations(name) if _holds(name, each, word.casefold())]
        if found:
            _print(console, name, found)
        number += len(found)
    return number


def _holds(section: str, declared: Declaration, word: str) -> bool:
    texts = (f"{section}.{declared.key}", declared.symbol, declared.unit, declared.description)
    return any(word in text.casefold() for text in texts)


def _print(console: Console, name: str, declared: Sequence[Declaration]) -> None:
    """Print parameters of a section: as a table if the console is wide, else each on a few lines."""
    title = f"[{name}]  {sections()[name].__doc__}"
    (_print_table if console.width >= _WIDE_ENOUGH_FOR_A_TABLE else _print_lines)(console, title, declared)


def _print_table(console: Console, title: str, declared: Sequence[Declaration]) -> None:
    shown = table("key|symbol|default|range|unit|description|source", title)
    longest = max(len(each.key) for each in declared)
    for column, width in zip(shown.columns, (longest, 6, 16, 18, 17, None, 22), strict=True):
        column.width, column.ratio = width, None if width else 1
    for each in declared:
        shown.add_row(*each)
    console.print(shown)


def _print_lines(console: Console, title: str, shown: Sequence[Declaration]) -> None:
    width = min(console.width, 100)
    console.print("\n".join(textwrap.wrap(title, width)), style="bold")
    for declared in shown:
        symbol = f"  {declared.symbol}" if declared.symbol else ""
        console.print(f"\n  {declared.key}{symbol}", style="bold")
        for line in _described(declared):
            console.print(textwrap.fill(line, width, initial_indent="    ", subsequent_indent="      "))
    console.print()


def _described(declared: Declaration) -> list[str]:
    default = declared.default or "none, must be given"
    return [
        declared.description,
        f"default {default}; range {declared.range}; unit {declared.unit}",
        f"source {declared.source}",
    ]
