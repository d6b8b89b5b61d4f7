"""The program: its commands, and how a failure is told.

What a command needs is imported inside it, so that ``--help`` stays quick.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import signal
import sys
from typing import Annotated, Any, NoReturn, cast

import typer

from experiments.cli import bands, claims, fit, page, params, run, sweep, verify
from experiments.errors import FlywheelError, RunError, Terminated, UsageError
from experiments.messages import names, streams

INTERRUPTED = 130
_TYPER = {
    r"Invalid value for '(--[\w-]+)'": r"\1",
    r"Input should be a valid integer.*": "must be a whole number",
    r"Input should be a valid number.*": "must be a number",
    r"Input should be greater than or equal to (\S+)": r"must be \1 or more",
    r"Input should be less than or equal to (\S+)": r"must be \1 or less",
}

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
        from experiments.provenance.origin import version as number

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


for _room in (run, verify, params, bands, sweep, fit, claims, page):
    _room.register(app)


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
