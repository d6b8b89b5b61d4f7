"""How much disk a sweep needs, and whether there is as much."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from experiments.config import show_path
from experiments.errors import RunError
from experiments.sweep.design import Design
from experiments.sweep.places import PARTS
from experiments.sweep.plan import count_runs

_LEDGER_BYTES = 660  # of a run: its row, its slot, its point, and its part of the indices
_PART_BYTES = 8  # of a value in a part, as it is
_EXPORT_BYTES = 9  # of a value in an export, hardly compressible
_ADDRESS_BYTES = 170  # of a run: what tells it apart in runs.parquet, and in the file through which it is sorted
_SORTED_BYTES = 8  # of a value in that file, while an export is made
_MOST = 10**18  # bytes; there is no such disk, and numbers stay within doubles


def check_room(design: Design, folder: Path) -> None:
    """Raise unless the disk holds what a design needs beyond what its folder holds already.

    Raises:
        RunError: it does not.
    """
    runs, free, held = count_runs(design), room_left(folder), _held(folder)
    needed = min(int(bytes_of_a_run(design, design.months)) * runs, _MOST)
    if needed > free + held:
        raise RunError(
            f"{show_path(folder)}: the design needs about {in_bytes(needed)}, and {in_bytes(free)} are free there; "
            "name a folder on a larger disk with --out, or ask for fewer runs or series"
        )


def bytes_of_a_run(design: Design, months: float) -> float:
    """Return about how many bytes a run of so many months takes on disk, with what an export takes while it is made."""
    outcomes, kept = len(design.final) + len(design.read) + len(design.mean), 2 * len(design.kept)
    fixed = _LEDGER_BYTES + _ADDRESS_BYTES + _PART_BYTES * kept + _EXPORT_BYTES * len(design.factors)
    series = (_PART_BYTES + _EXPORT_BYTES + _SORTED_BYTES) * months * len(design.series)
    return fixed + (_EXPORT_BYTES + _SORTED_BYTES) * outcomes + series


def room_left(folder: Path) -> int:
    """Return the free bytes where a folder is or will be."""
    place = Path(os.path.realpath(folder))
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    return usage.free if usage.total else _MOST  # a file system that has no size, such as /proc


def in_bytes(size: float) -> str:
    """Return a size in words."""
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return "more than 1 EB"


def _held(folder: Path) -> int:
    """Return how many bytes a sweep's folder holds; another driver may take files away meanwhile."""
    held = 0
    for place in (folder, folder / PARTS):
        with suppress(FileNotFoundError, NotADirectoryError):
            for entry in os.scandir(place):
                with suppress(FileNotFoundError):
                    held += entry.stat(follow_symlinks=False).st_size if entry.is_file(follow_symlinks=False) else 0
    return held
