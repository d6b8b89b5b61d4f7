"""The commands of claims: ``propositions``, ``policy`` and ``lineage``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.options import Drawing, draws
from experiments.messages.terminal import say

_AGAIN = "Repeat the command to continue."
_IDS = "Claims, e.g. P3 P4, of policy H1 H2; all if none is named."
_Ids = Annotated[list[str] | None, typer.Argument(metavar="CLAIM", help=_IDS)]
_OVER = "Worlds to judge in: plausible (those that fit the case), prior (the world at large), or a config's own."
_Over = Annotated[str, typer.Option(metavar="plausible|prior|CONFIG", help=_OVER)]
_Fit = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Fit whose plausible worlds are used; if not given, the one that comes with it."),
]
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
    bool, typer.Option("--audit", help="Also audit: null worlds, shuffled arms, negative controls, channels, a rival.")
]
_Falsify = Annotated[
    bool, typer.Option("--falsify", help="Also find the smallest change that removes each claim's effect.")
]
_Multiverse = Annotated[
    bool, typer.Option("--multiverse", help="Also judge under alternative assumptions where the source is silent.")
]
_Phase = Annotated[
    bool, typer.Option("--phase", help="Also draw where each claim holds over two parameters, with theory's boundary.")
]
_Plan = Annotated[bool, typer.Option("--plan", help="Only estimate, from a pilot, the cost and power of each budget.")]
_Preregister = Annotated[
    bool,
    typer.Option("--preregister", help="Only freeze claims, worlds, budgets, analysis and model; nothing is run."),
]
_SEEN = "With --preregister: what of the answers was seen before, in plain words, for the record and the report."
_Seen = Annotated[str, typer.Option("--seen", metavar="TEXT", help=_SEEN)]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("propositions", help="Test the source's claims in the worlds that fit the case. " + _AGAIN)(judge)
    app.command("policy", help="Test claims about policy in the same way. " + _AGAIN)(judge)
    app.command()(lineage)


@draws(report=True)
def judge(
    asked: typer.Context,
    ids: _Ids = None,
    over: _Over = "plausible",
    fit: _Fit = None,
    budget: _Budget = "quick",
    out: _Out = None,
    claims: _Claims = None,
    engine: _Engine = "auto",
    workers: _Workers = None,
    scheduler: _Scheduler = None,
    audit: _Audit = False,
    falsify: _Falsify = False,
    multiverse: _Multiverse = False,
    phase: _Phase = False,
    plan: _Plan = False,
    preregister: _Preregister = False,
    seen: _Seen = "",
    *,
    drawing: Drawing,
) -> None:
    """Judge claims: those of the source, or those about policy, by the name of the command."""
    from experiments.claims import command
    from experiments.claims.laboratory import folder_for
    from experiments.claims.over import PLAUSIBLE
    from experiments.claims.robustness.findings import Wanted
    from experiments.config import show_path
    from experiments.errors import UsageError
    from experiments.kinds import refuse_claim_file
    from experiments.shipped import shipped
    from experiments.sweep.engines import check_engine
    from experiments.sweep.session import Options

    check_engine(engine, workers, scheduler)
    if preregister and out is not None:
        raise UsageError("--out: does nothing with --preregister, which writes beside the claims; leave one out")
    if seen and not preregister:
        raise UsageError("--seen: is for --preregister, which writes it into the record; leave it out, or add that")
    if claims is not None and not claims.is_dir():
        raise UsageError(
            f"--claims: {show_path(claims)}: no such folder; name one that holds claim files, such as P3.toml"
        )
    kind = "policies" if asked.info_name == "policy" else "propositions"
    folder, named = claims or shipped(f"configs/{kind}"), tuple(ids or ())
    for name in named:
        refuse_claim_file(Path(name))
    request = command.Request(
        claims=folder,
        ids=named,
        over=over,
        fit=fit or shipped("results/fit"),
        budget=budget,
        out=out or folder_for(kind, folder, named, "" if over == PLAUSIBLE else over),
        options=Options(engine=engine, workers=workers, scheduler=scheduler),
        wanted=Wanted(audit, phase, multiverse, falsify),
        seen=seen.strip(),
    )
    if preregister:
        command.freeze(request)
        return
    with drawing:
        (command.plan if plan else command.propositions)(request)


def lineage(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of answers, e.g. results/propositions.")],
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="CLAIM|FIGURE",
            help="A claim, e.g. P3, or a figure of it, e.g. P3-phase.png; if not given, the claims are listed.",
        ),
    ] = None,
    claims: _Claims = None,
    fit: _Fit = None,
    engine: _Engine = "auto",
    workers: _Workers = None,
    every: Annotated[bool, typer.Option("--list", help="Name every run, and not only the first ones.")] = False,
) -> None:
    """Name and repeat the runs behind an answer or figure, and check that they are identical."""
    from experiments.claims import command
    from experiments.shipped import shipped
    from experiments.sweep.engines import check_engine
    from experiments.sweep.session import Options

    check_engine(engine, workers, None)
    options = Options(engine=engine, workers=workers)
    for line in command.trace(folder, name, claims, fit or shipped("results/fit"), options, every):
        say(line)
