"""The reference of all parameters, laid out for the width at hand."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from experiments.declarations import Declaration, declarations, sections
from experiments.terminal import table

if TYPE_CHECKING:
    from rich.console import Console

_WIDE_ENOUGH_FOR_A_TABLE = 140


def print_reference(console: Console, only: str | None) -> None:
    """Print every section, or one: as tables if the console is wide, else each parameter on a few lines."""
    for name in [only] if only else list(sections()):
        title = f"[{name}]  {sections()[name].__doc__}"
        if console.width >= _WIDE_ENOUGH_FOR_A_TABLE:
            _print_table(console, title, name)
        else:
            _print_lines(console, title, name)


def _print_table(console: Console, title: str, section: str) -> None:
    shown = table("key|symbol|default|range|unit|description|source", title)
    for column, width in zip(shown.columns, (18, 6, 16, 18, 17, None, 22), strict=True):
        column.width, column.ratio = width, None if width else 1
    for declared in declarations(section):
        shown.add_row(*declared)
    console.print(shown)


def _print_lines(console: Console, title: str, section: str) -> None:
    width = min(console.width, 100)
    console.print("\n".join(textwrap.wrap(title, width)), style="bold")
    for declared in declarations(section):
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
