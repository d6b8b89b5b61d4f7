"""The command line: a thin door. Each command is a function below that parses, calls and prints.

What a command needs is imported inside it, so that ``--help`` stays quick.
"""

from __future__ import annotations

import errno
import logging
import math
import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast

import typer

from experiments import cli_bands, cli_claims, cli_fit, cli_page, cli_sweep, names, streams
from experiments.cli_figures import Drawing, draws
from experiments.errors import FlywheelError, RunError, Terminated, UsageError

if TYPE_CHECKING:
    from sim.model import InnovationModel

LARGEST_SEED = 2**63 - 1
INTERRUPTED = 130
_LONGEST_TITLE = 70
_TYPER = {
    r"Invalid value for '(--[\w-]+)'": r"\1",
    r"Input should be a valid integer.*": "must be a whole number",
    r"Input should be a valid number.*": "must be a number",
    r"Input should be greater than or equal to (\S+)": r"must be \1 or more",
    r"Input should be less than or equal to (\S+)": r"must be \1 or less",
}

_RUN_OUT = "Folder of the result; if not given, runs/CONFIG-SEED, with a hash if options change the config."
_CASE_OUT = (
    "Folder of the result; if not given, runs/case, with the number of seeds and a hash of the config if they differ."
)

# Rich boxes and tracebacks are for terminals and developers; a message of ours is one plain line.
app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
# Typer exports only this subclass of what it raises for every wrong command line.
Misuse = cast(
    type[typer.BadParameter], next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
)


