"""``flywheel analyse``: compute, draw, write, and say in short what was found."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import experiments
from experiments.analysis.compute import Analysis, Outcome, analyse
from experiments.analysis.figures import KINDS, Drawn, draw
from experiments.analysis.report import CSV, FIGURES, FOLDER, JSON, REPORT, command_of, write
from experiments.analysis.words import CALLED, about, chief_indices, of_seeds, replicates_short, told
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.messages.terminal import busy, console, table
from experiments.messages.text import shortened

if TYPE_CHECKING:
    from rich.table import Table

_MOST_FACTORS = 5
_LONGEST_NAME = 60


def analyse_command(
    folder: Path,
    outcomes: Sequence[str] = (),
    only: str | None = None,
    without_failed: bool = False,
    out: Path | None = None,
) -> None:
    """Analyse a store and print the findings; with ``only`` draw one kind of figure.

    Args:
        folder: the store.
        outcomes: what to analyse; all that the design keeps, if none is named.
        only: a kind of figure.
        without_failed: whether units with failed runs are left out.
        out: where report and figures go; else the ``analysis`` folder of the store.

    Raises:
        UsageError: no sweep there, no replicate complete, runs failed, no such outcome or figure, nothing to analyse,
            or the folder for the report is not ours to write.
        OSError: the folder cannot be written.
    """
    if only is not None and only not in KINDS:
        raise UsageError(f"--only: no such figure: {only!r}; figures are {', '.join(KINDS)}")
    results = experiments.load(folder)
    target, shown, place = folder / FOLDER if out is None else out, str(folder), "" if out is None else str(out)
    _check_target(target, out is not None)
    with busy("reading") as say:
        command = command_of(shown, outcomes, place, without_failed)
        analysis = analyse(results, outcomes, without_failed, command, lambda name: say(f"analysing {name}"), place)
        drawn = []
        for figure in draw(analysis, target / FIGURES, only):
            drawn.append(figure)
            say(f"drawing {figure.kind} {figure.subject}")
        if only is None:
            write(analysis, drawn, target, shown)
    _print(analysis, drawn, target, only)


def _check_target(target: Path, named: bool) -> None:
    """Raise unless report and figures may go there: into a folder that can be written, and is nobody else's."""
    shown = show_path(target)
    if (target / FIGURES).is_symlink() or (target.is_symlink() and not named):
        raise UsageError(f"{shown}: leads elsewhere by a link; name a folder for the analysis with --out")
    if target.exists() and not target.is_dir():
        raise UsageError(f"{shown}: is a file, and the analysis goes there; move it away")
    if named and target.is_dir() and {path.name for path in target.iterdir()} - {FIGURES, JSON, CSV, REPORT}:
        raise UsageError(f"{shown}: is not empty and no earlier analysis; name another folder with --out")
    if (target / REPORT).exists() and not (target / JSON).exists():
        raise UsageError(f"{shown}: holds a {REPORT} that is no analysis; move it away")
    place = next(path for path in (target / FIGURES, target, *target.absolute().parents) if path.exists())
    if not os.access(place, os.W_OK | os.X_OK):
        raise UsageError(f"{show_path(place)}: cannot be written; name a folder for the analysis with --out")


def _print(analysis: Analysis, drawn: Sequence[Drawn], target: Path, only: str | None) -> None:
    terminal = console()
    for said in (*analysis.warnings, *(f"{name} {why}" for name, why in analysis.skipped.items())):
        terminal.print(f"note: {said}", soft_wrap=True)
    if only is not None:
        for figure in drawn:
            terminal.print(f"{show_path(figure.path)}: {figure.title}", soft_wrap=True)
        if not drawn:
            terminal.print(f"no figure of kind {only}: this design has none, or what it shows is not known")
        return
    shown = table("outcome|index|factor|value (interval)|seeds: run, means|replicates", about(analysis))
    for outcome in analysis.outcomes:
        _add(shown, outcome)
    if analysis.outcomes:
        terminal.print(shown)
        terminal.print("The seeds' share of the variance: of a single run, and between the means of points.")
    terminal.print(
        f"Report in {show_path(target / REPORT)} ({len(drawn)} figures in {FIGURES}{os.sep}, all indices in {CSV})",
        soft_wrap=True,
    )


def _add(shown: Table, outcome: Outcome) -> None:
    """Add a row for each of the factors that matter most."""
    noise, indices = outcome.noise, chief_indices(outcome)[:_MOST_FACTORS]
    luck = f"{of_seeds(noise.seeds.value)}, {of_seeds(noise.seeds_between)}" if not noise.unknown else "not known"
    rows = [(each.factor, told(each)) for each in indices] or [(outcome.ranking[0] if outcome.ranking else "", "")]
    if outcome.chief and (more := len(outcome.ranking) - len(rows)) > 0:
        rows.append((f"{more} more", ""))
    called = CALLED[outcome.chief] if outcome.chief else "no index"
    few = replicates_short(outcome).replace("replicates are ", "").replace(" needed", "")
    for n, (factor, value) in enumerate(rows):
        name, index, of_luck, needed = (outcome.name, called, luck, few) if n == 0 else ("",) * 4
        shown.add_row(shortened(name, _LONGEST_NAME), index, shortened(factor, _LONGEST_NAME), value, of_luck, needed)
    shown.add_section()
