"""The reference of all parameters, laid out for the width at hand."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from experiments.declarations import Declaration, declarations, sections

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
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, width in (("key", 18), ("symbol", 6), ("default", 16), ("range", 18), ("unit", 17)):
        table.add_column(heading, width=width, style="bold" if heading == "key" else "")
    table.add_column("description", ratio=1)
    table.add_column("source", width=22)
    for declared in declarations(section):
        table.add_row(*declared)
    console.print(table)


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
