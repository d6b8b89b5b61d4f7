"""How a ledger is opened: by its owner as SQLite does it, by anybody else so that nothing is left behind.

A reader of a write-ahead log writes its index, and tidies both away if it is the last to close. Files that a second
user leaves so would keep the owner out. So who does not own the ledger, or cannot write the folder, reads it as it
stands: through the log of the driver at work if there is one, else as a file that nobody writes.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from experiments.config import show_path
from experiments.errors import RunError, UsageError
from experiments.sweep.places import LEDGER, left_without_ledger

BUSY_SECONDS = 30.0


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Connect to a database file, by the words of an SQLite address."""
    uri = f"{path.absolute().as_uri()}?{mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)


def for_reading(folder: Path) -> tuple[sqlite3.Connection, Callable[[], str]]:
    """Open a ledger to read, and return also what tidies up after it was closed, and says what went wrong meanwhile.

    Raises:
        UsageError: no ledger there.
        RunError: another user's killed driver left what only that user can tidy.
    """
    path = folder / LEDGER
    if path.is_symlink():
        raise UsageError(f"{show_path(path)}: is a link; name the folder that it leads to")
    if not path.is_file():
        raise left_without_ledger(folder) or UsageError(
            f"{show_path(folder)}: holds no sweep; name a folder that 'flywheel sweep' made"
        )
    if _owned(path):
        return connect(path, "mode=rw"), lambda: ""
    log, index = _beside(path)
    if _size(log) and not index.exists():
        raise RunError(f"{show_path(folder)}: its driver was killed; its owner's 'flywheel status' makes it readable")
    if log.exists() and index.exists():
        return connect(path, "mode=ro&readonly_shm=1"), lambda: _tidied(path)
    before = _state(path)
    changed = "was written to while it was read; read it again"
    return connect(path, "mode=ro&immutable=1"), lambda: "" if _state(path) == before else changed


def for_writing(folder: Path) -> sqlite3.Connection:
    """Open a ledger to write, made if there is none; the caller holds the driver's lock.

    Raises:
        RunError: another user's files keep it from being written.
    """
    path = folder / LEDGER
    if path.is_file() and path.stat().st_nlink > 1:
        raise UsageError(f"{show_path(path)}: has a second name elsewhere, which would change with it; copy the folder")
    log, index = _beside(path)
    strange = [each for each in (log, index) if each.exists() and not os.access(each, os.W_OK)]
    if strange and _size(log):
        raise RunError(
            f"{show_path(folder)}: cannot write {strange[0].name}, which another user left; that user's "
            "'flywheel status' or 'flywheel repair' tidies it"
        )
    for each in strange:  # nothing is in the log: what is left is an index of nothing
        each.unlink(missing_ok=True)
    return sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)


def _owned(path: Path) -> bool:
    ours = os.geteuid() in (0, path.stat().st_uid)
    return ours and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _tidied(path: Path) -> str:
    """Remove what SQLite made for this user, if the driver ended between the look and the opening."""
    for each in _beside(path):
        with suppress(OSError):
            if each.stat().st_uid == os.geteuid() != path.stat().st_uid:
                each.unlink()
    return ""
