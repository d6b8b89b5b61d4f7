"""``flywheel case``: run a case over seeds, compare it with its patterns, and keep and show what came out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from experiments.case.patterns import Pattern, off_all, stacked
from experiments.case.reading import Case, read_case
from experiments.case.runs import NO_TRIALS, default_config, run_all
from experiments.case.setting import Floats
from experiments.config import Config, load, show_path, to_toml
from experiments.drawing import asked
from experiments.errors import UsageError
from experiments.figures.words import count, number, percent
from experiments.kinds import refuse_other
from experiments.store import default_folder, result_folder, write_csv, write_manifest, write_text
from experiments.streams import aside
from experiments.terminal import console
from sim.outcomes import product_name
from sim.parameters import Parameters
from sim.world import WAYS, Records

SEEDS = 100
CASE = "deepseek"
"""The case that is compared with if none is named."""
LOW, HIGH = 5.0, 95.0
"""Percentiles over seeds that are shown."""
NEAR, FAR = 2.0, 3.0
"""Discrepancies within which a run meets a fact: the strict tolerance and the wide one."""
MAJORITY = 0.5
"""Share of seeds from which on a pattern counts as met."""


class CaseResult(NamedTuple):
    """What the operators read from each seed and how far it is off the facts, with trials and without.

    Attributes:
        case: what they are compared with.
        releases: of the focal firm, shape (seeds, releases); of month 0 where none came out.
        values: shape (seeds, patterns).
        off: in discrepancies, shape (seeds, patterns).
        off_without: the same without trials.
    """

    case: Case
    releases: Records
    values: Floats
    off: Floats
    off_without: Floats

    def shares(self, tolerance: float = NEAR) -> Floats:
        """Return the share of seeds that meet each pattern."""
        return np.asarray((self.off <= tolerance).mean(axis=0))

    def whole(self, tolerance: float = NEAR) -> float:
        """Return the share of seeds that meet all patterns at once."""
        return float((self.off <= tolerance).all(axis=1).mean())

    def spread(self) -> Floats:
        """Return median and percentiles of what each operator read, where defined, shape (patterns, 3)."""
        seen = [column[np.isfinite(column)] for column in self.values.T]
        return np.array([np.percentile(one, [50.0, LOW, HIGH]) if one.size else [np.nan] * 3 for one in seen])


def case_command(
    config: Path | None = None,
    seeds: int = SEEDS,
    out: Path | None = None,
    changes: Iterable[str] = (),
    case: str = CASE,
) -> int:
    """Run a case over seeds 0 to ``seeds`` - 1, keep the result in ``out``, print it, and return the exit code.

    A pattern that is not met is a result, not a failure: the exit code is 0.

    Args:
        config: the case's configuration; the project's own if None.
        seeds: how many.
        out: folder of the result; if None runs/case, or one beside it for other seeds or another config.
        changes: ``KEY=VALUE`` changes of parameters.
        case: folder of the case, or the name of one that comes with the program.

    Raises:
        UsageError: a faulty config or case, a config without the dated releases, or no seed.
        RunError: the result cannot be written.
    """
    if seeds < 1:
        raise UsageError(f"--seeds: must be a whole number of 1 or more, not {seeds}")
    path, changes = default_config() if config is None else config, list(changes)
    refuse_other(path, "config")
    checked = load(path, changes)
    against = read_case(case, checked.parameters)
    parts = ("case", *([] if case == CASE else [against.name]), *([] if seeds == SEEDS else [str(seeds)]))
    name, which = "-".join(parts), f"0-{seeds - 1}"
    target = default_folder(name, checked, which, bool(changes) or config is not None) if out is None else out
    with result_folder(target, "case") as folder:
        result = compare(against, checked, seeds)
        write_case(folder, result, checked)
        write_manifest(folder, checked, which, "case")
    with aside():
        print_case(result, console(), target)
    return 0


def compare(case: Case, config: Config, seeds: int) -> CaseResult:
    """Run a case over seeds, with trials and without, and compare it with its patterns."""
    without = Config(config.parameters.replace(NO_TRIALS), config.edges)
    runs, placebo = (run_all(given, seeds, case.readings) for given in (config, without))
    values, bare = (stacked([one.value(each.readings) for one in case.patterns]) for each in (runs, placebo))
    return CaseResult(case, runs.releases, values, off_all(case.patterns, values), off_all(case.patterns, bare))


# Files.

_DICTIONARY = (
    ("patterns.csv", "pattern", "name", "pattern of the case, or 'all': every one at once"),
    ("patterns.csv", "title", "text", "what the fact says"),
    ("patterns.csv", "fact", "1", "its value; outside progress: months; introductions: lineages; reuse: share"),
    ("patterns.csv", "derivation", "text", "where the value comes from"),
    ("patterns.csv", "operator", "text", "what in a run it is compared with"),
    (
        "patterns.csv",
        "kind",
        "choice",
        "how the distance is counted: ratio, difference, order, yes-no, interval, bound",
    ),
    ("patterns.csv", "discrepancy", "1", "standard deviation: of the logarithm for a ratio; empty without one"),
    ("patterns.csv", "plausible_low", "as fact", f"least value within {NEAR:g} discrepancies"),
    ("patterns.csv", "plausible_high", "as fact", f"greatest value within {NEAR:g} discrepancies"),
    ("patterns.csv", "median", "as fact", "the operator's value, median over seeds where it is finite"),
    ("patterns.csv", "low", "as fact", f"the same, {LOW:.0f}th percentile"),
    ("patterns.csv", "high", "as fact", f"the same, {HIGH:.0f}th percentile"),
    ("patterns.csv", "share", "share of seeds", f"seeds within {NEAR:g} discrepancies of the fact"),
    ("patterns.csv", "share_wide", "share of seeds", f"seeds within {FAR:g} discrepancies of the fact"),
    ("patterns.csv", "share_without_trials", "share of seeds", f"within {NEAR:g} if nothing is ever redesigned"),
    ("patterns.csv", "met", "0 or 1", f"share is {MAJORITY:g} or more"),
    ("runs.csv", "seed", "number", "seed of the run"),
    ("runs.csv", "pattern", "name", "pattern of the case"),
    ("runs.csv", "value", "as fact", "what the operator read; empty if the run does not have it"),
    ("runs.csv", "discrepancies", "1", "how many discrepancies it is off the fact; inf outside an interval"),
    ("releases.csv", "seed", "number", "seed of the run"),
    ("releases.csv", "release", "name", "release of the focal firm"),
    ("releases.csv", "planned", "month", "month in the facts, empty for a release after them; 0 is the case's origin"),
    ("releases.csv", "month", "month", "month in which it came out"),
    ("releases.csv", "unit_cost", "1", "its unit cost at release, C"),
    ("releases.csv", "systems_cost", "1", "the same over its systems, H"),
    ("releases.csv", "algorithms_cost", "1", "the same over its algorithms, Q"),
    *(("releases.csv", way, "slots", f"slots filled by a module {way}") for way in WAYS),
)


def write_case(folder: Path, result: CaseResult, config: Config) -> None:
    """Write tables and the figure of the case into a folder."""
    from experiments.case.figures import draw_patterns
    from experiments.figures import save_all, styled

    write_text(folder / "config.toml", to_toml(config.parameters))
    _write(folder, "patterns.csv", _pattern_rows(result))
    _write(folder, "runs.csv", _run_rows(result))
    _write(folder, "releases.csv", _release_rows(result, config.parameters))
    write_csv(folder / "dictionary.csv", ["file", "column", "unit", "description"], _DICTIONARY)
    with styled():
        save_all(draw_patterns(result), folder / "patterns.png")


def _write(folder: Path, name: str, rows: Iterable[Iterable[Any]]) -> None:
    write_csv(folder / name, [column for file, column, _, _ in _DICTIONARY if file == name], rows)


def _pattern_rows(result: CaseResult) -> Iterable[tuple[Any, ...]]:
    near, far = result.shares(NEAR), result.shares(FAR)
    without, spread = (result.off_without <= NEAR).mean(axis=0), result.spread()
    for place, pattern in enumerate(result.case.patterns):
        yield (
            pattern.name, pattern.title, pattern.fact, pattern.derivation, pattern.operator, pattern.kind,
            pattern.discrepancy, *pattern.plausible(NEAR), *spread[place], near[place], far[place], without[place],
            int(near[place] >= MAJORITY),
        )  # fmt: skip
    whole, bare = result.whole(), float((result.off_without <= NEAR).all(axis=1).mean())
    yield ("all", "All at once", *(None,) * 10, whole, result.whole(FAR), bare, int(whole >= MAJORITY))


def _run_rows(result: CaseResult) -> Iterable[tuple[Any, ...]]:
    for seed, (read, off) in enumerate(zip(result.values, result.off, strict=True)):
        for pattern, value, distance in zip(result.case.patterns, read.tolist(), off.tolist(), strict=True):
            yield seed, pattern.name, value, distance


def _release_rows(result: CaseResult, parameters: Parameters) -> Iterable[tuple[Any, ...]]:
    facts, slots = result.case.facts, len(parameters.architecture.slots)
    planned = {name: facts.month(date) for name, date in facts.releases.items()}
    for seed, rows in enumerate(result.releases):
        for row in rows[rows["month"] > 0]:
            name, costs = product_name(parameters, 0, int(row.number)), (row.cost, row.systems, row.algorithms)
            filled = (int((row.ways[:slots] == way).sum()) for way in range(len(WAYS)))
            yield seed, name, planned.get(name), int(row.month), *map(float, costs), *filled


# Terminal.


def print_case(result: CaseResult, terminal: Console, folder: Path) -> None:
    """Print each pattern beside its operator, the fact, and what the runs gave."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, title_justify="left")
    table.title = f"The case: {met_in_words(result)}; {count(len(result.values), 'seed', 'seeds')}"
    table.add_column("pattern\ncompared with")
    for heading in ("fact\nplausible", f"model\n{LOW:.0f}-{HIGH:.0f} %", *_shares_over(), "without\ntrials"):
        table.add_column(heading, justify="right", no_wrap=True)
    near, far = result.shares(NEAR), result.shares(FAR)
    without, spread = (result.off_without <= NEAR).mean(axis=0), result.spread()
    for place, pattern in enumerate(result.case.patterns):
        median, low, high = spread[place]
        shares = (percent(share) for share in (near[place], far[place], without[place]))
        model = f"{number(median, 3)}\n{_span(low, high)}"
        table.add_row(f"{pattern.title}\n  {pattern.operator}", _fact(pattern), model, *shares)
        table.add_section()
    bare = float((result.off_without <= NEAR).all(axis=1).mean())
    table.add_row("All at once", "", "", *map(percent, (result.whole(), result.whole(FAR), bare)))
    terminal.print(table)
    terminal.print(
        f"Plausible: within {NEAR:g} discrepancies (d) of the fact, or in its interval.\n"
        f"Met: {NEAR:g} d in at least {percent(MAJORITY)} of seeds. A pattern that is met as often without\n"
        "trials says nothing of redesign."
    )
    terminal.print(
        f"Result in {show_path(folder)}{os.sep} (start with patterns.{asked().formats[0]}; dictionary.csv explains the "
        "tables)",
        soft_wrap=True,
    )


def _shares_over() -> tuple[str, str]:
    return f"seeds\n{NEAR:g} d", f"seeds\n{FAR:g} d"


def met_in_words(result: CaseResult) -> str:
    """Return how many patterns are met: 4 of 11 patterns met, never all at once."""
    shares, whole = result.shares(), result.whole()
    often = f"in {percent(whole)} of seeds all at once" if whole else "never all at once"
    return f"{int((shares >= MAJORITY).sum())} of {len(shares)} patterns met, {often}"


def _fact(pattern: Pattern) -> str:
    """Return a fact over its plausible values."""
    fact, (low, high) = number(pattern.fact, 3), pattern.plausible(NEAR)
    told = {
        "bound": f"up to {fact}", "yes-no": f"all {fact}", "order": f"{fact}\n{'below' if low == 0.0 else 'above'} 1",
    }  # fmt: skip
    return told.get(pattern.kind, f"{fact}\n{_span(low, high)}")


def _span(low: float, high: float) -> str:
    return f"{number(low)}-{number(high)}" if low >= 0.0 else f"{number(low)} to {number(high)}"
