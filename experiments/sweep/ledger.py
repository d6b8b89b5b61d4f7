"""The ledger of a sweep: one SQLite file in WAL mode, one writer (the driver, under its lock), any number of readers.

A run is ``planned``, ``done`` or ``failed``; what is in flight is still planned, so a killed driver leaves nothing to
heal. Every change is one transaction that SQLite has synced before it returns.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.config import show_path, values_hash
from experiments.errors import RunError, UsageError
from experiments.sweep import opening, schema
from experiments.sweep.faults import damaged, failure, told
from experiments.sweep.parts import Part
from experiments.sweep.places import LEDGER, RUNS, SERIES, left_without_ledger
from experiments.sweep.tasks import Failure, Job

FILE = LEDGER
PLANNED, DONE, FAILED = "planned", "done", "failed"
LOST = "lost"  # noted by a repair that had to drop rows of the plan, until the design is planned again


class Revision(NamedTuple):
    """A design as it was asked for once."""

    revision: int
    design: str
    source: str
    base: str
    model: str


class Counts(NamedTuple):
    """How many runs of the current design are in which state."""

    planned: int
    done: int
    failed: int

    @property
    def total(self) -> int:
        """Return the runs of the current design."""
        return self.planned + self.done + self.failed


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


class Ledger:
    """An open ledger; use ``Ledger.read`` or ``Ledger.write``."""

    def __init__(
        self, folder: Path, connection: sqlite3.Connection, doing: str, closed: Callable[[], str] = lambda: ""
    ) -> None:
        self.folder = folder
        self.connection = connection
        self._doing, self._closed = doing, closed

    @classmethod
    def read(cls, folder: Path) -> Ledger:
        """Open for reading, also while a driver writes; nothing is left behind where another user writes."""
        with told(folder, "read"):
            connection, closed = opening.for_reading(folder)
            with _closed_on_error(connection):
                connection.execute("PRAGMA query_only = ON")
                ledger = cls(folder, connection, "read", closed)
                if not ledger._begun():
                    raise ledger._unplanned()
                ledger._check_format()
        return ledger

    @classmethod
    def write(cls, folder: Path) -> Ledger:
        """Open for writing, made if there is none; the caller holds the driver's lock.

        Raises:
            UsageError: results are there of which no ledger tells.
        """
        with told(folder):
            if not (folder / FILE).exists() and (lone := left_without_ledger(folder)):
                raise lone
            connection = opening.for_writing(folder)
            with _closed_on_error(connection):
                ledger = cls(folder, connection, "write")
                begun = ledger._begun()
                if (not begun or not ledger.planned()) and (lone := left_without_ledger(folder)):
                    raise lone
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA cell_size_check = ON")
                with ledger.change():
                    if not begun:
                        schema.create(connection)
                        ledger.note("format", schema.FORMAT)
                    ledger._check_format()
        return ledger

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.connection.close()
        if (fault := self._closed()) and (error is None or isinstance(error, sqlite3.DatabaseError)):
            raise RunError(f"{show_path(self.folder)}: {FILE} {fault}") from error
        if isinstance(error, (sqlite3.DatabaseError, UnicodeDecodeError)):
            raise failure(self.folder, error, self._doing) from error

    @contextmanager
    def change(self) -> Iterator[None]:
        """Do all in the block, durably, or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def _begun(self) -> bool:
        """Return whether the tables are there; a driver may have been ended before it made them."""
        tables = {name for (name,) in self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and "meta" not in tables:
            raise UsageError(f"{show_path(self.folder)}: {FILE} is another program's; name another folder")
        return bool(tables)

    def _unplanned(self) -> UsageError:
        return left_without_ledger(self.folder) or UsageError(
            f"{show_path(self.folder)}: holds no planned sweep yet; start it again"
        )

    def _check_format(self) -> None:
        found = self.noted("format")
        if found is None:
            raise damaged(self.folder, "its format is lost")
        if found != schema.FORMAT:
            edition = "an earlier" if isinstance(found, int) and found < schema.FORMAT else "another"
            raise UsageError(
                f"{show_path(self.folder)}: made by {edition} edition, of format {found}, where this one reads "
                f"{schema.FORMAT}: do the sweep again in another folder, or use that edition"
            )

    # Notes, revisions, bases.

    def note(self, key: str, value: Any) -> None:
        """Keep a value under a key; None forgets it."""
        if value is None:
            self.connection.execute("DELETE FROM meta WHERE key = ?", (key,))
        else:
            self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def noted(self, key: str) -> Any:
        """Return what was noted, or None."""
        found = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if found is None else self._parsed(found[0], f"note {key!r}")

    def _parsed(self, text: Any, what: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, TypeError):
            raise damaged(self.folder, f"{what} is no JSON") from None

    def exported(self) -> dict[str, str]:
        """Return the checksums of the exports, if they are of the ledger as it stands; nothing if it tells of none."""
        found = self.noted("exported")
        known = isinstance(found, dict) and {RUNS} <= set(found) <= {RUNS, SERIES}
        return found if known and all(isinstance(digest, str) for digest in found.values()) else {}

    def stopped_after(self) -> int | None:
        """Return the replicates after which a stopping rule ended the current design, if one did."""
        found: int | None = self.noted("stopped")
        return found

    def check_planned(self) -> None:
        """Raise unless a design was planned."""
        if not self.planned():
            raise self._unplanned()

    def planned(self) -> bool:
        """Return whether a design was planned, though it may be lost since."""
        query = "SELECT 1 FROM revisions UNION ALL SELECT 1 FROM runs UNION ALL SELECT 1 FROM points LIMIT 1"
        return self.connection.execute(query).fetchone() is not None

    def revision(self) -> Revision | None:
        """Return the current revision, None before the first."""
        query = "SELECT revision, design, source, base, model FROM revisions ORDER BY revision DESC LIMIT 1"
        found = self.connection.execute(query).fetchone()
        return None if found is None else Revision(*found)

    def design(self) -> dict[str, Any]:
        """Return the current design as ``Design.described`` gave it."""
        current = self.revision()
        if current is None and not self.planned():
            raise self._unplanned()
        if current is None or self.noted("design") != hashlib.sha256(str(current.design).encode()).hexdigest():
            if self.noted(LOST):
                shown = show_path(self.folder)
                raise RunError(f"{shown}: the design in {FILE} is lost: the sweep's command writes it again")
            raise damaged(self.folder, "the design is not as it was kept")
        described: dict[str, Any] = json.loads(current.design)
        return described

    def add_revision(self, described: str, source: str, base: str, model: str) -> int:
        """Make a design the current one, within a transaction; return its number."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        (number,) = self.connection.execute(
            "INSERT INTO revisions (date, design, source, base, model) VALUES (?, ?, ?, ?, ?) RETURNING revision",
            (now, described, source, base, model),
        ).fetchone()
        self.note("design", hashlib.sha256(described.encode()).hexdigest())
        for key in ("exported", "stopped", LOST):
            self.note(key, None)
        return int(number)

    def whole(self) -> bool:
        """Return whether the plan has all that the current design asks for: each replicate of each point."""
        if self.noted(LOST):
            return False
        # The order of the tables is given: left to SQLite, a million points take seconds.
        (points, rows, slots) = self.connection.execute(
            """SELECT (SELECT count(*) FROM design_points WHERE point IN (SELECT id FROM points)),
            (SELECT count(DISTINCT number) FROM design_rows),
            (SELECT count(DISTINCT run) FROM slots CROSS JOIN runs ON runs.id = run CROSS JOIN design_points
                ON design_points.number = slots.number AND design_points.point = runs.point)"""
        ).fetchone()
        replicates = self.design()["replicates"]
        return bool(points == rows and slots == points * replicates)

    def check_whole(self) -> None:
        """Raise if the plan lacks something, as far as counting tells: what is read is held to its checksums."""
        counted = [f"(SELECT count(*) FROM {table})" for table in ("design_points", "points", "slots", "runs")]
        (planned, points, slots, runs, last) = self.connection.execute(
            f"SELECT {', '.join(counted)}, (SELECT max(number) FROM design_rows)"
        ).fetchone()
        fits = last == planned - 1 and points >= planned and runs >= slots
        if self.noted(LOST) or not fits or slots != planned * self.design()["replicates"]:
            shown = show_path(self.folder)
            raise RunError(
                f"{shown}: runs of the plan are missing in {FILE}; 'flywheel repair {shown}' and the sweep's command "
                "mend it"
            )

    def base(self, address: str) -> tuple[str, NDArray[np.int64] | None]:
        """Return parameters as JSON, and links, of a base config; they are what its address says."""
        query = "SELECT parameters, edges FROM bases WHERE hash = ?"
        found = self.connection.execute(query, (address,)).fetchone()
        try:
            parameters, edges = found
            links = None if edges is None else np.frombuffer(edges, dtype="<i8").reshape(-1, 2)
            if values_hash(json.loads(parameters), links) == address:
                return parameters, links
        except (ValueError, TypeError, KeyError):  # no such row, no JSON, no parameters, no pairs
            pass
        raise damaged(self.folder, "the base config is not as it was kept")

    def design_rows(self) -> tuple[NDArray[np.int64], bytes]:
        """Return the point of each row of the design, and the rows in the unit cube as bytes, if drawn there."""
        numbers, units, digest = self._rows()
        if self.noted("rows") not in (None, digest):
            raise damaged(self.folder, "rows of the design are not as they were kept")
        return numbers, units

    def seal_rows(self) -> None:
        """Note the checksums of the rows of the design and of its points, within a transaction."""
        digest = hashlib.sha256()
        for column in ("number", "unit"):
            cursor = self.connection.execute(f"SELECT {column} FROM design_rows ORDER BY row")
            while found := [each for (each,) in cursor.fetchmany(8192)]:
                digest.update(
                    np.array(found, dtype=np.int64).tobytes()
                    if column == "number"
                    else b"".join(unit for unit in found if unit is not None)
                )
        self.note("rows", digest.hexdigest())
        self.note("points", self._points())

    def check_points(self) -> None:
        """Raise if what the points of the design change is not as it was kept."""
        if self.noted("points") not in (None, self._points()):
            raise damaged(self.folder, "points of the design are not as they were kept")

    def _points(self) -> str:
        query = "SELECT changes FROM design_points CROSS JOIN points ON points.id = point ORDER BY number"
        digest = hashlib.sha256()
        for (changes,) in self.connection.execute(query):
            digest.update(f"{changes}\n".encode())
        return digest.hexdigest()

    def _rows(self) -> tuple[NDArray[np.int64], bytes, str]:
        found = self.connection.execute("SELECT number, unit FROM design_rows ORDER BY row").fetchall()
        try:
            numbers = np.array([number for number, _ in found], dtype=np.int64)
            units = b"".join(unit for _, unit in found if unit is not None)
        except (TypeError, ValueError):
            raise damaged(self.folder, "rows of the design are not as they were kept") from None
        return numbers, units, hashlib.sha256(numbers.tobytes() + units).hexdigest()

    def columns_of(self, model: str) -> tuple[str, ...]:
        """Return the columns that runs of a model keep, in the order of their digest."""
        found = self.noted(f"columns of {model}")
        names = found.get("names") if isinstance(found, dict) else None
        if not isinstance(names, list) or found.get("sha256") != _seal(names):
            raise damaged(self.folder, f"nothing is known of model {model}")
        return tuple(names)

    def keep_columns(self, model: str, names: Iterable[str]) -> None:
        """Note the columns that runs of a model keep, within a transaction."""
        listed = list(names)
        self.note(f"columns of {model}", {"names": listed, "sha256": _seal(listed)})

    def series_of(self, part: int | None) -> tuple[str, ...]:
        """Return the columns whose series a part keeps, in their order there; none of no part."""
        if part is None:
            return ()
        found = self.connection.execute("SELECT columns FROM parts WHERE id = ?", (part,)).fetchone()
        return tuple(self._parsed(found and found[0], f"the list of columns of part {part}"))

    # Runs.

    def counts(self) -> Counts:
        """Return the states of the runs of the current design, up to where a stopping rule ended it."""
        found = self.connection.execute(
            """SELECT sum(status = 'planned'), sum(status = 'done'), sum(status = 'failed')
            FROM slots CROSS JOIN runs ON runs.id = slots.run WHERE replicate < ?""",
            (self._replicates(),),
        ).fetchone()
        return Counts(*(count or 0 for count in found))

    def _replicates(self) -> int:
        stopped = self.stopped_after()
        return 2**62 if stopped is None else stopped

    def pending(self, replicates: Iterable[int] | None = None, chunk: int = 500) -> Iterator[Job]:
        """Yield the runs yet to do, replicate by replicate over all points, never many at a time in memory."""
        query = """SELECT replicate, number, runs.id, changes, seed FROM slots
            CROSS JOIN runs ON runs.id = slots.run CROSS JOIN points ON points.id = runs.point
            WHERE (replicate, number) > (?, ?) AND replicate <= ? AND status = 'planned'
            ORDER BY replicate, number LIMIT ?"""
        wanted = list(replicates) if replicates is not None else []
        at, last = ((wanted[0], -1), wanted[-1]) if wanted else ((-1, -1), 2**62)
        while found := self.connection.execute(query, (*at, last, chunk)).fetchall():
            for _, _, number, changes, seed in found:
                yield Job(number, changes, seed)
            at = found[-1][:2]

    def record(self, part: Part | None, failures: Sequence[Failure]) -> None:
        """Keep what came of runs: those of a part that is durable, and those that failed; durable on return."""
        with self.change():
            if part is not None:
                self.connection.execute(
                    "INSERT OR IGNORE INTO parts (name, sha256, bytes, columns) VALUES (?, ?, ?, ?)",
                    (part.name, part.sha256, part.size, json.dumps(part.series)),
                )
                (number,) = self.connection.execute("SELECT id FROM parts WHERE name = ?", (part.name,)).fetchone()
                done = part.done
                self.connection.executemany(
                    f"""UPDATE runs SET status = 'done', error = NULL, details = NULL, seconds = ?, months = ?,
                    digest = ?, part = {number} WHERE id = ?""",
                    zip(done.seconds.tolist(), done.months.tolist(), part.digests, done.number.tolist(), strict=True),
                )
            self.connection.executemany(
                """UPDATE runs SET status = 'failed', error = ?, details = ?, seconds = ?, months = NULL, digest = ?,
                part = NULL WHERE id = ?""",
                [
                    (each.error, each.details or None, each.seconds, digest_of(each.error), each.number)
                    for each in failures
                ],
            )
            self.note("exported", None)

    def plan_again(self, numbers: Sequence[int]) -> None:
        """Forget what came of some runs, so that they are done again; within a transaction."""
        each = [(number,) for number in numbers]
        self.connection.executemany(
            """UPDATE runs SET status = 'planned', error = NULL, details = NULL, seconds = NULL, months = NULL,
            digest = NULL, part = NULL WHERE id = ?""",
            each,
        )
        self.note("exported", None)
        self.note("stopped", None)


def digest_of(error: object) -> str:
    """Return the digest of a run that failed."""
    return hashlib.sha256(str(error).encode()).hexdigest()


def _seal(names: list[str]) -> str:
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()
