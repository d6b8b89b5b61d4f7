"""The command ``flywheel verify``: runs the checks of a suite, prints them, draws them, and keeps them."""

from __future__ import annotations

import json as javascript
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from experiments.checks.check import CONFIDENCE, Check, Measure, Progress, Suite
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.figures.style import BLUE, GREY, LIGHT, PALE, SKY, VERMILION, entitle, save, styled
from experiments.messages.streams import aside
from experiments.messages.terminal import console
from experiments.sweep.files import put

_FILES = ("verify.json", "verify.png", "inference.json", "inference.png")
Result = TypeVar("Result")


def verify_command(suite: Suite, json: bool, quick: bool, out: Path | None) -> int:
    """Run a suite, keep its checks and their figure in ``out``, and tell of them; 1 if any fails, else 0.

    Raises:
        UsageError: ``out`` holds something else.
        OSError: ``out`` cannot be written; a folder that cannot be made is refused before anything runs.
    """
    if out is not None:
        make_folder(out)
    checks = run_with_progress(lambda progress: suite.run(quick, progress), len(suite.sources))
    if out is not None:
        put(out / f"{suite.file}.json", as_json(checks).encode())
    code = tell(checks, suite.verdict(checks), json)
    if out is not None:
        draw(suite, checks, out / f"{suite.file}.png")
    return code


def tell(checks: Sequence[Check], verdict: str, json: bool) -> int:
    """Print a table of checks, or with ``json`` a list of objects and nothing else; return 1 if any fails, else 0."""
    with aside():  # the exit code tells the verdict, whoever reads the rest
        if json:
            sys.stdout.write(as_json(checks))
        else:
            _print_table(checks, verdict)
    return 0 if all(check.passed for check in checks) else 1


def make_folder(out: Path) -> None:
    """Make a folder for checks, unless there is one; one that holds something else is refused before anything runs.

    Raises:
        UsageError: it is a file, or holds something else.
        OSError: it cannot be made.
    """
    shown = show_path(out)
    if out.exists() and not out.is_dir():
        raise UsageError(f"{shown}: is a file; name a folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    for path in out.iterdir():
        if path.name not in _FILES and not path.name.startswith("."):
            text = f"{shown}: also holds {path.name!r}, which is no part of such a result"
            raise UsageError(f"{text}; name another folder with --out")


def run_with_progress(run: Callable[[Progress], Result], total: int) -> Result:
    """Run something that tells its progress in ``total`` steps, with a bar on a terminal."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    terminal = console(err=True)
    with Bar(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as bar:
        task = bar.add_task("", total=total)
        return run(lambda title, done, steps: bar.update(task, description=title, completed=done, total=steps))


def as_json(checks: Sequence[Check]) -> str:
    """Return checks as a list of objects, one figure a line."""
    return javascript.dumps([check._asdict() for check in checks], indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _print_table(checks: Sequence[Check], verdict: str) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("of", no_wrap=True)
    table.add_column("check", ratio=1, overflow="fold")
    for heading in ("expected", "±", "observed", "low", "high"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    previous = ""
    for check in checks:
        rule = "" if check.rule == "=" else f"{check.rule} "
        tolerance = f"{check.tolerance:.3g}" if check.tolerance else ""
        figures = [f"{value:.4g}" for value in (check.observed, check.low, check.high)]
        name = check.name if check.measure == "value" else f"{check.measure}: {check.name}"
        table.add_row(
            "" if check.source == previous else check.source, name, f"{rule}{check.expected:.4g}", tolerance, *figures,
            "pass" if check.passed else "FAIL", style="" if check.passed else "bold red",
        )  # fmt: skip
        previous = check.source
    terminal = console()
    if not terminal.is_terminal:
        terminal.width = 140  # a file has no width: keep one line a check
    terminal.print(table)
    terminal.print()
    terminal.print(verdict, markup=False)


OUTSIDE = 2.5  # where an exact figure that is off is drawn
_PANELS: tuple[tuple[Measure, str, str], ...] = (
    ("coverage", "Coverage: intervals that hold the truth", "share of worlds"),
    ("error", "Errors: something false is found", "share of worlds"),
    ("power", "Power: what is there is found as often as forecast", "share of worlds"),
    ("bias", "Bias: the median of estimates less the truth", "in smallest effects of interest"),
    ("counterexample", "Not used here: errors as known", "share of worlds"),
)
_ROW = 0.27  # inches
_FRAME = 5.0  # rows that the title and axis of a panel take


def draw(suite: Suite, checks: Sequence[Check], path: Path) -> Path:
    """Draw what the suite shows above, a row a source of plain figures, and a panel each other measure."""
    values = [check for check in checks if check.measure == "value"]
    panels: list[Panel] = []
    for measure, title, unit in _PANELS:
        if each := [check for check in checks if check.measure == measure]:
            panels.append((each, title, unit))
    heights = [5.0] * (suite.above is not None)
    heights += [1.2 + 0.38 * len({check.source for check in values})] * bool(values)
    columns = _columns(panels)
    heights += [_ROW * max(map(_rows, columns))] if panels else []
    with styled():
        figure = Figure(figsize=(16.0 if panels else 12.0, 1.2 + sum(heights)), layout="constrained")
        parts: list[Any] = list(np.atleast_1d(np.asarray(figure.subfigures(len(heights), 1, height_ratios=heights))))
        if suite.above is not None:
            suite.above(parts.pop(0))
        if values:
            _draw_values(parts.pop(0).subplots(), suite, values)
        if panels:
            _draw_panels(parts.pop(0), columns)
        marks = f". Bars are {100 * CONFIDENCE:g} % intervals, bands what is allowed" if panels else ""
        entitle(figure, f"{suite.verdict(checks)}{marks}")
        return save(figure, path)


Panel = tuple[list[Check], str, str]


def _rows(column: Sequence[Panel]) -> float:
    return sum(len(checks) + _FRAME for checks, *_ in column)


def _columns(panels: Sequence[Panel]) -> list[list[Panel]]:
    """Return panels in two columns of about the same height, in order."""
    cut = min(range(len(panels) + 1), key=lambda n: max(_rows(panels[:n]), _rows(panels[n:])))
    return [list(column) for column in (panels[:cut], panels[cut:]) if column]


def scaled(check: Check) -> float:
    """Return observed minus expected over the half-width; without width, 0 if equal, else far outside."""
    distance = check.observed - check.expected
    half = check.high - check.observed
    return distance / half if half > 0.0 else OUTSIDE * float(np.sign(distance))


def _draw_values(axes: Axes, suite: Suite, checks: Sequence[Check]) -> None:
    """Draw a row a source: its checks side by side, in units of the half-width of each one's interval."""
    sources = list(dict.fromkeys(check.source for check in checks))
    axes.axvspan(-1.0, 1.0, color=PALE)
    axes.axvline(0.0, color=GREY, linewidth=1.0)
    for row, source in enumerate(sources):
        group = [check for check in checks if check.source == source]
        heights = row + np.linspace(-0.32, 0.32, len(group)) if len(group) > 1 else [float(row)]
        axes.axhline(row + 0.5, color=LIGHT, linewidth=0.8)
        for height, check in zip(heights, group, strict=True):
            position = float(np.clip(scaled(check), -OUTSIDE, OUTSIDE))
            colour, marker, size = (BLUE, "o", 5) if check.passed else (VERMILION, "X", 11)
            axes.plot(position, height, marker, color=colour, markersize=size,
                      markerfacecolor="none" if check.passed else colour)  # fmt: skip
            if not check.passed:
                name = check.name if abs(scaled(check)) <= OUTSIDE else f"{check.name} (beyond the scale)"
                axes.annotate(name, (position, height), xytext=(10, 0), textcoords="offset points", va="center",
                              fontsize=11, color=VERMILION, annotation_clip=False)  # fmt: skip
    counts = {source: sum(check.source == source for check in checks) for source in sources}
    titles = {source: suite.sources[source].title if source in suite.sources else "" for source in sources}
    axes.set_yticks(range(len(sources)), [f"{source}  {titles[source]} ({counts[source]})" for source in sources])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(sources) - 0.5, -0.5)
    axes.set_xlim(-OUTSIDE - 0.3, OUTSIDE + 0.3)
    axes.set_xlabel("(observed − expected) / half-width of the interval; ○ within the grey band passes, ✖ fails")
    axes.set_ylabel(f"{suite.noun} (checks)")
    axes.spines["left"].set_visible(False)


