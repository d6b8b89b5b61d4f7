"""The commands of claims: ``propositions``, ``policy`` and ``lineage``. A thin door, like ``experiments.cli``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.terminal import say

_Ids = Annotated[list[str] | None, typer.Argument(metavar="[CLAIM]…", help="Claims, e.g. P3 P4; else all.")]
_Budget = Annotated[str, typer.Option(help="quick, standard or full.")]
_OUT = "Folder of the results; else one in runs/, for named claims one of their own, such as propositions-P3-P4."
_Out = Annotated[Path | None, typer.Option(metavar="DIR", help=_OUT)]
_Claims = Annotated[Path | None, typer.Option("--claims", metavar="DIR", help="Folder of claim files.")]
_Engine = Annotated[str, typer.Option(help="serial, processes, dask or mpi.")]
_Workers = Annotated[int | None, typer.Option(min=1, help="Runs at once; else all cores.")]
_Scheduler = Annotated[str | None, typer.Option(metavar="ADDRESS", help="A running Dask scheduler.")]
_Audit = Annotated[bool, typer.Option("--audit", help="Audit: null worlds, shuffled labels, forms, cells, a rival.")]
_Falsify = Annotated[bool, typer.Option("--falsify", help="Search the smallest change that reverses each claim.")]
_Multiverse = Annotated[bool, typer.Option("--multiverse", help="Judge under other networks, sizes, forms, orders.")]
_Plan = Annotated[bool, typer.Option("--plan", help="Say from a pilot what the budget costs and can conclude.")]
_Lock = Annotated[bool, typer.Option("--lock", help="Freeze claims, budgets, analysis and model; runs nothing.")]


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
    audit: _Audit = False,
    falsify: _Falsify = False,
    multiverse: _Multiverse = False,
    plan: _Plan = False,
    lock: _Lock = False,
) -> None:
    """Put the claims of the source to tests that they can fail. The same command again goes on where it ended."""
    _judge("propositions", **locals())


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
    lock: _Lock = False,
) -> None:
    """Put claims on policy to the same tests."""
    _judge("policies", **locals())


def lineage(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of verdicts, e.g. results/propositions.")],
    name: Annotated[str, typer.Argument(metavar="CLAIM|FIGURE", help="A verdict, e.g. P3, or a figure of it.")],
    claims: _Claims = None,
    engine: _Engine = "processes",
    workers: _Workers = None,
    every: Annotated[bool, typer.Option("--list", help="Name every run.")] = False,
) -> None:
    """Name the runs behind a verdict or figure, do them again, and say whether they are the same to the byte."""
    from experiments.compiling import announce
    from experiments.propositions import command
    from experiments.sweep.session import Options

    announce()
    for line in command.trace(folder, name, claims, Options(engine=engine, workers=workers), every):
        say(line)


def _judge(kind: str, **given: Any) -> None:
    from experiments.compiling import announce
    from experiments.kinds import refuse_claim_file
    from experiments.propositions import command, places
    from experiments.sweep.session import Options

    claims, ids = given["claims"] or places.shipped(kind), tuple(given["ids"] or ())
    for name in ids:
        refuse_claim_file(Path(name))
    beyond = {"audit": given["audit"], "falsifier": given["falsify"], "multiverse": given["multiverse"]}
    request = command.Request(
        claims=claims,
        ids=ids,
        budget=given["budget"],
        out=given["out"] or places.folder_for(kind, claims, ids),
        options=Options(engine=given["engine"], workers=given["workers"], scheduler=given["scheduler"]),
        wanted=tuple(name for name, asked in beyond.items() if asked),
    )
    if not given["lock"]:
        announce()
    carry_out = command.freeze if given["lock"] else command.plan if given["plan"] else command.propositions
    carry_out(request)
