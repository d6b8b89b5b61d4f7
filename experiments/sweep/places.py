"""The names a store may touch: each a plain file or folder of its own, never a link, and never anybody else's."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from experiments.config import EDGES_FILE, show_path
from experiments.errors import UsageError

LEDGER = "ledger.sqlite"
ASIDE = "ledger.damaged.sqlite"  # what a repair could not read whole
RUNS, SERIES = "runs.parquet", "series.parquet"
PARTS = "parts"
DESIGN, CONFIG, MANIFEST, PROGRESS = "design.toml", "config.toml", "manifest.json", "progress.json"
_LOCK = "driver.lock"
LEDGER_FILES = (LEDGER, f"{LEDGER}-wal", f"{LEDGER}-shm", f"{LEDGER}-journal")
_FILES = (
    *LEDGER_FILES, ASIDE, _LOCK, RUNS, SERIES, DESIGN, CONFIG,
    EDGES_FILE, MANIFEST, PROGRESS,
)  # fmt: skip
_PART = re.compile(r"[0-9a-f]{20}\.arrow")
_WRITTEN = "|".join(map(re.escape, (LEDGER, RUNS, SERIES, DESIGN, CONFIG, EDGES_FILE, MANIFEST, PROGRESS)))
_TEMPORARY = re.compile(rf"\.({_WRITTEN}|{_PART.pattern})\.[0-9]+(-[0-9a-f]+)?\.tmp")


def is_part(name: object) -> bool:
    """Return whether a name is one that a part can have."""
    return isinstance(name, str) and _PART.fullmatch(name) is not None


def is_temporary(name: str) -> bool:
    """Return whether a name is one that a file of the store has until it is whole."""
    return _TEMPORARY.fullmatch(name) is not None


def check_places(folder: Path) -> None:
    """Raise if something is in the way of what a store writes: a link would lead out of it, a folder stops it.

    Raises:
        UsageError: some name of the store's is not a plain file, or its folder of parts no folder.
    """
    for name in (*_FILES, PARTS):
        try:
            mode = (folder / name).lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        found, wanted = _kind(mode), "folder" if name == PARTS else "file"
        if found != wanted:
            raise UsageError(
                f"{show_path(folder / name)}: is a {found}, and the sweep keeps a {wanted} of its own there; move it "
                "away, or name another folder"
            )


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "link"
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "device or pipe"


def left_without_ledger(folder: Path) -> UsageError | None:
    """Return the failure of a folder that holds results, but no ledger or one without runs; None if it holds none."""
    found = [name for name in (RUNS, SERIES) if (folder / name).is_file()]
    if any(is_part(name.name) for name in _listed(folder / PARTS)):
        found.append(f"{PARTS}/")
    if not found:
        return None
    path = folder / LEDGER
    state = "is missing" if not path.is_file() else "tells of no run" if path.stat().st_size else "is empty"
    return UsageError(
        f"{show_path(folder)}: {LEDGER} {state}, though results are there ({', '.join(found)}); "
        "put it back, or move them away, or name another folder"
    )


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
