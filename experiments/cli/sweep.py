"""The commands of sweeps, and what is made of their folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.options import WORKERS, Drawing, draws
from experiments.messages import streams
from experiments.messages.terminal import note, say

_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a sweep.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (sweep, status, repair, rerun, analyse, export):
        app.command()(command)


def sweep(
    design: Annotated[Path, typer.Argument(metavar="DESIGN", help="Design file, e.g. configs/designs/grid.toml.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the sweep; if not given, runs/DESIGN.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="How runs are made: auto, serial, threads, processes, dask or mpi.")
    ] = "auto",
    workers: Annotated[int | None, typer.Option(min=1, help=WORKERS)] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Runs per task of a worker; if not given, chosen by how long they take.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Address of a running Dask scheduler, for --engine dask.")
    ] = None,
    patience: Annotated[
        float | None,
        typer.Option(min=1, help="Seconds to wait for a Dask scheduler and its first worker; if not given, 30."),
    ] = None,
    time_limit: Annotated[float | None, typer.Option(min=0.001, help="Longest time of one run, in seconds.")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter of the base; may be repeated."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only show the number of runs, the time and the disk space needed."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Start even if there are more than a million runs.")] = False,
    revise: Annotated[
        bool,
        typer.Option(
            "--revise", help="Replace the design in the folder, even if no run is shared; stored runs are kept."
        ),
    ] = False,
) -> None:
    """Run all points and replicates of a design. Repeat the command to continue where it stopped."""
    from experiments.config import show_path
    from experiments.kinds import refuse_other
    from experiments.messages.compiling import announce
    from experiments.sweep.design import read_design
    from experiments.sweep.engines import check_engine
    from experiments.sweep.session import Options, default_folder
    from experiments.sweep.session import sweep as carry_out

    check_engine(engine, workers, scheduler)
    refuse_other(design, "design")
    checked = read_design(design, changes or [])
    announce(blocks=True)
    folder = default_folder(design) if out is None else out
    options = Options(engine, workers, batch, scheduler, time_limit, patience=patience)
    if dry_run:
        from experiments.sweep.estimate import estimate

        for line in estimate(checked, folder, options):
            say(line)
        return
    counts = carry_out(checked, folder, options, yes, say=note, revise=revise)
    shown = show_path(folder)
    failed = f", {counts.failed} failed ('flywheel status {shown}' says why)" if counts.failed else ""
    left = f", {counts.planned} left" if counts.planned else ""
    with streams.aside():
        say(f"{counts.done} of {counts.total} runs done{failed}{left}: {shown} (start with runs.parquet)")


def status(folder: _Folder) -> None:
    """Show the progress of a sweep, what failed, and how much common random numbers help."""
    from experiments.sweep.status import status as told

    for line in told(folder):
        say(line)


def repair(
    folder: _Folder,
    failed: Annotated[bool, typer.Option("--failed", help="Also repeat the runs that failed.")] = False,
) -> None:
    """Check every byte of a sweep's files, and schedule runs with damaged results again."""
    from experiments.sweep.repair import repair as mend

    for line in mend(folder, failed):
        with streams.aside():  # to the end, whoever listens
            say(line)


def rerun(
    folder: _Folder,
    run_id: Annotated[
        str | None,
        typer.Argument(metavar="RUN_ID", help="Id of a run, or its first letters.", show_default=False),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Repeat all finished runs instead of one.")] = False,
    engine: Annotated[str | None, typer.Option(help="With --all: auto, serial, threads, processes or dask.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="With --all: how many runs at once.")] = None,
) -> None:
    """Repeat one stored run, or all, and check that results are identical; exit code 1 if any differs."""
    from experiments.errors import UsageError
    from experiments.messages.compiling import announce
    from experiments.sweep import rerun as again

    if everything == (run_id is not None):
        raise UsageError("rerun: name the RUN_ID of one run, or --all for every run" + (", not both" * everything))
    if not everything and (engine is not None or workers is not None):
        raise UsageError(f"--{'engine' if engine else 'workers'}: belongs to --all")
    announce(blocks=True)
    for line in (
        again.rerun(folder, run_id) if run_id is not None else again.rerun_all(folder, engine or "auto", workers)
    ):
        say(line)


@draws(report=True)
def analyse(
    folder: _Folder,
    outcomes: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome", metavar="NAME", help="Analyse this outcome, e.g. final.unit_cost, or series; may be repeated."
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="FIGURE",
            help="Draw one kind of figure only: noise, indices, importance, effects, interactions, heat, replicates "
            "or fans.",
        ),
    ] = None,
    without_failed: Annotated[
        bool, typer.Option("--without-failed", help="Leave out each point, trajectory or base sample with failed runs.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the report and figures; if not given, DIR/analysis.")
    ] = None,
    *,
    drawing: Drawing,
) -> None:
    """Analyse a sweep: which factors matter, how much is noise, how uncertain the results are. Writes a report."""
    from experiments.analysis.command import analyse_command

    with drawing, streams.aside():
        analyse_command(folder, outcomes or [], only, without_failed, out)


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a sweep, or of a run.")],
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV files instead of Parquet files.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the tables; if not given, runs/NAME-export.")
    ] = None,
) -> None:
    """Export tables for R, SQL or pandas: columns such as final_unit_cost, and a codebook."""
    from experiments.sweep.handing_on import export_command

    raise typer.Exit(export_command(folder, csv, out))
