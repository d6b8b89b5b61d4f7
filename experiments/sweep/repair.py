"""Check a store to the byte, and plan again the runs, and only those, whose results are damaged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.config import EDGES_FILE, show_path
from experiments.errors import RunError, UsageError
from experiments.sweep import checks, files
from experiments.sweep.faults import told
from experiments.sweep.ledger import LOST, Ledger
from experiments.sweep.manifest import WRITTEN
from experiments.sweep.parts import fault_of, remove_part, remove_strays
from experiments.sweep.places import (
    CONFIG,
    DESIGN,
    LEDGER,
    MANIFEST,
    RUNS,
    SERIES,
    check_places,
    left_without_ledger,
)
from experiments.sweep.salvage import mend_tables, text_or_bytes


def repair(folder: Path, failed: bool = False) -> Iterator[str]:
    """Check every file that the sweep made, and yield a line for each thing found and done.

    Args:
        folder: the store.
        failed: also plan again the runs that failed.

    Raises:
        UsageError: the folder holds no sweep, or something is in the way of its files.
        RunError: a driver is at work, or of the ledger itself too little can be read.
    """
    if not (folder / LEDGER).is_file():
        raise left_without_ledger(folder) or UsageError(
            f"{show_path(folder)}: holds no sweep; name a folder that 'flywheel sweep' made"
        )
    check_places(folder)
    with told(folder), files.driver_lock(folder):
        again, found = 0, False
        for line in mend_tables(folder):
            found = True
            yield line
        with Ledger.write(folder) as ledger:
            ledger.connection.text_factory = text_or_bytes
            ledger.check_planned()
            for line in _mend_notes(ledger):
                found = True
                yield line
            if lost := _unreadable(ledger):
                with ledger.change():
                    ledger.note(LOST, True)
                are, them = ("is", "it") if len(lost) == 1 else ("are", "them")
                yield (
                    f"the {' and the '.join(lost)} in {LEDGER} {are} damaged: the sweep's command writes {them} again; "
                    "then repair once more"
                )
                return
            for mended in (_mend_plan, _mend_parts, _mend_rows):
                for fault, count in mended(ledger):
                    again, found = again + count, True
                    yield f"{fault}: {_runs(count)} planned again" if count else fault
            if failed:
                runs = _numbers(ledger, "SELECT id FROM runs WHERE status = 'failed'")
                with ledger.change():
                    ledger.plan_again(runs)
                again += len(runs)
                yield f"{_runs(len(runs))} that failed planned again"
            strays = remove_strays(folder, [name for (name,) in ledger.connection.execute("SELECT name FROM parts")])
            yield from filter(None, ("removed what no ledger names" if strays.removed else "", strays.left))
            for line in _damaged_files(ledger):
                found = True
                yield line
        if again:
            yield f"{_runs(again)} to do again: the sweep's command does them"
        else:
            yield "the sweep's command does the rest" if found else "nothing is damaged"


def _runs(count: int) -> str:
    return f"{count} run" if count == 1 else f"{count} runs"


def _numbers(ledger: Ledger, query: str, *arguments: object) -> list[int]:
    return [number for (number,) in ledger.connection.execute(query, arguments)]


def _unreadable(ledger: Ledger) -> list[str]:
    """Return what of the present design is not as it was kept, so that nothing can be held against it."""
    current = ledger.revision()
    if current is None:
        return ["design"]
    lost = []
    for what, read in (
        ("design", ledger.design),
        ("base config", lambda: ledger.base(current.base)),
        ("list of its rows", ledger.design_rows),
        ("list of outcomes", lambda: ledger.columns_of(current.model)),
    ):
        try:
            read()
        except RunError:
            lost.append(what)
    return lost


def _mend_notes(ledger: Ledger) -> Iterator[str]:
    """Give up what is not needed and cannot be read: notes, calls, and revisions but the last."""
    execute = ledger.connection.execute
    for note in ("exported", "stopped", WRITTEN, LOST):
        try:
            ledger.noted(note)
        except RunError:
            with ledger.change():
                ledger.note(note, None)
            yield f"note {note!r} in {LEDGER} cannot be read: given up"
    (last,) = execute("SELECT max(revision) FROM revisions").fetchone()
    for table, key in (("sessions", "session"), ("revisions", "revision")):
        bad = [row[0] for row in execute(f"SELECT * FROM {table}") if not checks.is_text(row[1:])]
        with ledger.change():
            for number in bad:
                if (table, number) == ("revisions", last):
                    _empty_what_is_no_text(ledger, number)
                else:
                    execute(f"DELETE FROM {table} WHERE {key} = ?", (number,))
        if bad:
            yield f"{len(bad)} rows of the {table} in {LEDGER} cannot be read: given up"


def _empty_what_is_no_text(ledger: Ledger, revision: int) -> None:
    columns = ("date", "design", "source", "base", "model")
    query = f"SELECT {', '.join(columns)} FROM revisions WHERE revision = ?"
    for column, cell in zip(columns, ledger.connection.execute(query, (revision,)).fetchone(), strict=True):
        if isinstance(cell, bytes):
            ledger.connection.execute(f"UPDATE revisions SET {column} = '' WHERE revision = ?", (revision,))


def _mend_plan(ledger: Ledger) -> Iterator[tuple[str, int]]:
    """Drop the runs that are not what their ids say, for the sweep's command to plan them again."""
    dropped = 0
    for found in (checks.wrong_runs, checks.wrong_slots):
        dropped += _drop(ledger, list(found(ledger)), [])
    points = list(checks.wrong_points(ledger))
    runs = [run for point in points for run in _numbers(ledger, "SELECT id FROM runs WHERE point = ?", point)]
    dropped += _drop(ledger, runs, points)
    if not dropped and not points and (ledger.noted(LOST) or ledger.whole()):
        return
    with ledger.change():
        ledger.note(LOST, True)
        ledger.note("exported", None)
    yield f"the plan in {LEDGER} is damaged", dropped


