"""Our model by ``mesa.batch_run``, as Mesa runs it: month by month, and the collector asked at the end."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import mesa
import numpy as np
from numpy.typing import NDArray

from benchmarks.classic import CLASSIC
from sim.model import InnovationModel
from sim.outcomes import COLUMNS


def batch_run(seeds: Sequence[int], processes: int) -> NDArray[np.float64]:
    """Return the last values of all columns, shape (seeds, columns)."""
    given, months = {"parameters": [CLASSIC], "rng": list(seeds)}, CLASSIC.run.months
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Mesa's, of what it will call otherwise
        rows = mesa.batch_run(
            InnovationModel, given, number_processes=processes, max_steps=months, display_progress=False
        )
    names = [column.name for column in COLUMNS]
    return np.array([[row[name] for name in names] for row in sorted(rows, key=lambda row: row["rng"])])
