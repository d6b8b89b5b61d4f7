"""From configuration to result folder: everything that knows of files, plots and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sim.sources import read

if TYPE_CHECKING:
    from experiments.sweep.results import Results

HERE = Path(__file__).resolve().parent
AS_LOADED = read(HERE)  # before the rest is loaded


def load(folder: str | Path) -> Results:
    """Open the folder of a sweep, finished or still running, as tidy data frames: runs, series and design."""
    from experiments.sweep.results import load as open_results

    return open_results(folder)
