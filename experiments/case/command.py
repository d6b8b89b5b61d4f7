"""``flywheel case``: run the case over seeds, hold it to its patterns, and keep and show what came out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from experiments.case.facts import DENSE, GENERATIONS, LATEST, active_parameters, date_of, month, releases
from experiments.case.patterns import HIGH, INF, LOW, MAJORITY, PATTERNS, Statement, Verdict, judge
from experiments.case.runs import FILLED, NO_TRIALS, SERIES, CaseRun, run_all
from experiments.config import Config, load, show_path, to_toml
from experiments.errors import UsageError
from experiments.figures.words import count, number, percent
from experiments.store import result_folder, write_csv, write_manifest

DEFAULT_OUT = Path("runs", "case")
_HERE = Path(__file__).resolve().parents[1]


class CaseResult(NamedTuple):
    """The runs of all seeds, and the verdict on each pattern."""

    runs: list[CaseRun]
    verdicts: list[Verdict]

    @property
    def met(self) -> int:
        """How many patterns are met."""
        return sum(verdict.met for verdict in self.verdicts)


def case_command(
    config: Path | None = None, seeds: int = 100, out: Path | None = None, changes: Iterable[str] = ()
) -> int:
    """Run the case over seeds 0 to ``seeds`` - 1, keep the result in ``out``, print it, and return the exit code.

    A pattern that is not met is a result, not a failure: the exit code is 0.

    Args:
        config: the case's configuration; the project's own if None.
        seeds: how many.
        out: folder of the result; runs/case if None.
        changes: ``KEY=VALUE`` changes of parameters.

    Raises:
        UsageError: a faulty config, one without the dated releases, or no seed.
        RunError: the result cannot be written.
    """
    if seeds < 1:
        raise UsageError(f"--seeds: must be a whole number of 1 or more, not {seeds}")
    path = default_config() if config is None else config
    checked = load(path, changes)
    _refuse_other_worlds(checked, path)
    target = DEFAULT_OUT if out is None else out
    with result_folder(target) as folder:
        result = compare(checked, seeds)
        write_case(folder, result, checked)
        write_manifest(folder, checked, f"0-{seeds - 1}")
    print_case(result, Console(markup=False, highlight=False, emoji=False), target)
    return 0


def default_config() -> Path:
    """Return the project's own config of the case: in the checkout, or as installed with the package."""
    found = next((path for path in (_HERE.parent / "configs", _HERE / "configs") if path.is_dir()), None)
    if found is None:
        raise UsageError("case: no configs/case.toml beside the program; name a config with --config")
    return found / "case.toml"


def compare(config: Config, seeds: int) -> CaseResult:
    """Run the case over seeds, with trials and without, and hold it to its patterns."""
    without = Config(config.parameters.replace(NO_TRIALS), config.edges)
    columns = (TextColumn("run"), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), TextColumn("left"))
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=2 * seeds)
        runs, placebo = (run_all(given, seeds, lambda: progress.advance(task)) for given in (config, without))
    seen, idle = [run.observation() for run in runs], [run.observation() for run in placebo]
    return CaseResult(runs, [judge(pattern, seen, idle) for pattern in PATTERNS])


def _refuse_other_worlds(config: Config, path: Path) -> None:
    """Raise if a config does not bring out what the patterns are about, or ends before it."""
    planned = [release.name for release in config.parameters.release.schedule]
    if absent := [name for name in releases() if name not in planned]:
        raise UsageError(f"{show_path(path)}: release.schedule: has no '{absent[0]}', so this is not the case")
    if repeated := [name for name in planned if planned.count(name) > 1]:
        raise UsageError(f"{show_path(path)}: release.schedule: has '{repeated[0]}' twice")
    last = month(releases()[LATEST])
    if config.parameters.run.months < last:
        raise UsageError(f"{show_path(path)}: run.months: must be {last} or more for the case's last release")


# Files.

