"""Make a damaged ledger again from every row of it that can be read; what is lost is planned again."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from experiments.sweep import files, opening, schema
from experiments.sweep.faults import damaged
from experiments.sweep.ledger import LOST
from experiments.sweep.parts import read_part, series_of
from experiments.sweep.places import ASIDE, LEDGER, PARTS, is_part

_TABLES = ("runs", "parts", "points", "revisions", "sessions", "design_points", "design_rows")
_BY_TEXT = ("meta", "bases", "slots")  # without a row number: read as far as they can be
_CHECK = "PRAGMA integrity_check(1)"
_ANY = "SELECT 1 FROM runs WHERE length(run_id) = 64 UNION ALL SELECT 1 FROM points WHERE length(address) = 64 LIMIT 1"
_TRIED = 500  # runs of a part
_FEWEST_BYTES = 8  # of a row on disk


def mend_tables(folder: Path) -> Iterator[str]:
    """Make damaged indices again from their tables, else the ledger from its rows; the caller holds the driver's lock.

    Raises:
        RunError: none of its runs and points can be read.
    """
    path = folder / LEDGER
    with closing(opening.for_writing(folder)) as old:
        if _is_whole(old):
            return
        with suppress(sqlite3.DatabaseError):
            old.execute("REINDEX")
            if _is_whole(old):
                yield f"indices of {LEDGER} were damaged: made again"
                return
        temporary = _temporary(path)
        try:
            if _lists_its_tables(old):
                unread = _copy(folder, old, temporary)
            else:
                with _grafted(path) as readable:
                    unread = _copy(folder, readable, temporary)
            _keep_aside(path)
            old.close()
            for end in ("-wal", "-shm"):  # of the old file: they would be taken for the new one's
                path.with_name(f"{LEDGER}{end}").unlink(missing_ok=True)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    files.sync_folder(folder)
    what = f"up to {unread}" if unread else "some"
    yield f"{what} rows of {LEDGER} cannot be read: made again without them; the damaged one is {ASIDE}"


def text_or_bytes(content: bytes) -> str | bytes:
    """Return text, or the bytes of what is none, which no check takes for what was kept."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")


def _is_whole(connection: sqlite3.Connection) -> bool:
    try:
        if connection.execute(_CHECK).fetchone() != ("ok",):
            return False
        if "meta" not in _names(connection):  # a new file, or another program's
            return True
        return connection.execute("SELECT 1 FROM meta WHERE key = 'format'").fetchone() is not None
    except sqlite3.DatabaseError:
        return False


