"""Our model by ``mesa.batch_run``: as it is, month by month, and with a step that is a whole run."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import mesa
import numpy as np
from numpy.typing import NDArray

from sim.model import InnovationModel
from sim.outcomes import COLUMNS
from sim.parameters import Parameters


class InOneCall(InnovationModel):
    """The model whose step is a run: what Mesa's batch takes of itself is the rest."""

    def step(self) -> None:
        """Go to the end, and count the months as Mesa's steps, which it looks for the last month by."""
        self.run_model()
        self.steps = self.month


def in_one_call(seeds: Sequence[int], processes: int) -> NDArray[np.float64]:
    """Return the last values of all columns, shape (seeds, columns)."""
    return month_by_month(seeds, processes, InOneCall)


def month_by_month(
    seeds: Sequence[int], processes: int, model: type[InnovationModel] = InnovationModel
) -> NDArray[np.float64]:
    """Return the last values of all columns, shape (seeds, columns)."""
    months = Parameters().run.months
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Mesa's, of what it will call otherwise
        rows = mesa.batch_run(
            model, {"rng": list(seeds)}, number_processes=processes, max_steps=months, display_progress=False
        )
    names = [column.name for column in COLUMNS]
    return np.array([[row[name] for name in names] for row in sorted(rows, key=lambda row: row["rng"])])
