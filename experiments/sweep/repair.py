"""Check a store to the byte, and plan again the runs, and only those, whose results are damaged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from experiments.config import show_path
from experiments.errors import RunError, UsageError
from experiments.sweep import files
from experiments.sweep.design import NAMES
from experiments.sweep.export import RUNS, SERIES
from experiments.sweep.ledger import FILE, Ledger, packed, told
from experiments.sweep.series import FOLDER, fault_of, remove_strays


def repair(folder: Path, failed: bool = False) -> Iterator[str]:
    """Check ledger, parts and exports, and yield a line for each thing found and done.

    Args:
        folder: the store.
        failed: also plan again the runs that failed.

    Raises:
        UsageError: the folder holds no sweep.
        RunError: a driver is at work, or the ledger itself is damaged.
    """
    if not (folder / FILE).is_file():
        raise UsageError(f"{show_path(folder)}: holds no sweep")
    with told(folder), files.driver_lock(folder), Ledger.write(folder, NAMES) as ledger:
        (said,) = ledger.connection.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise RunError(f"{show_path(folder)}: {FILE} is damaged: {said}; move it aside and start the sweep again")
        again = 0
        for mended in (_mend_parts, _mend_rows):
            for fault, count in mended(ledger):
                again += count
                yield f"{fault}: {_runs(count)} planned again"
        if failed:
            runs = _numbers(ledger, "SELECT id FROM runs WHERE status = 'failed'")
            with ledger.change():
                ledger.plan_again(runs)
            again += len(runs)
            yield f"{_runs(len(runs))} that failed planned again"
        if remove_strays(folder, (name for (name,) in ledger.connection.execute("SELECT name FROM parts"))):
            yield "removed what no ledger names"
        yield from _damaged_exports(ledger)
        yield f"{_runs(again)} to do again: the sweep's command does them" if again else "nothing is damaged"


def _runs(count: int) -> str:
    return f"{count} run" if count == 1 else f"{count} runs"


def _numbers(ledger: Ledger, query: str, *arguments: object) -> list[int]:
    return [number for (number,) in ledger.connection.execute(query, arguments)]


def _mend_parts(ledger: Ledger) -> Iterator[tuple[str, int]]:
    """Drop damaged parts; yield each fault and how many runs had their series there."""
    for part, name, sha256 in ledger.connection.execute("SELECT id, name, sha256 FROM parts").fetchall():
        if fault := fault_of(ledger.folder, name, sha256):
            runs = _numbers(ledger, "SELECT id FROM runs WHERE part = ?", part)
            with ledger.change():
                ledger.plan_again(runs)
                ledger.connection.execute("DELETE FROM parts WHERE id = ?", (part,))
            (ledger.folder / FOLDER / name).unlink(missing_ok=True)
            yield fault, len(runs)


def _mend_rows(ledger: Ledger) -> Iterator[tuple[str, int]]:
    """Drop outcomes that are not those that their worker returned."""
    damaged: list[int] = []
    for (model,) in ledger.connection.execute("SELECT DISTINCT model FROM runs").fetchall():
        names = ", ".join(
            f'outcomes."{kind}.{name}"' for kind in ("final", "mean") for name in ledger.columns_of(model)
        )  # fmt: skip
        found = ledger.connection.execute(
            f"""SELECT runs.id, runs.digest, {names} FROM runs LEFT JOIN outcomes ON outcomes.id = runs.id
            WHERE status = 'done' AND model = ?""",
            (model,),
        )
        damaged += [row[0] for row in found if hashlib.sha256(packed(row[2:])).hexdigest() != row[1]]
    if damaged:
        with ledger.change():
            ledger.plan_again(damaged)
        yield f"outcomes in {FILE} are damaged", len(damaged)


def _damaged_exports(ledger: Ledger) -> Iterator[str]:
    known = ledger.noted("exported") or {}
    for name in (RUNS, SERIES):
        path = ledger.folder / name
        if name in known and (not path.is_file() or files.checksum(path) != known[name]):
            path.unlink(missing_ok=True)
            with ledger.change():
                ledger.note("exported", None)
            yield f"{name} is damaged: the sweep's command makes it again"
