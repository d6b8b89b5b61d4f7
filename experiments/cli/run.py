"""The commands ``run`` and ``case``."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.options import WORKERS, Drawing, draws
from experiments.errors import UsageError
from experiments.messages import names, streams

if TYPE_CHECKING:
    from sim.model import InnovationModel

_LONGEST_TITLE = 70
_RUN_OUT = "Folder of the result; if not given, runs/CONFIG-SEED, with a hash if options change the config."
_CASE_OUT = (
    "Folder of the result; if not given, runs/case, with the number of seeds and a hash of the config if they differ."
)
_HEADLINES = (
    "unit_cost", "average_rd_cost", "capability", "rival_capability", "trial_price", "loop_gain", "reuse_share",
    "independent", "integrated", "users", "rival_users", "cost_of_use", "commons_cost", "policy_cost",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(run)
    app.command()(case)


@draws()
def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="Configuration file, e.g. configs/baseline.toml.")],
    seed: Annotated[int, typer.Option(help="Seed of all random numbers, 0 or more.")] = 0,
    months: Annotated[int | None, typer.Option(help="Length of the run, instead of run.months in the config.")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter, e.g. firm.openness=0; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help=_RUN_OUT)] = None,
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw the figures.")] = True,
    seeds: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Run N seeds, starting at --seed, and show how much they differ, instead of one run."
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help=f"With --seeds: {WORKERS.lower()}")] = None,
    *,
    drawing: Drawing,
) -> None:
    """Run one model and keep its series, events and figures; with --seeds, bands over many seeds."""
    if seeds is not None:
        from experiments.bands.command import over_seeds
        from experiments.messages.compiling import announce

        with drawing:
            announce(blocks=True)
            raise typer.Exit(over_seeds([config], seeds, seed, months, changes or [], out, figures, workers))
    if workers is not None:
        raise UsageError("--workers: belongs to --seeds")
    from experiments.bands.worlds import LARGEST_SEED

    if not 0 <= seed <= LARGEST_SEED:
        raise UsageError(f"--seed: must be a whole number from 0 to {LARGEST_SEED}, not {seed}")
    from experiments.config import load
    from experiments.kinds import refuse_other
    from experiments.messages.compiling import announce
    from experiments.messages.terminal import busy, counted
    from experiments.store import default_folder, result_folder, simulate, write_manifest, write_result

    refuse_other(config, "config")
    checked = load(config, changes or [], months)
    if figures:
        from experiments.figures.draw import draw_run  # what it needs is there before the run begins
    announce()
    changed = bool(changes) or months is not None
    target = default_folder(f"{config.stem}-{seed}", checked, seed, changed) if out is None else out
    with result_folder(target) as folder:
        with counted(checked.parameters.run.months, "month") as advance:
            model = simulate(checked, seed, on_month=advance)
        write_result(folder, model, checked)
        if figures:
            with drawing, busy("drawing the figures"):
                draw_run(folder)
        write_manifest(folder, checked, seed)
    with streams.aside():
        _print_outcome(model, f"{names.shown(config.stem)}, seed {seed}", target)


@draws()
def case(
    config: Annotated[
        Path | None, typer.Argument(metavar="CONFIG", help="Configuration file; if not given, configs/case.toml.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Number of seeds to run; they are 0, 1, 2, …")] = 100,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter, e.g. firm.openness=0; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help=_CASE_OUT)] = None,
    against: Annotated[
        str,
        typer.Option(
            "--case", metavar="CASE", help="Folder of the case's facts, or the name of a case that comes with flywheel."
        ),
    ] = "deepseek",
    *,
    drawing: Drawing,
) -> None:
    """Run the case over many seeds and compare it with its dated facts."""
    from experiments.case import case_command
    from experiments.messages.compiling import announce

    with drawing:
        announce()
        raise typer.Exit(case_command(config, seeds, out, changes or [], against))


def _cell(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.4g}"


def _print_outcome(model: InnovationModel, title: str, folder: Path) -> None:
    from experiments.config import show_path
    from experiments.messages.terminal import console, table
    from experiments.messages.text import shortened
    from experiments.store import series_of
    from sim.outcomes import COLUMNS

    series, terminal = series_of(model), console()
    shown = table(f"outcome|>month 1|>month {model.month}|unit", shortened(title, _LONGEST_TITLE))
    for column in COLUMNS:
        if column.name in _HEADLINES:
            first, last = (_cell(float(series[column.name].iloc[row])) for row in (0, -1))
            shown.add_row(column.name, first, last, column.unit)
    terminal.print(shown)
    terminal.print(
        f"Result in {show_path(folder)}{os.sep} (start with series.csv; series_dictionary.csv explains it)",
        soft_wrap=True,
    )
