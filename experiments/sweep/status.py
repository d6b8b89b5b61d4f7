"""How far a sweep is, what failed, and what its pairs achieve: read from its files, also while a driver runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from experiments.config import show_path
from experiments.sweep import files, pairing
from experiments.sweep.ledger import Ledger
from experiments.sweep.progress import FILE, duration

_MOST_ERRORS = 5
_MOST_PAIRINGS = 8


def status(folder: Path) -> Iterator[str]:
    """Yield the state of a sweep line by line.

    Raises:
        UsageError: the folder holds no sweep.
    """
    with Ledger.read(folder) as ledger:
        design, counts, stopped = ledger.design(), ledger.counts(), ledger.stopped_after()
        current = ledger.revision()
        assert current is not None
        points = ledger.connection.execute("SELECT count(*) FROM design_points").fetchone()[0]
        yield (
            f"{show_path(folder)}: {design['kind']} of {points} points in {len(design['factors'])} "
            f"factor{'s' * (len(design['factors']) != 1)}, "
            f"{design['replicates']} replicates (revision {current.revision}, model {current.model})"
        )
        yield f"runs: {counts.done} done, {counts.failed} failed, {counts.planned} left of {counts.total}"
        if stopped is not None:
            yield f"stopped by its rule after {stopped} replicates: a rule for effort, not inference"
        yield _driver(folder)
        errors = ledger.connection.execute(
            """SELECT error, count(*), min(run_id) FROM slots JOIN runs ON runs.id = run WHERE status = 'failed'
            GROUP BY error ORDER BY count(*) DESC LIMIT ?""",
            (_MOST_ERRORS,),
        ).fetchall()
        for error, times, run in errors:
            yield f"failed {times}×: {error} (e.g. flywheel rerun {show_path(folder)} {run[:12]})"
        yield from _pairs(ledger)


def _driver(folder: Path) -> str:
    holder = files.driver_of(folder)
    if holder is None:
        return "driver: none at work"
    try:
        with files.opened(folder / FILE) as file:
            said = json.load(file)
        left = said["seconds_left"]
        speed = f", {said['runs_per_second']:.3g} runs/s" + (f", about {duration(left)} left" if left else "")
        return f"driver: {holder} on {said['engine']}{speed}"
    except (OSError, ValueError, KeyError, TypeError):
        return f"driver: {holder}"


def _pairs(ledger: Ledger) -> Iterator[str]:
    found = sorted(pairing.pairings(ledger), key=lambda each: each.correlation)
    if found:
        some = ", ".join(f"{each.outcome} {each.correlation:.2f}" for each in found[:_MOST_PAIRINGS])
        rest = f", {len(found) - _MOST_PAIRINGS} more above" if len(found) > _MOST_PAIRINGS else ""
        yield f"correlation achieved by common random numbers: {some}{rest}"
    warning = pairing.warning_of(found)
    if warning:
        yield f"warning: {warning}"
