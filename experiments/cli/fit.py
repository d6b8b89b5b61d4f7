"""The command ``fit``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.options import Drawing, draws

_PREDICT = "predict"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(fit)


@draws(report=True)
def fit(
    given: Annotated[
        list[Path],
        typer.Argument(
            metavar="[predict] CONFIG",
            help="Config of the fit, e.g. configs/fit/case.toml; 'predict' continues its plausible worlds.",
        ),
    ],
    runs: Annotated[
        int | None,
        typer.Option(
            min=1, help="Runs of the table, instead of the config's; runs without a mechanism change in proportion."
        ),
    ] = None,
    engine: Annotated[
        str, typer.Option(help="How runs are made: auto, serial, threads, processes, dask or mpi.")
    ] = "auto",
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many runs at once; if not given, as many as there are cores.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Address of a running Dask scheduler, for --engine dask.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the tables; if not given, runs/fit-CASE.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the result; if not given, TABLE/result."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue existing tables; this happens without the option too.")
    ] = False,
    *,
    drawing: Drawing,
) -> None:
    """Find the worlds that fit a case, and weigh the evidence. Repeat the command to continue."""
    from experiments.errors import UsageError
    from experiments.messages.compiling import announce
    from experiments.messages.terminal import note
    from experiments.sweep.engines import check_engine
    from experiments.sweep.session import Options

    predict = len(given) == 2 and str(given[0]) == _PREDICT
    if len(given) != 1 + predict:
        raise UsageError("fit: takes one CONFIG, as in flywheel fit configs/fit/case.toml, or: predict CONFIG")
    check_engine(engine, workers, scheduler)
    announce(blocks=True)
    if resume:
        note("a fit goes on where it ended, with or without --resume")
    options = Options(engine, workers, scheduler=scheduler)
    if predict:
        from experiments.fit.predict import predict_command

        with drawing:
            raise typer.Exit(predict_command(given[-1], options, table, out))
    from experiments.fit.command import fit_command

    with drawing:
        raise typer.Exit(fit_command(given[-1], runs, options, table, out))