@app.callback(invoke_without_command=True)
def flywheel(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Simulate innovation mechanisms behind low-cost, high-performance, open products, and test claims."""
    if version:
        from experiments.provenance import version as number

        typer.echo(f"flywheel {number()}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        return
    try:
        os.getcwd()
    except OSError as error:
        why = f"the working folder cannot be found: {error.strerror}"
        raise RunError(f"{why}; it may have been deleted: go to another with cd") from error


@app.command()
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
    workers: Annotated[int | None, typer.Option(min=1, help=f"With --seeds: {cli_bands.WORKERS.lower()}")] = None,
    *,
    drawing: Drawing,
) -> None:
    """Run one model and keep its series, events and figures; with --seeds, bands over many seeds."""
    if seeds is not None:
        from experiments.bands.command import over_seeds
        from experiments.compiling import announce

        with drawing:
            announce(blocks=True)
            raise typer.Exit(over_seeds([config], seeds, seed, months, changes or [], out, figures, workers))
    if workers is not None:
        raise UsageError("--workers: belongs to --seeds")
    if not 0 <= seed <= LARGEST_SEED:
        raise UsageError(f"--seed: must be a whole number from 0 to {LARGEST_SEED}, not {seed}")
    from experiments.compiling import announce
    from experiments.config import load
    from experiments.kinds import refuse_other
    from experiments.store import default_folder, result_folder, simulate, write_manifest, write_result
    from experiments.terminal import busy, counted

    refuse_other(config, "config")
    checked = load(config, changes or [], months)
    if figures:
        from experiments.figures import draw_run  # what it needs is there before the run begins
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


@app.command()
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
    from experiments.compiling import announce

    with drawing:
        announce()
        raise typer.Exit(case_command(config, seeds, out, changes or [], against))


@app.command()
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
    from experiments.compiling import announce

    announce()
    raise typer.Exit(verify_command(THEORY, json, quick, out))


@app.command()
def params(
    section: Annotated[
        str | None,
        typer.Argument(metavar="SECTION", help="Show the parameters of a section, e.g. flywheel.", show_default=False),
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(metavar="WORD", help="Show the parameters with this word in their name or description."),
    ] = None,
    toml: Annotated[bool, typer.Option("--toml", help="Print a complete configuration with comments.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print a JSON schema, for editors.")] = False,
) -> None:
    """List the sections of parameters, or show parameters with their ranges and sources."""
    if search is not None and (section or toml or schema):
        raise UsageError("--search: looks in all sections; leave out SECTION, --toml and --schema")
    if schema and (toml or section):
        raise UsageError("--schema: describes the whole file; leave out " + ("--toml" if toml else f"'{section}'"))
    from experiments import config
    from experiments.declarations import nearest, sections
    from sim.parameters import Parameters

    if section is not None and section not in sections():
        meant = nearest((section,), tables=True)
        hint = f"did you mean {meant}?" if meant else f"sections are {', '.join(sections())}"
        raise UsageError(f"params: no such section: {section!r}; {hint}")
    if schema:
        import json

        typer.echo(json.dumps(config.schema(), indent=2, ensure_ascii=False))
    elif toml:
        typer.echo(config.to_toml(Parameters(), commented=True, only=section))
    else:
        from experiments.reference import print_found, print_section, print_sections
        from experiments.terminal import console

        if section is not None:
            print_section(console(), section)
        elif search is None:
            print_sections(console())
        elif not print_found(console(), search.strip()):
            raise UsageError(f"--search: no parameter has {search!r} in its name or description")


cli_bands.register(app)
cli_sweep.register(app)
cli_fit.register(app)
cli_claims.register(app)
cli_page.register(app)


def main() -> NoReturn:
    """Run the command line; a failure is told in one line a fault, with exit code 2 if it was asked for wrongly."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) != signal.SIG_IGN:  # as nohup leaves it
            signal.signal(ending, _terminate)
    sys.unraisablehook = _not_lost
    streams.prepare()
    # Figures are drawn into files, in our own style: a notebook's backend or faulty settings do not concern them.
    os.environ["MPLBACKEND"] = "agg"
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        code = app(prog_name="flywheel", standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:  # newer versions of Typer tell of Ctrl-C so, older ones by Abort
            raise KeyboardInterrupt
    except Terminated as ended:
        sys.exit(ended.exit_code)
    except FlywheelError as error:
        _fail(error)
    except Misuse as error:
        _fail(UsageError(f"{_misuse(error.format_message())} (see --help)"))
    except (KeyboardInterrupt, typer.Abort):
        print("flywheel: interrupted; nothing new was kept", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except MemoryError:
        _fail(RunError("not enough memory for this run; fewer diffusion.adopters need less"))
    except OSError as error:
        streams.silence(sys.stdout)
        if error.errno != errno.EPIPE:
            where = "" if error.filename is None else f"{names.shown(os.fsdecode(error.filename))}: "
            _fail(RunError(f"{where}{error.strerror or error}"))
        sys.exit(1)
    sys.exit(code)


def _terminate(number: int, _: Any) -> NoReturn:
    raise Terminated(number)


def _not_lost(lost: sys.UnraisableHookArgs) -> None:
    """Ask again for the end that struck inside a destructor or a callback, where Python drops what is raised."""
    if not isinstance(lost.exc_value, KeyboardInterrupt | Terminated):
        sys.__unraisablehook__(lost)
        return
    ended = lost.exc_value

    def again(*_: object) -> NoReturn:
        raise ended

    signal.signal(signal.SIGALRM, again)
    signal.setitimer(signal.ITIMER_REAL, 0.01)  # when the destructor is done


def _misuse(message: str) -> str:
    """Return what Typer says of a wrong command line in the words of the other messages."""
    text = " ".join(message.split()).rstrip(".")
    for said, plain in _TYPER.items():
        text = re.sub(said, plain, text)
    return text


def _fail(error: FlywheelError) -> NoReturn:
    for line in error.lines:
        print(f"flywheel: {line}", file=sys.stderr)
    sys.exit(error.exit_code)


_HEADLINES = (
    "unit_cost", "average_rd_cost", "capability", "rival_capability", "trial_price", "loop_gain", "reuse_share",
    "independent", "integrated", "users", "rival_users", "cost_of_use", "commons_cost", "policy_cost",
)  # fmt: skip


def _cell(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.4g}"


def _print_outcome(model: InnovationModel, title: str, folder: Path) -> None:
    from experiments.config import show_path
    from experiments.store import series_of
    from experiments.terminal import console, table
    from experiments.text import shortened
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