_DICTIONARY = (
    ("patterns.csv", "pattern", "name", "pattern of the case"),
    ("patterns.csv", "statement", "text", "one of its statements, or 'all': the pattern whole"),
    ("patterns.csv", "meaning", "text", "what it says"),
    ("patterns.csv", "criterion", "text", "bounds between which the quantity must lie"),
    ("patterns.csv", "fact", "1", "the quantity in the facts"),
    ("patterns.csv", "median", "1", "the quantity in the runs, median over seeds"),
    ("patterns.csv", "low", "1", f"the same, {LOW:.0f}th percentile"),
    ("patterns.csv", "high", "1", f"the same, {HIGH:.0f}th percentile"),
    ("patterns.csv", "share", "share of seeds", "seeds of which it is true"),
    ("patterns.csv", "share_without_trials", "share of seeds", "the same when nothing of the firm's is redesigned"),
    ("patterns.csv", "met", "0 or 1", f"true of the median; 'all': every statement, and by {MAJORITY:.0%} of seeds"),
    ("runs.csv", "seed", "number", "seed of the run"),
    ("runs.csv", "release", "name", "release of the focal firm"),
    ("runs.csv", "planned", "month", "month in the facts, empty for a release after them; 0 is 2023-05"),
    ("runs.csv", "month", "month", "month in which it came out"),
    ("runs.csv", "unit_cost", "1", "its unit cost C at release"),
    ("runs.csv", "relative_cost", "1", f"C over that of {DENSE}"),
    ("runs.csv", "relative_cost_per_token", "1", f"C times active parameters, over that of {DENSE}"),
    ("runs.csv", "capability", "0 to 1", "its capability at release"),
    ("runs.csv", "reuse_share", "share", "slots that reuse a module"),
    ("runs.csv", "introduced_cost", "1", "part of C that sits in the slots which it introduces"),
    *(("runs.csv", way, "slots", f"slots filled by a module {way}") for way in FILLED),
    ("predictions.csv", "month", "month", "month of the run; 0 is 2023-05"),
    ("predictions.csv", "date", "date", "the month's first day"),
    *(
        ("predictions.csv", f"{name}_{part}", "as in series", f"{description}, {words} over seeds")
        for name, description in SERIES.items()
        for part, words in (
            ("median", "median"),
            ("low", f"{LOW:.0f}th percentile"),
            ("high", f"{HIGH:.0f}th percentile"),
        )
    ),
)


def write_case(folder: Path, result: CaseResult, config: Config) -> None:
    """Write tables and figures of the case into a folder."""
    from experiments.case.figures import patterns, predictions
    from experiments.figures import save, styled
    from experiments.figures.lineage import lineage
    from experiments.figures.record import Record, Series

    (folder / "config.toml").write_text(to_toml(config.parameters), encoding="utf-8", newline="\n")
    _write(folder, "patterns.csv", _pattern_rows(result.verdicts))
    _write(folder, "runs.csv", _run_rows(result.runs))
    since = month(releases()[LATEST])
    _write(folder, "predictions.csv", _prediction_rows(result.runs, since))
    write_csv(folder / "dictionary.csv", ["file", "column", "unit", "description"], _DICTIONARY)
    lineage_of = Record(Series(), {}, list(result.runs[0].events))
    with styled():
        save(patterns(result.verdicts, result.runs), folder / "patterns.png")
        save(predictions(result.runs, since), folder / "predictions.png")
        save(lineage(lineage_of), folder / "lineage_seed_0.png")


def _write(folder: Path, name: str, rows: Iterable[Iterable[Any]]) -> None:
    write_csv(folder / name, [column for file, column, _, _ in _DICTIONARY if file == name], rows)


def _pattern_rows(verdicts: Sequence[Verdict]) -> Iterable[tuple[Any, ...]]:
    for verdict in verdicts:
        name = verdict.pattern.name
        for found in verdict.findings:
            said = found.statement
            spread = (found.fact, found.median, found.low, found.high, found.share, found.placebo_share)
            yield name, said.text, said.meaning, criterion(said), *spread, int(found.holds)
        nothing = (None,) * 4
        yield name, "all", "all of the above", "", *nothing, verdict.share, verdict.placebo_share, int(verdict.met)


