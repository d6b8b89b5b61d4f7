"""The command ``verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(verify)


def verify(
    config: Annotated[
        Path | None,
        typer.Argument(metavar="CONFIG", help="With --fit: config of the fit; if not given, configs/fit/case.toml."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print only the results, as JSON.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Use fewer seeds and shorter runs.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the results, as JSON and as a figure.")
    ] = None,
    inference: Annotated[
        bool, typer.Option("--inference", help="Check the statistics instead, on simulated data with known effects.")
    ] = False,
    fit: Annotated[
        bool,
        typer.Option(
            "--fit",
            help="Check a fit instead, on cases simulated from its own tables; the result is stored with the fit.",
        ),
    ] = False,
    table: Annotated[
        Path | None, typer.Option(metavar="DIR", help="With --fit: folder of its tables; if not given, runs/fit-CASE.")
    ] = None,
) -> None:
    """Check the model against closed-form results of the theory."""
    if fit and inference:
        raise UsageError("verify: --fit or --inference, not both")
    if fit:
        from experiments.checks.verify_fit import verify_fit
        from experiments.fit.config import default_fit

        raise typer.Exit(verify_fit(json, quick, default_fit() if config is None else config, table, out))
    if config is not None or table is not None:
        raise UsageError(f"verify: {'CONFIG' if table is None else '--table'} belongs to --fit")
    if inference:
        from experiments.checks.command import verify_command
        from experiments.checks.statistics import STATISTICS

        raise typer.Exit(verify_command(STATISTICS, json, quick, out))
    from experiments.checks.command import verify_command
    from experiments.checks.theory.limits import THEORY
    from experiments.messages.compiling import announce

    announce()
    raise typer.Exit(verify_command(THEORY, json, quick, out))
