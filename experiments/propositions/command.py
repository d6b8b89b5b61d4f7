"""The commands ``flywheel propositions`` and ``flywheel policy``: plan, run, judge, write, tell."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.config import show_path
from experiments.errors import UsageError
from experiments.identity import identity
from experiments.propositions import answers, multiverse, planner
from experiments.propositions.budget import CONFIDENCE, Budget, budget_named
from experiments.propositions.claims import Claim, read_claims
from experiments.propositions.deepen import PLANNER, deepen, planned_runs, print_found, print_plan, refuse_defects
from experiments.propositions.laboratory import Task, laboratory, timed
from experiments.propositions.lineage import lineage
from experiments.propositions.lock import lock
from experiments.propositions.pipeline import decide
from experiments.propositions.report import write_report
from experiments.propositions.results import (
    EFFECTS,
    PLAN,
    VERDICTS,
    after_holm,
    read_json,
    write_effects,
    write_json,
    write_manifest,
)  # fmt: skip
from experiments.sweep.engines import default_workers
from experiments.sweep.progress import duration
from experiments.sweep.session import Options
from experiments.tables import meant
from experiments.terminal import console, say
from experiments.text import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

_LINE_SECONDS = 10.0
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Request:
    """What was asked for: which claims, from which folder, how much, where to, and what beyond verdicts."""

    claims: Path
    ids: tuple[str, ...]
    budget: str
    out: Path
    options: Options
    wanted: tuple[str, ...] = ()


def shipped(kind: str) -> Path:
    """Return what comes with the project: the claims of ``propositions`` or ``policies``, or the multiverse's file."""
    root = Path(__file__).resolve().parents[1]
    near = root.parent / "configs" / kind
    return near if near.exists() else root / "configs" / kind


def folder_for(kind: str, claims: Path, ids: Sequence[str]) -> Path:
    """Return where results go if not told: named claims get a folder of their own, so that the report of all stays."""
    named = sorted(set(ids), key=lambda name: (len(name), name))
    some = bool(named) and len(named) < len(list(claims.glob("*.toml")))
    return Path("runs", "-".join([kind, *named]) if some else kind)


def chosen(request: Request) -> list[Claim]:
    """Return the claims asked for, all if none is named.

    Raises:
        UsageError: no such claim, or a faulty one.
    """
    known = {claim.id: claim for claim in read_claims(request.claims)}
    for name in request.ids:
        if name not in known:
            same = next((each for each in known if each.lower() == name.lower()), name)
            raise UsageError(f"{name}: no such claim in {show_path(request.claims)}; {meant(same, list(known))}")
    return [claim for name, claim in known.items() if not request.ids or name in request.ids]


def propositions(request: Request) -> None:
    """Judge claims, and leave verdicts, effects and a report.

    Raises:
        RunError: the audit was asked for, and a null world shows an effect; results are written before.
    """
    budget = budget_named(request.budget)
    claims, specifications = chosen(request), shipped(multiverse.FILE)
    runs = _planned(request, claims, budget)
    for line in forecast(claims, runs, budget, request.options):
        say(f"flywheel: {line}", err=True)
    with shown(sum(runs.values())) as watch, laboratory(request.out, request.options, watch) as lab:
        results = [decide(claim, lab, budget, len(claims)) for claim in claims]
        after_holm(results, CONFIDENCE)
        found = deepen(request.wanted, claims, results, lab, budget, specifications)
    told = {"kind": request.claims.name, "budget": budget.name, "model": identity(), "claims": results}
    write_json(request.out / VERDICTS, {**told, **found})
    write_effects(request.out / EFFECTS, results)
    paths = write_report(request.out, read_json(request.out / VERDICTS))
    write_manifest(request.out)
    print_verdicts(results)
    print_found(found)
    say(f"report: {' and '.join(show_path(path) for path in paths)}")
    refuse_defects(found)


def _planned(request: Request, claims: Sequence[Claim], budget: Budget) -> dict[str, int]:
    """Return the most runs of each claim, with what is wanted beyond its verdict."""
    specifications = shipped(multiverse.FILE)
    return {claim.id: planned_runs(request.wanted, claim, budget, specifications) for claim in claims}


def plan(request: Request) -> None:
    """Run a pilot of each claim, and say what the budget costs and can conclude."""
    budget, claims = budget_named(request.budget), chosen(request)
    total = sum(planner.pilot_seeds(claim) * len(claim.arms) for claim in claims)
    with shown(total) as watch, laboratory(request.out, request.options, watch) as lab:
        plans = planner.plan(claims, lab, budget, _planned(request, claims, budget))
    write_json(request.out / PLAN, {"budget": budget.name, PLANNER: plans})
    print_plan(plans)


def freeze(request: Request) -> None:
    """Lock the claims of a folder, all of them."""
    path = lock(request.claims, read_claims(request.claims))
    say(f"locked: {show_path(path)}; commit it before the first run")


def trace(folder: Path, name: str, claims: Path | None, options: Options, every: bool) -> Iterator[str]:
    """Yield the lineage of a verdict or figure, line by line."""
    folders = [shipped("propositions"), shipped("policies")] if claims is None else [claims]
    known = [claim for each in folders for claim in read_claims(each)]
    with shown(None) as watch:
        yield from lineage(folder, name, known, options, every, watch)


def forecast(claims: Sequence[Claim], runs: Mapping[str, int], budget: Budget, options: Options) -> Iterator[str]:
    """Yield how many runs are planned at most, ``runs`` by claim, and about how long they take."""
    seconds = sum(runs[claim.id] * sorted(timed(claim))[0] for claim in claims)
    workers = 1 if options.engine == "serial" else default_workers(options.workers)
    some = f"{len(claims)} claim{'s' * (len(claims) != 1)}"
    yield (
        f"{some}, budget {budget.name}: at most {sum(runs.values()):,} runs, about "
        f"{duration(seconds / workers)} with {workers} worker{'s' * (workers != 1)} (less where one is decided early)"
    )


@contextmanager
def shown(total: int | None) -> Iterator[Callable[[Task], None]]:
    """Show how far it is: a bar on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines(total)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console(err=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda told: bar.update(task, completed=told.done, description=told.words)


class _Lines:
    def __init__(self, total: int | None) -> None:
        self._total, self._start, self._last = total, time.monotonic(), time.monotonic()

    def __call__(self, told: Task) -> None:
        now = time.monotonic()
        if now - self._last < _LINE_SECONDS:
            return
        self._last = now
        say(f"flywheel: {told.done:,} {self._of(told.done, now)}; {told.words}", err=True)

    def _of(self, done: int, now: float) -> str:
        if self._total is None:
            return "runs"
        left = (self._total - done) * (now - self._start) / max(done, 1)
        return f"of {self._total:,} runs" + (f", at most {duration(left)} left" if done else "")


def print_verdicts(results: Sequence[dict[str, Any]]) -> None:
    """Print a row a claim."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("claim", "verdict", "effect that decides (interval)", "holds in region", "where it must fail"):
        table.add_column(heading, no_wrap=heading in ("claim", "verdict", "holds in region"))
    for result in results:
        effect = answers.deciding(result)
        said = f"{shortened(effect['name'], _LONGEST_NAME)}: {answers.shown(result, effect)}"
        table.add_row(
            result["id"], result["verdict"], said,
            answers.region_short(result), answers.boundary_short(result),
        )  # fmt: skip
    console().print(table)