def _run_rows(runs: Sequence[CaseRun]) -> Iterable[tuple[Any, ...]]:
    active, planned = active_parameters(), {name: month(date) for name, date in releases().items()}
    for run in runs:
        dense = run.observation().unit_cost.get(DENSE, np.nan)
        for release in run.releases:
            relative = release.unit_cost / dense
            tokens = relative * active[release.name] / active[DENSE] if release.name in GENERATIONS else None
            yield (
                run.seed, release.name, planned.get(release.name), release.month, release.unit_cost, relative, tokens,
                release.capability, release.reuse_share,
                release.introduced_cost, *(release.filled[way] for way in FILLED),
            )  # fmt: skip


def _prediction_rows(runs: Sequence[CaseRun], since: int) -> Iterable[list[Any]]:
    """Give a row for the last month with facts, to compare with, and one for each after it."""
    series = {name: np.array([run.series[name] for run in runs]) for name in SERIES}
    for number_ in range(since, len(runs[0].series["users"]) + 1):
        row: list[Any] = [number_, date_of(number_).isoformat()]
        for values in series.values():
            row += np.percentile(values[:, number_ - 1], [50.0, LOW, HIGH]).tolist()
        yield row


def criterion(statement: Statement) -> str:
    """Return the bounds of a statement: > 1, < 1 or 0.8 to 1.25."""
    if statement.above > -INF and statement.below < INF:
        return f"{number(statement.above, 3)} to {number(statement.below, 3)}"
    return f"> {number(statement.above, 3)}" if statement.above > -INF else f"< {number(statement.below, 3)}"


# Terminal.


def print_case(result: CaseResult, console: Console, folder: Path) -> None:
    """Print patterns, facts and runs side by side, and the predictions."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, title_justify="left")
    table.title = f"{result.met} of {len(result.verdicts)} patterns of the case met; "
    table.title += count(len(result.runs), "seed", "seeds")
    table.add_column("pattern")
    for heading in ("fact", "model", f"{LOW:.0f}-{HIGH:.0f} %", "seeds", "verdict"):
        table.add_column(heading, justify="right", no_wrap=True)
    for verdict in result.verdicts:
        word = "met" if verdict.met else "not met"
        table.add_row(verdict.pattern.title, "", "", "", percent(verdict.share), word, style="bold")
        for found in verdict.findings:
            table.add_row(
                f"  {found.statement.text} {criterion(found.statement)}", number(found.fact, 3),
                number(found.median, 3), _span(found.low, found.high), percent(found.share),
                "yes" if found.holds else "no",
            )  # fmt: skip
        table.add_row("  whole, without trials", "", "", "", percent(verdict.placebo_share), "")
        table.add_section()
    console.print(table)
    console.print(
        f"Met: every statement is true of the median, and {MAJORITY:.0%} of seeds show the pattern whole.\n"
        "A pattern shown as often without trials says nothing of the mechanism."
    )
    _print_predictions(result.runs, console)
    console.print(
        f"Result in {folder}{os.sep} (start with patterns.png; dictionary.csv explains the tables)", soft_wrap=True
    )


def _span(low: float, high: float) -> str:
    return f"{number(low)} to {number(high)}" if low < 0 else f"{number(low)}-{number(high)}"


def _print_predictions(runs: Sequence[CaseRun], console: Console) -> None:
    since = month(releases()[LATEST])
    rows = list(_prediction_rows(runs, since))
    if len(rows) < 2:
        return
    first, last = date_of(rows[0][0]), date_of(rows[-1][0])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    table.title = f"Predictions, not judged: median ({LOW:.0f}-{HIGH:.0f} %)"
    table.add_column("outcome")
    table.add_column(f"{first:%Y-%m}", justify="right")
    table.add_column(f"{last:%Y-%m}", justify="right")
    for place, description in enumerate(SERIES.values()):
        cells = [row[2 + 3 * place : 5 + 3 * place] for row in (rows[0], rows[-1])]
        table.add_row(description, *(f"{number(m)} ({_span(low, high)})" for m, low, high in cells))
    console.print(table)
