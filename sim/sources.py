"""What every file here said before any of them was loaded: an edit while the program runs changes neither."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def read(folder: Path) -> dict[str, bytes]:
    """Return the source of every file of a package, by its path there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.py"))}


def edited(folder: Path, before: Mapping[str, bytes]) -> str | None:
    """Return a file of a package that does not say what it did, or None if all still do."""
    now = read(folder)
    return next((path for path in sorted({*before, *now}) if before.get(path) != now.get(path)), None)


HERE = Path(__file__).resolve().parent
AS_LOADED = read(HERE)
