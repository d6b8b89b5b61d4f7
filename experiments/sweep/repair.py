"""Check a store to the byte, and plan again the runs, and only those, whose results are damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from experiments.config import show_path
from experiments.errors import UsageError
from experiments.sweep import files
from experiments.sweep.checks import wrong_outcomes, wrong_points, wrong_runs, wrong_series, wrong_states
from experiments.sweep.design import NAMES
from experiments.sweep.export import RUNS, SERIES
from experiments.sweep.ledger import FILE, LOST, Ledger, damaged, told
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
        yield from _mend_tables(ledger)
        ledger.design()  # there is one, and it can be read
        again = 0
        for mended in (_mend_plan, _mend_parts, _mend_rows):
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


def _mend_tables(ledger: Ledger) -> Iterator[str]:
    """Make damaged indices again from their tables, or tell that the tables themselves are damaged."""
    check = "PRAGMA integrity_check(1)"
    (said,) = ledger.connection.execute(check).fetchone()
    if said != "ok":
        ledger.connection.execute("REINDEX")
        (still,) = ledger.connection.execute(check).fetchone()
        if still != "ok":
            raise damaged(ledger.folder, still)
        yield f"indices of {FILE} were damaged: made again"


def _mend_plan(ledger: Ledger) -> Iterator[tuple[str, int]]:
    """Drop the runs that are not what their ids say, for the sweep's command to plan them again."""
    runs, points = set(wrong_runs(ledger)), list(wrong_points(ledger))
    for point in points:
        runs.update(_numbers(ledger, "SELECT id FROM runs WHERE point = ?", point))
    if runs or points:
        with ledger.change():
            for table, column, numbers in (
                ("points", "id", points), ("outcomes", "id", runs), ("slots", "run", runs), ("runs", "id", runs)
            ):  # fmt: skip
                remove = f"DELETE FROM {table} WHERE {column} = ?"
                ledger.connection.executemany(remove, [(number,) for number in numbers])
            ledger.note(LOST, True)
        yield f"the plan in {FILE} is damaged", len(runs)


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
    """Plan again what is in no known state, lost its series, or has outcomes that are not those its worker returned."""
    wrong = {*wrong_states(ledger), *wrong_series(ledger), *wrong_outcomes(ledger)}
    if wrong:
        with ledger.change():
            ledger.plan_again(sorted(wrong))
        yield f"outcomes in {FILE} are damaged", len(wrong)


def _damaged_exports(ledger: Ledger) -> Iterator[str]:
    known = ledger.noted("exported") or {}
    for name in (RUNS, SERIES):
        path = ledger.folder / name
        if name in known and (not path.is_file() or files.checksum(path) != known[name]):
            path.unlink(missing_ok=True)
            with ledger.change():
                ledger.note("exported", None)
            yield f"{name} is damaged: the sweep's command makes it again"
