"""From configuration to result folder: everything that knows of files, plots and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from experiments.sweep.results import Results

__all__ = ["load"]
__distribution__ = "innovation-flywheel"  # whose package this is: see experiments/door.py
HERE = Path(__file__).resolve().parent
# The text of every file here before the rest is loaded, for the identity of what runs are computed with.
AS_LOADED = {path.relative_to(HERE).as_posix(): path.read_bytes() for path in sorted(HERE.rglob("*.py"))}


def load(folder: str | Path) -> Results:
    """Open the folder of a sweep, finished or still running, as tidy data frames: runs, series and design."""
    from experiments.sweep.results import load as open_results

    return open_results(folder)