def _names(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def _lists_its_tables(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("PRAGMA writable_schema = ON")  # so that a file cut short is read as far as it goes
        return {*_TABLES, *_BY_TEXT} <= _names(connection)
    except sqlite3.DatabaseError:
        return False


@contextmanager
def _grafted(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a copy of a ledger without a list of tables, with that of a new one: its tables begin at the same pages."""
    copy = _temporary(path)
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as new:
            new.execute("BEGIN")
            schema.create(new)
            new.execute("COMMIT")
            (size,) = new.execute("PRAGMA page_size").fetchone()
            tables = {page for (page,) in new.execute("SELECT rootpage FROM sqlite_master")}
        donor, content = copy.read_bytes(), bytearray(path.read_bytes())
        content += bytes(max(len(donor) - len(content), -len(content) % size))
        for at in range(0, len(donor), size):
            if at // size + 1 not in tables:
                content[at : at + size] = donor[at : at + size]
        content[28:32] = (len(content) // size).to_bytes(4)  # pages, as the header tells
        copy.write_bytes(content)
        with closing(sqlite3.connect(copy, isolation_level=None)) as readable:
            readable.execute("PRAGMA writable_schema = ON")
            yield readable
    finally:
        copy.unlink(missing_ok=True)


def _copy(folder: Path, old: sqlite3.Connection, path: Path) -> int:
    """Copy what can be read into a new ledger; return how many of its rows could not be."""
    unread, old.text_factory = 0, text_or_bytes
    with closing(sqlite3.connect(path, isolation_level=None)) as new:
        new.execute("BEGIN")
        schema.create(new)
        try:
            last = _last(old)
        except sqlite3.DatabaseError as error:
            raise damaged(folder, str(error)) from None
        for table in (*_BY_TEXT, *_TABLES):
            columns = [row[1] for row in new.execute(f"PRAGMA table_info({table})")]
            listed = ", ".join(f'"{column}"' for column in columns)
            put = f"INSERT OR IGNORE INTO {table} ({listed}) VALUES ({', '.join('?' * len(columns))})"
            for row in _rows(old, table, listed, last) if table in _TABLES else _as_far(old, table, listed):
                if row is None:
                    unread += 1
                else:
                    new.execute(put, row)
        if new.execute(_ANY).fetchone() is None:
            raise damaged(folder, "none of its runs can be read")
        _find_parts(folder, new)
        new.execute("INSERT OR REPLACE INTO meta VALUES (?, 'true')", (LOST,))
        new.execute("INSERT OR IGNORE INTO meta VALUES ('format', ?)", (json.dumps(schema.FORMAT),))
        new.execute("COMMIT")
        if not _is_whole(new):
            raise damaged(folder, "its rows cannot be put together again")
    return unread


def _last(old: sqlite3.Connection) -> int:
    """Return the largest row number that any table tells of, and no more than there is room for."""
    found = [0]
    for query in (
        "SELECT max(id) FROM runs NOT INDEXED", "SELECT max(run) FROM slots",
        "SELECT max(id) FROM points NOT INDEXED", "SELECT max(row) FROM design_rows",
    ):  # fmt: skip
        with suppress(sqlite3.DatabaseError):
            (most,) = old.execute(query).fetchone()
            found.append(most if isinstance(most, int) else 0)
    (pages,), (size,) = (old.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
    return min(max(found), int(pages * size) // _FEWEST_BYTES)


def _rows(old: sqlite3.Connection, table: str, listed: str, last: int) -> Iterator[tuple[Any, ...] | None]:
    """Yield the rows of a table by their numbers, and None for each that cannot be read."""
    at = -1
    try:
        for number, *row in old.execute(f"SELECT rowid, {listed} FROM {table} NOT INDEXED ORDER BY rowid"):
            yield tuple(row)
            at = number
    except sqlite3.DatabaseError:
        for number in range(at + 1, last + 1):
            try:
                found = old.execute(f"SELECT {listed} FROM {table} NOT INDEXED WHERE rowid = ?", (number,)).fetchone()
            except sqlite3.DatabaseError:
                yield None
            else:
                if found is not None:
                    yield found


def _as_far(old: sqlite3.Connection, table: str, listed: str) -> Iterator[tuple[Any, ...]]:
    with suppress(sqlite3.DatabaseError):
        yield from old.execute(f"SELECT {listed} FROM {table}")


def _find_parts(folder: Path, new: sqlite3.Connection) -> None:
    """Name again the parts of which the row was lost: a part tells its checksum by its name, and its runs itself."""
    named = {name for (name,) in new.execute("SELECT name FROM parts")}
    for path in (folder / PARTS).glob("*.arrow"):
        if path.name in named or not is_part(path.name) or not files.is_plain(path):
            continue
        digest = files.checksum(path)
        if digest.startswith(path.stem):
            table = read_part(folder, path.name, digest)
            held = table["run"][:_TRIED].to_pylist()
            query = f"SELECT DISTINCT part FROM runs WHERE id IN ({', '.join('?' * len(held))}) AND part IS NOT NULL"
            columns = json.dumps(series_of(table))
            for (part,) in new.execute(query, held).fetchall():
                row = (part, path.name, digest, path.stat().st_size, columns)
                new.execute("INSERT OR IGNORE INTO parts VALUES (?, ?, ?, ?, ?)", row)


def _keep_aside(path: Path) -> None:
    aside = path.with_name(ASIDE)
    aside.unlink(missing_ok=True)
    try:
        os.link(path, aside)
    except OSError:  # a file system that knows one name a file
        shutil.copyfile(path, aside)
