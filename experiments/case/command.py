"""``flywheel case``: run a case over seeds, compare it with its patterns, and keep and show what came out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from experiments.case.patterns import Pattern
from experiments.case.reading import read_case
from experiments.case.runs import FAR, HIGH, LOW, MAJORITY, NEAR, CaseResult, compare, default_config, met_in_words
from experiments.codebook import codebook
from experiments.config import Config, load, show_path, to_toml
from experiments.errors import UsageError
from experiments.figures.asked import asked
from experiments.figures.words import count, number, percent
from experiments.kinds import refuse_other
from experiments.messages.streams import aside
from experiments.messages.terminal import console
from experiments.store import default_folder, result_folder, write_manifest, write_text
from sim.outcomes import product_name
from sim.parameters import Parameters
from sim.world import WAYS

SEEDS = 100
CASE = "deepseek"
"""The case that is compared with if none is named."""


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


# Files.

CODEBOOK = codebook("case", near=NEAR, far=FAR, low=LOW, high=HIGH, majority=MAJORITY)


def write_case(folder: Path, result: CaseResult, config: Config) -> None:
    """Write tables and the figure of the case into a folder."""
    from experiments.case.figures import draw_patterns
    from experiments.figures.draw import draw_into

    write_text(folder / "config.toml", to_toml(config.parameters))
    CODEBOOK.write(folder, "patterns.csv", _pattern_rows(result))
    CODEBOOK.write(folder, "runs.csv", _run_rows(result))
    CODEBOOK.write(folder, "releases.csv", _release_rows(result, config.parameters))
    CODEBOOK.write_dictionary(folder)
    draw_into(folder / "patterns.png", lambda: draw_patterns(result))


def _pattern_rows(result: CaseResult) -> Iterable[tuple[Any, ...]]:
    for pattern, spread, shares in zip(result.case.patterns, result.spread(), result.shares_three(), strict=True):
        yield (pattern.name, pattern.title, pattern.fact, pattern.derivation, pattern.operator, pattern.kind,
               pattern.discrepancy, *pattern.plausible(NEAR), *spread, *shares, int(shares[0] >= MAJORITY))  # fmt: skip
    whole = result.whole_three()
    yield ("all", "All at once", *(None,) * 10, *whole, int(whole[0] >= MAJORITY))


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
    headings = ("fact\nplausible", f"model\n{LOW:.0f}-{HIGH:.0f} %", f"seeds\n{NEAR:g} d", f"seeds\n{FAR:g} d",
                "without\ntrials")  # fmt: skip
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for pattern, spread, shares in zip(result.case.patterns, result.spread(), result.shares_three(), strict=True):
        median, low, high = spread
        model = f"{number(median, 3)}\n{_span(low, high)}"
        table.add_row(f"{pattern.title}\n  {pattern.operator}", _fact(pattern), model, *map(percent, shares))
        table.add_section()
    table.add_row("All at once", "", "", *map(percent, result.whole_three()))
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


def _fact(pattern: Pattern) -> str:
    """Return a fact over its plausible values."""
    fact, (low, high) = number(pattern.fact, 3), pattern.plausible(NEAR)
    told = {
        "bound": f"up to {fact}", "yes-no": f"all {fact}", "order": f"{fact}\n{'below' if low == 0.0 else 'above'} 1",
    }  # fmt: skip
    return told.get(pattern.kind, f"{fact}\n{_span(low, high)}")


def _span(low: float, high: float) -> str:
    return f"{number(low)}-{number(high)}" if low >= 0.0 else f"{number(low)} to {number(high)}"