def _draw_panels(figure: Any, columns: Sequence[Sequence[Panel]]) -> None:
    for part, column in zip(np.atleast_1d(figure.subfigures(1, len(columns))), columns, strict=True):
        ratios = [len(checks) + 1.0 for checks, *_ in column]
        grid = np.atleast_1d(part.subplots(len(column), 1, height_ratios=ratios))
        for axes, (checks, title, unit) in zip(grid, column, strict=True):
            _draw_panel(axes, checks)
            axes.set_title(title, loc="left", fontsize=12.5)
            axes.set_xlabel(unit)


def _draw_panel(axes: Axes, checks: Sequence[Check]) -> None:
    """Draw rows of checks: a band of what is allowed, the observed figure with its interval, a cross if it fails."""
    lowest = min(min(check.low, check.expected - check.tolerance) for check in checks)
    highest = max(max(check.high, check.expected + check.tolerance) for check in checks)
    margin = 0.04 * max(highest - lowest, 0.05)
    ends = (lowest - margin, highest + margin)
    for row, check in enumerate(checks):
        colour, marker = (BLUE, "o") if check.passed else (VERMILION, "X")
        low = ends[0] if check.rule == "≤" else check.expected - check.tolerance
        high = ends[1] if check.rule == "≥" else check.expected + check.tolerance
        axes.barh(row, high - low, left=low, height=0.8, color=SKY, alpha=0.3, linewidth=0)
        axes.plot([check.expected] * 2, [row - 0.4, row + 0.4], color=GREY, linewidth=1.4)
        axes.plot([check.low, check.high], [row, row], color=colour, linewidth=1.8)
        axes.plot(check.observed, row, marker, color=colour, markersize=6 if check.passed else 10)
    axes.set_xlim(*ends)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_ylim(len(checks) - 0.5, -0.5)
    axes.set_yticks(range(len(checks)), [f"{check.source}: {check.name}" for check in checks], fontsize=10)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    axes.spines["left"].set_visible(False)
