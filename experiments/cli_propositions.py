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
_Scheduler = Annotated[str | None, typer.Option(metavar="ADDRESS", help="A running Dask scheduler.")]
_Audit = Annotated[bool, typer.Option("--audit", help="Audit: null worlds, shuffled labels, forms, log, a rival.")]
_Falsify = Annotated[bool, typer.Option("--falsify", help="Search the smallest change that reverses each claim.")]
_Multiverse = Annotated[bool, typer.Option("--multiverse", help="Judge under other networks, sizes, forms, orders.")]
_Plan = Annotated[bool, typer.Option("--plan", help="Say from a pilot what the budget costs and can conclude.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (propositions, policy):
        app.command()(command)


def propositions(
    ids: _Ids = None,
    budget: _Budget = "quick",
    out: _Out = None,
    claims: _Claims = None,
    engine: _Engine = "processes",
    workers: _Workers = None,
    scheduler: _Scheduler = None,
    audit: _Audit = False,
    falsify: _Falsify = False,
    multiverse: _Multiverse = False,
    plan: _Plan = False,
) -> None:
    """Put the claims of the source to tests that they can fail. The same command again goes on where it ended."""
    _judge("propositions", ids, budget, out, claims, engine, workers, scheduler,
           {"audit": audit, "falsifier": falsify, "multiverse": multiverse}, plan)  # fmt: skip


def policy(
    ids: _Ids = None,
    budget: _Budget = "quick",
    out: _Out = None,
    claims: _Claims = None,
    engine: _Engine = "processes",
    workers: _Workers = None,
    scheduler: _Scheduler = None,
    audit: _Audit = False,
    falsify: _Falsify = False,
    multiverse: _Multiverse = False,
    plan: _Plan = False,
) -> None:
    """Put claims on policy to the same tests."""
    _judge("policies", ids, budget, out, claims, engine, workers, scheduler,
           {"audit": audit, "falsifier": falsify, "multiverse": multiverse}, plan)  # fmt: skip


def _judge(
    kind: str,
    ids: list[str] | None,
    budget: str,
    out: Path | None,
    claims: Path | None,
    engine: str,
    workers: int | None,
    scheduler: str | None,
    wanted: dict[str, bool],
    plan: bool,
) -> None:
    from experiments.propositions import command
    from experiments.sweep.session import Options

    request = command.Request(
        claims=command.shipped(kind) if claims is None else claims,
        ids=tuple(ids or ()),
        budget=budget,
        out=Path("runs", kind) if out is None else out,
        options=Options(engine=engine, workers=workers, scheduler=scheduler),
        wanted=tuple(name for name, asked in wanted.items() if asked),
    )
    (command.plan if plan else command.propositions)(request)
