"""What goes beyond a verdict, if it is asked for: audit, falsifier and multiverse; and the plan, before any verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from experiments.errors import RunError
from experiments.propositions import audit, falsify, multiverse
from experiments.propositions.beyond import told
from experiments.propositions.budget import Budget
from experiments.propositions.claims import Claim
from experiments.propositions.laboratory import Laboratory
from experiments.propositions.pipeline import planned_runs as judged_runs
from experiments.sweep.estimate import in_bytes
from experiments.sweep.progress import duration
from experiments.terminal import console

AUDIT, FALSIFIER, MULTIVERSE, PLANNER = "audit", "falsifier", "multiverse", "planner"


def planned_runs(wanted: Sequence[str], claim: Claim, budget: Budget, specifications: Path) -> int:
    """Return the most runs that a claim takes, with all that is wanted of it beyond its verdict."""
    runs = judged_runs(claim, budget)
    if AUDIT in wanted:
        runs += audit.planned_runs(claim, budget)
    if FALSIFIER in wanted:
        runs += falsify.planned_runs(claim, budget)
    if MULTIVERSE in wanted:
        runs += multiverse.planned_runs(claim, multiverse.read_specifications(specifications), budget)
    return runs


def deepen(
    wanted: Sequence[str],
    claims: Sequence[Claim],
    results: Sequence[dict[str, Any]],
    laboratory: Laboratory,
    budget: Budget,
    specifications: Path,
) -> dict[str, Any]:
    """Return what is wanted beyond the results of claims, as plain data by name."""
    found: dict[str, Any] = {}
    both = list(zip(claims, results, strict=True))
    if AUDIT in wanted:
        found[AUDIT] = audit.audit(claims, results, laboratory, budget)
    if FALSIFIER in wanted:
        found[FALSIFIER] = [falsify.falsify(claim, result, laboratory, budget) for claim, result in both]
    if MULTIVERSE in wanted:
        given = multiverse.read_specifications(specifications)
        found[MULTIVERSE] = [multiverse.multiverse(claim, given, laboratory, budget) for claim in claims]
    return found


def refuse_defects(found: dict[str, Any]) -> None:
    """Raise if the audit found a defect of the model.

    Raises:
        RunError: a null world shows an effect.
    """
    if AUDIT in found and (lines := audit.defects(found[AUDIT])):
        raise RunError(*lines)


# What is printed.


def print_found(found: dict[str, Any]) -> None:
    """Print a short table of each."""
    for part in told(found):
        _print(part.name.lower(), part.headings, part.rows)


def print_plan(plans: Sequence[dict[str, Any]]) -> None:
    """Print what each claim costs and what can be concluded of it."""
    rows = [
        (each["id"], f"{each['runs']:,}", duration(each["seconds"]), in_bytes(each["bytes"]), str(each["seeds"]),
         "?" if each["power"] is None else f"{each['power']:.2f}", each["says"])
        for each in plans
    ]  # fmt: skip
    runs, seconds, size = (sum(each[name] for each in plans) for name in ("runs", "seconds", "bytes"))
    rows.append(("all", f"{runs:,}", duration(seconds), in_bytes(size), "", "", ""))
    _print(PLANNER, ("claim", "runs", "time", "disk", "seeds", "power", "what can be concluded"), rows)


def _print(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left", title_style="bold")
    for heading in headings:
        table.add_column(heading)
    for row in rows:
        table.add_row(*row)
    console().print(table)
