"""The command ``compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.options import WORKERS, Drawing, draws

_OUT = "Folder of the result; else runs/A-vs-B-seeds-…, followed by a hash where options change the configs."
_WORLD = "a configuration file, or the folder of a run."


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(compare)


@draws()
def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help=f"First world: {_WORLD}")],
    second: Annotated[Path, typer.Argument(metavar="B", help=f"Second world: {_WORLD}")],
    seeds: Annotated[int, typer.Option(min=2, help="How many seeds to run: 0, 1, 2, …")] = 100,
    months: Annotated[
        int | None, typer.Option(help="Length of the runs, in place of run.months in both configs.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter of both worlds; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help=_OUT)] = None,
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw the figures.")] = True,
    workers: Annotated[int | None, typer.Option(min=1, help=WORKERS)] = None,
    *,
    drawing: Drawing,
) -> None:
    """Compare two worlds over the same seeds: bands of both, and the difference seed by seed."""
    from experiments.bands.command import over_seeds
    from experiments.messages.compiling import announce

    with drawing:
        announce(blocks=True)
        raise typer.Exit(over_seeds([first, second], seeds, 0, months, changes or [], out, figures, workers))
