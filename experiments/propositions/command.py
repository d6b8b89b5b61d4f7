"""The commands ``flywheel propositions`` and ``flywheel policy``: plan, run, judge, write, tell."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from experiments.config import show_path
from experiments.errors import UsageError
from experiments.propositions import answers
from experiments.propositions.budget import CONFIDENCE, Budget, budget_named
from experiments.propositions.claims import Claim, read_claims
from experiments.propositions.laboratory import Task, laboratory, timed
from experiments.propositions.pipeline import decide, planned_runs
from experiments.propositions.report import write_report
from experiments.propositions.results import EFFECTS, VERDICTS, after_holm, read_json, write_effects, write_json
from experiments.sweep.engines import default_workers
from experiments.sweep.plan import model_version
from experiments.sweep.progress import duration
from experiments.sweep.session import Options

if TYPE_CHECKING:
    from collections.abc import Callable

_LINE_SECONDS = 10.0


@dataclass(frozen=True)
class Request:
    """What was asked for: which claims, from which folder, how much, where to."""

    claims: Path
    ids: tuple[str, ...]
    budget: str
    out: Path
    options: Options


def shipped(kind: str) -> Path:
    """Return the folder of the claims that come with the project: ``propositions`` or ``policies``."""
    root = Path(__file__).resolve().parents[1]
    near = root.parent / "configs" / kind
    return near if near.is_dir() else root / "configs" / kind


def chosen(request: Request) -> list[Claim]:
    """Return the claims asked for, all if none is named.

    Raises:
        UsageError: no such claim, or a faulty one.
    """
    known = {claim.id: claim for claim in read_claims(request.claims)}
    for name in request.ids:
        if name not in known:
            raise UsageError(f"{name}: no such claim in {show_path(request.claims)}; there are {', '.join(known)}")
    return [claim for name, claim in known.items() if not request.ids or name in request.ids]


def propositions(request: Request) -> None:
    """Judge claims, and leave verdicts, effects and a report."""
    budget = budget_named(request.budget)
    claims = chosen(request)
    for line in forecast(claims, budget, request.options):
        typer.echo(f"flywheel: {line}", err=True)
    total = sum(planned_runs(claim, budget) for claim in claims)
    with shown(total) as watch, laboratory(request.out, request.options, watch) as lab:
        results = [decide(claim, lab, budget) for claim in claims]
    after_holm(results, CONFIDENCE)
    told = {"kind": request.claims.name, "budget": budget.name, "model": model_version(), "claims": results}
    write_json(request.out / VERDICTS, told)
    write_effects(request.out / EFFECTS, results)
    paths = write_report(request.out, read_json(request.out / VERDICTS))
    print_verdicts(results)
    typer.echo(f"report: {' and '.join(show_path(path) for path in paths)}")


def forecast(claims: Sequence[Claim], budget: Budget, options: Options) -> Iterator[str]:
    """Yield how many runs are planned at most, and about how long they take."""
    runs = {claim.id: planned_runs(claim, budget) for claim in claims}
    seconds = sum(runs[claim.id] * sorted(timed(claim))[0] for claim in claims)
    workers = 1 if options.engine == "serial" else default_workers(options.workers)
    yield (
        f"{len(claims)} claims, budget {budget.name}: at most {sum(runs.values()):,} runs, about "
        f"{duration(seconds / workers)} on {workers} of {options.engine} (less where a claim is decided early)"
    )


@contextmanager
def shown(total: int) -> Iterator[Callable[[Task], None]]:
    """Show how far it is: a bar on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines(total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda told: bar.update(task, completed=told.done, description=told.words)


class _Lines:
    def __init__(self, total: int) -> None:
        self._total, self._start, self._last = total, time.monotonic(), time.monotonic()

    def __call__(self, told: Task) -> None:
        now = time.monotonic()
        if now - self._last < _LINE_SECONDS:
            return
        self._last = now
        left = (self._total - told.done) * (now - self._start) / max(told.done, 1)
        most = f", at most {duration(left)} left" if told.done else ""
        print(f"flywheel: {told.done:,} of {self._total:,} runs{most}; {told.words}", file=sys.stderr, flush=True)


def print_verdicts(results: Sequence[dict[str, Any]]) -> None:
    """Print a row a claim."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("claim", "verdict", "effect that decides (interval)", "holds in region", "cells"):
        table.add_column(heading, no_wrap=heading in ("claim", "verdict", "holds in region"))
    for result in results:
        effect = answers.deciding(result)
        table.add_row(
            result["id"], result["verdict"], f"{effect['name']}: {answers.shown(result, effect)}",
            answers.region_short(result), answers.boundary_short(result),
        )  # fmt: skip
    Console(markup=False, highlight=False, emoji=False).print(table)
