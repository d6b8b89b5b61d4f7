"""The commands of claims: ``propositions`` and ``policy``. A thin door, like ``experiments.cli``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_Ids = Annotated[list[str] | None, typer.Argument(metavar="[CLAIM]…", help="Claims, e.g. P3 P4; else all.")]
_Budget = Annotated[str, typer.Option(help="quick, standard or full.")]
_Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the results; else runs/ and the command.")]
_Claims = Annotated[Path | None, typer.Option("--claims", metavar="DIR", help="Folder of claim files.")]
_Engine = Annotated[str, typer.Option(help="serial, processes, dask or mpi.")]
_Workers = Annotated[int | None, typer.Option(min=1, help="Runs at once; else all cores.")]
_Lock = Annotated[bool, typer.Option("--lock", help="Freeze claims, budgets, analysis and model; runs nothing.")]
_Scheduler = Annotated[str | None, typer.Option(metavar="ADDRESS", help="A running Dask scheduler.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (propositions, policy, lineage):
        app.command()(command)


def propositions(
    ids: _Ids = None,
    budget: _Budget = "quick",
    out: _Out = None,
    claims: _Claims = None,
    engine: _Engine = "processes",
    workers: _Workers = None,
    scheduler: _Scheduler = None,
    lock: _Lock = False,
) -> None:
    """Put the claims of the source to tests that they can fail. The same command again goes on where it ended."""
    _judge("propositions", ids, budget, out, claims, engine, workers, scheduler, lock)


def policy(
    ids: _Ids = None,
    budget: _Budget = "quick",
    out: _Out = None,
    claims: _Claims = None,
    engine: _Engine = "processes",
    workers: _Workers = None,
    scheduler: _Scheduler = None,
    lock: _Lock = False,
) -> None:
    """Put claims on policy to the same tests."""
    _judge("policies", ids, budget, out, claims, engine, workers, scheduler, lock)


def lineage(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of verdicts, e.g. results/propositions.")],
    name: Annotated[str, typer.Argument(metavar="CLAIM|FIGURE", help="A verdict, e.g. P3, or a figure of it.")],
    claims: _Claims = None,
    engine: _Engine = "processes",
    workers: _Workers = None,
    every: Annotated[bool, typer.Option("--list", help="Name every run.")] = False,
) -> None:
    """Name the runs behind a verdict or figure, do them again, and say whether they are the same to the byte."""
    from experiments.propositions import command
    from experiments.sweep.session import Options

    for line in command.trace(folder, name, claims, Options(engine=engine, workers=workers), every):
        typer.echo(line)


def _judge(
    kind: str,
    ids: list[str] | None,
    budget: str,
    out: Path | None,
    claims: Path | None,
    engine: str,
    workers: int | None,
    scheduler: str | None,
    lock: bool,
) -> None:
    from experiments.propositions import command
    from experiments.sweep.session import Options

    request = command.Request(
        claims=command.shipped(kind) if claims is None else claims,
        ids=tuple(ids or ()),
        budget=budget,
        out=Path("runs", kind) if out is None else out,
        options=Options(engine=engine, workers=workers, scheduler=scheduler),
    )
    if lock:
        command.freeze(request)
    else:
        command.propositions(request)
