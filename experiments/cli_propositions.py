"""The commands of claims: ``propositions``, ``policy`` and ``lineage``. A thin door, like ``experiments.cli``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.terminal import say

_ALL = "all if none is named."
_Propositions = Annotated[list[str] | None, typer.Argument(metavar="CLAIM", help=f"Claims, e.g. P3 P4; {_ALL}")]
_Policies = Annotated[list[str] | None, typer.Argument(metavar="CLAIM", help=f"Claims, e.g. H1 H2; {_ALL}")]
_Budget = Annotated[str, typer.Option(help="How much to run: quick, standard or full.")]
_OUT = "Folder of the results; if not given, one in runs/, whose name ends with the claims that are named."
_Out = Annotated[Path | None, typer.Option(metavar="DIR", help=_OUT)]
_Claims = Annotated[
    Path | None,
    typer.Option("--claims", metavar="DIR", help="Folder of claim files; if not given, those that come with flywheel."),
]
_Engine = Annotated[str, typer.Option(help="Where runs are done: auto, serial, threads, processes, dask or mpi.")]
_Workers = Annotated[
    int | None, typer.Option(min=1, help="How many runs at once; if not given, as many as there are cores.")
]
_Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Address of a running Dask scheduler, for --engine dask.")
]
_Audit = Annotated[
    bool, typer.Option("--audit", help="Also audit: null worlds, shuffled labels, other forms, cells, a rival.")
]
_Falsify = Annotated[
    bool, typer.Option("--falsify", help="Also search for the smallest change that reverses each claim.")
]
_Multiverse = Annotated[
    bool, typer.Option("--multiverse", help="Also judge under other networks, sizes, forms and orders.")
]
_Plan = Annotated[bool, typer.Option("--plan", help="Only say, from a pilot, what the budget costs and can conclude.")]
_Lock = Annotated[
    bool,
    typer.Option("--lock", help="Only freeze claims, budgets, analysis and model, beside the claims; nothing is run."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (propositions, policy, lineage):
        app.command()(command)


def propositions(
    ids: _Propositions = None,
    budget: _Budget = "quick",
    out: _Out = None,
    claims: _Claims = None,
    engine: _Engine = "auto",
    workers: _Workers = None,
    scheduler: _Scheduler = None,
    audit: _Audit = False,
    falsify: _Falsify = False,
    multiverse: _Multiverse = False,
    plan: _Plan = False,
    lock: _Lock = False,
) -> None:
    """Put the source's claims to tests that could refute them. The same command again continues."""
    _judge("propositions", **locals())


def policy(
    ids: _Policies = None,
    budget: _Budget = "quick",
    out: _Out = None,
    claims: _Claims = None,
    engine: _Engine = "auto",
    workers: _Workers = None,
    scheduler: _Scheduler = None,
    audit: _Audit = False,
    falsify: _Falsify = False,
    multiverse: _Multiverse = False,
    plan: _Plan = False,
    lock: _Lock = False,
) -> None:
    """Put claims about policy to the same tests. The same command again continues."""
    _judge("policies", **locals())


def lineage(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of verdicts, e.g. results/propositions.")],
    name: Annotated[
        str, typer.Argument(metavar="CLAIM|FIGURE", help="A claim, e.g. P3, or a figure of it, e.g. P3-region.png.")
    ],
    claims: _Claims = None,
    engine: _Engine = "auto",
    workers: _Workers = None,
    every: Annotated[bool, typer.Option("--list", help="Name every run, and not only the first ones.")] = False,
) -> None:
    """Run again the runs behind a verdict or figure. Names them, and says whether they are the same to the byte."""
    from experiments.compiling import announce
    from experiments.propositions import command
    from experiments.sweep.engines import check_engine
    from experiments.sweep.session import Options

    check_engine(engine, workers, None)
    announce(blocks=True)
    for line in command.trace(folder, name, claims, Options(engine=engine, workers=workers), every):
        say(line)


def _judge(kind: str, **given: Any) -> None:
    from experiments.compiling import announce
    from experiments.errors import UsageError
    from experiments.kinds import refuse_claim_file
    from experiments.propositions import command, places
    from experiments.sweep.engines import check_engine
    from experiments.sweep.session import Options

    check_engine(given["engine"], given["workers"], given["scheduler"])
    if given["lock"] and given["out"] is not None:
        raise UsageError("--out: does nothing with --lock, which writes beside the claims; leave one of them out")
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
        announce(blocks=True)
    carry_out = command.freeze if given["lock"] else command.plan if given["plan"] else command.propositions
    carry_out(request)
