"""What goes wrong with a store, told in one line."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from experiments.config import show_path
from experiments.errors import RunError
from experiments.sweep.places import LEDGER

_LONGEST_FAULT = 120


@contextmanager
def told(folder: Path, doing: str = "write") -> Iterator[None]:
    """Tell what went wrong with the store in one line; nothing that was kept is lost by it."""
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError, OSError) as error:
        raise failure(folder, error, doing) from error


def damaged(folder: Path, fault: str) -> RunError:
    """Return the failure of a ledger that is not what a driver wrote."""
    return RunError(
        f"{show_path(folder)}: {LEDGER} is damaged ({_short(fault)}); what 'flywheel repair' does not mend is lost: "
        "move the folder aside and start the sweep again"
    )


def failure(folder: Path, error: sqlite3.DatabaseError | UnicodeDecodeError | OSError, doing: str) -> RunError:
    """Return what an error of SQLite or the file system comes to."""
    if isinstance(error, UnicodeDecodeError):
        return damaged(folder, str(error))
    if isinstance(error, sqlite3.DatabaseError):
        # Without a name it is no fault of the file system, but of what was read: text that is none, for one.
        name = getattr(error, "sqlite_errorname", "SQLITE_CORRUPT")
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")):
            return damaged(folder, str(error))
        what, reason = "", str(error)
    else:
        what, reason = _of(folder, error), error.strerror or str(error)
    kept = "; what is finished is kept, and the same command resumes" if doing == "write" else ""
    return RunError(f"{show_path(folder)}: cannot {doing}{what}: {reason}{kept}")


def _of(folder: Path, error: OSError) -> str:
    """Return which file an error concerns, as words; nothing if it is the folder itself, or not known."""
    if not isinstance(error.filename, (str, os.PathLike)) or Path(error.filename) == folder:
        return ""
    path = Path(error.filename)
    return f" {show_path(path.relative_to(folder) if path.is_relative_to(folder) else path)}"


def _short(fault: str) -> str:
    said = " ".join("".join(letter if letter.isprintable() else " " for letter in fault).split())
    return said if len(said) <= _LONGEST_FAULT else f"{said[: _LONGEST_FAULT - 1]}…"
