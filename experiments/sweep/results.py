"""Open the folder of a sweep as tidy data frames, finished or while a driver still runs.

``runs``: a row for each run of the current design, sorted by (point, replicate).

==================  =========  ========================================================================================
column              type       meaning
==================  =========  ========================================================================================
``run_id``          text       address of the run: hash of its parameters, seed and model version
``point``           int64      number of the point, from 0, in the order of the design
``replicate``       int64      number of the replicate, from 0; equal replicates share a seed if numbers are common
``seed``            int64      seed of the run
``status``          text       ``done``, ``failed`` or ``planned`` (not yet run)
``error``           text       what went wrong in a failed run, else missing
``SECTION.NAME``    as is      a column for each factor, named by its key: numbers, truth values or text
``final.COLUMN``    float64    outcome at the run's last month; missing unless the run is done
``final.READING``   float64    a single value of the run, as ``final.users_at_8`` (``sim.readings``)
``mean.COLUMN``     float64    outcome averaged over the run's months
==================  =========  ========================================================================================

``series``: a row for each month of each run that is done, sorted by (point, replicate, month): ``run_id``, ``point``,
``replicate``, ``month`` (int64) and the named columns (float64). Without columns if the design keeps no series.

``design``: how the points came about, and what SALib's ``analyze`` functions need (see ``Design``).

A design's rows and its points differ where rounding makes two rows the same point: it is run once, and
``design.rows`` says which point each row is. For indices over rows::

    per_point = results.runs.groupby("point")["final.unit_cost"].mean()
    Y = per_point.loc[results.design.rows].to_numpy()
    SALib.analyze.sobol.analyze(results.design.problem, Y, calc_second_order=results.design.second_order)
    SALib.analyze.morris.analyze(results.design.problem, results.design.sample, Y, num_levels=results.design.levels)

SALib's Morris divides by the step drawn in the unit cube. A switch, listed values and few whole numbers move further,
and their effects come out too large; ``flywheel analyse`` divides by the step that the values make.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Factor:
    """What was varied: a key, and its range (``low``, ``high``, ``scale``) or its listed ``values``."""

    key: str
    scale: str
    low: float | None
    high: float | None
    values: tuple[Any, ...] | None
    unit: str
    description: str


@dataclass(frozen=True)
class Design:
    """The current design of a sweep.

    Attributes:
        kind: grid, list, latin-hypercube, sobol-points, sobol, morris or factorial.
        factors: what was varied, in the order of the sample's columns.
        replicates: runs of each point; what a stopping rule left, if it struck.
        stopped: whether a stopping rule struck. Intervals of what it stopped on are then too narrow.
        common_random_numbers: whether equal replicates of two points share their seed.
        seed: seed of the experiment.
        outcomes: the names kept: ``final``, with readings, ``mean`` and ``series``.
        points: number of distinct points.
        rows: point of each row of the design, shape (rows,).
        sample: the design in the unit cube, shape (rows, factors); not a number for grid, list and factorial.
        problem: SALib's problem for the unit cube.
        second_order: whether a Sobol' design has the rows for second-order indices.
        levels: levels of a Morris or grid design, if one number.
    """

    kind: str
    factors: tuple[Factor, ...]
    replicates: int
    stopped: bool
    common_random_numbers: bool
    seed: int
    outcomes: dict[str, list[str]]
    points: int
    rows: NDArray[np.int64]
    sample: NDArray[np.float64]
    second_order: bool
    levels: int | None

    @property
    def problem(self) -> dict[str, Any]:
        """Return the factors as SALib knows them, each from 0 to 1."""
        names = [factor.key for factor in self.factors]
        return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


class Results:
    """The runs, series and design of one folder; each frame is read when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def runs(self) -> pd.DataFrame:
        """Return the runs, one a row, with units and descriptions of the columns in ``attrs["columns"]``."""
        from experiments.sweep.export import runs_table

        return _to_frame(runs_table(self.folder))

    def read_runs(self, columns: Sequence[str]) -> pd.DataFrame:
        """Return some columns of the runs: less to read and to hold than all of them."""
        from experiments.sweep.export import runs_table

        return _to_frame(runs_table(self.folder, columns))

    @cached_property
    def series(self) -> pd.DataFrame:
        """Return the series, a row a month of a run."""
        from experiments.sweep.export import series_table

        return _to_frame(series_table(self.folder))

    def read_series(self, columns: Sequence[str]) -> pd.DataFrame:
        """Return some columns of the series: less to read and to hold than all of them."""
        from experiments.sweep.export import series_table

        return _to_frame(series_table(self.folder, columns))

    @cached_property
    def design(self) -> Design:
        """Return the current design."""
        from experiments.sweep.ledger import Ledger

        with Ledger.read(self.folder) as ledger:
            ledger.check_whole()
            given = ledger.design()
            rows, units = ledger.design_rows()
            stopped = ledger.stopped_after()
        factors = tuple(
            Factor(**{**each, "values": None if each["values"] is None else tuple(each["values"])})
            for each in given["factors"]
        )
        sample = np.frombuffer(units, dtype="<f8").reshape(len(rows), -1) if units else np.full(
            (len(rows), len(factors)), np.nan
        )  # fmt: skip
        return Design(
            kind=given["kind"],
            factors=factors,
            replicates=given["replicates"] if stopped is None else stopped,
            stopped=stopped is not None,
            common_random_numbers=given["common_random_numbers"],
            seed=given["seed"],
            outcomes=given["outcomes"],
            points=int(rows.max()) + 1 if len(rows) else 0,
            rows=rows,
            sample=sample,
            second_order=given["second_order"],
            levels=given["levels"],
        )


def load(folder: str | Path) -> Results:
    """Open the folder of a sweep.

    Raises:
        UsageError: the folder holds no sweep.
    """
    from experiments.sweep.ledger import Ledger

    with Ledger.read(Path(folder)):
        return Results(Path(folder))


def _to_frame(table: Any) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    described = {field.name: field.metadata or {} for field in table.schema}
    frame.attrs["columns"] = {
        name: {key.decode(): value.decode() for key, value in metadata.items()}
        for name, metadata in described.items()
        if metadata
    }
    frame.attrs["flywheel"] = json.loads((table.schema.metadata or {}).get(b"flywheel", b"{}"))
    return frame