def _drop(ledger: Ledger, runs: Sequence[int], points: Sequence[int]) -> int:
    with ledger.change():
        for table, column, numbers in (("points", "id", points), ("slots", "run", runs), ("runs", "id", runs)):
            remove = f"DELETE FROM {table} WHERE {column} = ?"
            ledger.connection.executemany(remove, [(number,) for number in numbers])
    return len(runs)


def _mend_parts(ledger: Ledger) -> Iterator[tuple[str, int]]:
    """Drop damaged parts; yield each fault and how many runs were there."""
    query = "SELECT id, name, sha256, columns FROM parts"
    for part, name, sha256, columns in ledger.connection.execute(query).fetchall():
        fault = fault_of(ledger.folder, name, sha256) or checks.wrong_columns(ledger, part, name, sha256, columns)
        if fault:
            runs = _numbers(ledger, "SELECT id FROM runs WHERE part = ?", part)
            with ledger.change():
                ledger.plan_again(runs)
                ledger.connection.execute("DELETE FROM parts WHERE id = ?", (part,))
            remove_part(ledger.folder, name)
            yield fault, len(runs)


def _mend_rows(ledger: Ledger) -> Iterator[tuple[str, int]]:
    """Plan again what is in no known state or part, or has outcomes that are not those its worker returned."""
    wrong = {*checks.wrong_states(ledger), *checks.wrong_texts(ledger), *checks.wrong_outcomes(ledger)}
    if wrong:
        with ledger.change():
            ledger.plan_again(sorted(wrong))
        yield "outcomes are not as they were kept", len(wrong)


def _damaged_files(ledger: Ledger) -> Iterator[str]:
    """Name what is not as it was written; exports are removed, so that nobody reads them."""
    known = {**(ledger.noted(WRITTEN) or {}), **ledger.exported()}
    for name in (RUNS, SERIES, DESIGN, CONFIG, EDGES_FILE, MANIFEST):
        path = ledger.folder / name
        if name not in known or files.holds(path, known[name]):
            continue
        if name in (RUNS, SERIES):
            path.unlink(missing_ok=True)
            with ledger.change():
                ledger.note("exported", None)
        yield f"{name} is damaged: the sweep's command makes it again"
