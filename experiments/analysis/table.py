"""From a store to arrays: each outcome by point and replicate, balanced, and what was left out for that.

Three rules keep an analysis from being bent without a word:

- Of a sweep that goes on, only replicates that are complete over all points count.
- Failed runs are refused, or leave out whole units of the design: a point of a grid, list, factorial or Latin
  hypercube, a trajectory of Morris, a base sample of Sobol' (its 2k + 2 or k + 2 rows). Never single rows.
- An outcome that is not a number in some run, or never varies, is named and not analysed.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.analysis.estimates import Floats, Integers, Units
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.figures.words import number
from experiments.sweep.ledger import Ledger
from experiments.sweep.results import Design, Factor, Results

if TYPE_CHECKING:
    import pandas as pd

_ROUNDING = 1e-12
LARGEST, SMALLEST = 1e300, 1e-290  # beyond these, intervals may be no numbers and figures cannot be drawn
_UNITS = {"morris": "trajectory", "sobol": "base sample"}
SAMPLED = ("latin-hypercube", "sobol-points", "sobol", "morris")
PLURAL = {"point": "points", "trajectory": "trajectories", "base sample": "base samples"}


@dataclass(frozen=True)
class Table:
    """What analyses read."""

    design: Design  # its ``rows`` and ``points`` are those before anything was left out
    points: Integers  # numbers of the points used, shape (points,)
    replicates: tuple[int, ...]  # numbers of the replicates used, of ``design.replicates``
    levels: dict[str, Any]  # value of each factor at each point used; numbers, truth values or text
    values: dict[str, Floats]  # each outcome to analyse, shape (points, replicates)
    rows: Integers  # place in ``points`` of each row used, shape (rows,)
    units: Units  # of the design that hold the points used
    unit: str  # what such a unit is: point, trajectory or base sample
    left_out: int  # units left out
    all_units: int  # units there are
    failed: int  # runs that failed, of the replicates used
    skipped: dict[str, str]  # why an outcome is not analysed, by name
    described: dict[str, tuple[str, str]]  # unit and description of each column
    revision: int  # of the design
    model: str  # its version
    checksum: str  # SHA-256 of the runs used and their outcomes

    @property
    def sampled(self) -> bool:
        """Return whether the units were drawn at random, so that intervals rest on them."""
        return self.design.kind in SAMPLED

    @property
    def varied(self) -> list[Factor]:
        """Return the factors that take more than one value at the points used."""
        return [factor for factor in self.design.factors if len(set(self.levels[factor.key].tolist())) > 1]

    @property
    def crossed(self) -> bool:
        """Return whether the points are every combination of the levels, each once."""
        if self.design.kind not in ("grid", "factorial"):
            return False
        sizes = [len(set(self.levels[factor.key].tolist())) for factor in self.design.factors]
        return len(self.points) == int(np.prod(sizes))


def read_table(results: Results, outcomes: Sequence[str] = (), without_failed: bool = False) -> Table:
    """Return the arrays of a store.

    Args:
        results: the store, as ``experiments.load`` opens it.
        outcomes: the outcomes to analyse, or names of series for those of their columns; all that the design keeps,
            if none is named.
        without_failed: whether units with failed runs are left out; else they are refused.

    Raises:
        UsageError: no replicate is complete, runs failed, an outcome is unknown, or no point is left.
    """
    runs, design, shown = results.runs, results.design, show_path(results.folder)
    kept = [f"{kind}.{name}" for kind in ("final", "mean") for name in design.outcomes[kind]]
    series = [name for name in design.outcomes["series"] if name in outcomes]
    _check_names(outcomes, kept, series, shown)
    unit = _UNITS.get(design.kind, "point")
    status = runs["status"].to_numpy(dtype=object).reshape(design.points, -1)
    used = _complete(status, shown)
    failed = status[:, used] == "failed"
    if failed.any() and not without_failed:
        raise UsageError(
            f"{shown}: {failed.sum()} of {failed.size} runs failed, so the design is not whole: 'flywheel status "
            f"{shown}' says why; 'flywheel repair {shown} --failed' and the sweep's command do them again; "
            f"--without-failed leaves out each whole {unit} that has one"
        )
    unit_of_row = _unit_of_row(design)
    bad = np.unique(unit_of_row[failed.any(axis=1)[design.rows]])
    row_kept = ~np.isin(unit_of_row, bad)
    if not row_kept.any():
        raise UsageError(f"{shown}: every {_UNITS.get(design.kind, 'point')} has a failed run; nothing is left")
    points, rows = np.unique(design.rows[row_kept], return_inverse=True)
    units = Units.each(len(points))
    if design.kind in SAMPLED:
        units = Units(rows, np.unique(unit_of_row[row_kept], return_inverse=True)[1])
    wanted = [name for name in kept if not outcomes or name in outcomes or name.partition(".")[2] in series]
    columns = {name: runs[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in wanted}
    arrays = {name: each.reshape(design.points, -1)[points][:, used] for name, each in columns.items()}
    skipped = {name: reason for name, values in arrays.items() if (reason := _reason_to_skip(values))}
    values = {name: array for name, array in arrays.items() if name not in skipped}
    with Ledger.read(results.folder) as ledger:
        current = ledger.revision()
        assert current is not None
    return Table(
        design=design, points=points, replicates=tuple(int(r) for r in np.flatnonzero(used)),
        levels={each.key: _levels(runs, each.key, design.points)[points] for each in design.factors},
        values=values, rows=rows, units=units,
        unit=unit, left_out=len(bad), all_units=int(unit_of_row.max()) + 1,
        failed=int(failed.sum()), skipped=skipped,
        described={name: (said["unit"], said["description"]) for name, said in runs.attrs["columns"].items()},
        revision=current.revision,
        model=current.model, checksum=_checksum(runs, points, used, arrays),
    )  # fmt: skip


def _check_names(asked: Sequence[str], kept: Sequence[str], series: Sequence[str], shown: str) -> None:
    for name in asked:
        if name not in kept and name not in series:
            meant = [each for each in kept if each.partition(".")[2] == name] or difflib.get_close_matches(
                name, kept, 1
            )
            hint = f"did you mean {meant[0]}?" if meant else f"it keeps {', '.join(kept) or 'none'}"
            raise UsageError(f"--outcome: the design of {shown} keeps no outcome {name!r}; {hint}")


def _complete(status: Any, shown: str) -> Any:
    """Return which replicates are complete, shape (replicates,)."""
    planned = status == "planned"
    used = ~planned.any(axis=0)
    if not used.any():
        raise UsageError(
            f"{shown}: no replicate is complete over all points: {int(planned.sum())} of {planned.size} runs are left; "
            "the sweep's command goes on with them"
        )
    return used


def _unit_of_row(design: Design) -> Integers:
    """Return the unit of the design that each row belongs to, shape (rows,)."""
    k = len(design.factors)
    each = {
        "morris": k + 1, "sobol": 2 * k + 2 if design.second_order else k + 2, "latin-hypercube": 1, "sobol-points": 1,
    }  # fmt: skip
    return np.arange(len(design.rows)) // each[design.kind] if design.kind in each else design.rows


def _levels(runs: pd.DataFrame, key: str, points: int) -> Any:
    """Return a factor's value at each point: floats, truth values, or text in an array of objects."""
    column = runs[key]
    first = column.to_numpy(dtype=object).reshape(points, -1)[:, 0]
    if all(isinstance(value, (bool, np.bool_)) for value in first):
        return first.astype(bool)
    if all(isinstance(value, (int, float, np.number)) and np.isfinite(value) for value in first):
        return first.astype(np.float64)
    return np.array(["none" if value is None or value != value else str(value) for value in first], dtype=object)


def _reason_to_skip(values: Floats) -> str:
    if missing := int(np.isnan(values).sum()):
        return f"is not a number in {missing} of {values.size} runs; not analysed"
    if infinite := int(np.isinf(values).sum()):
        return f"is infinite in {infinite} of {values.size} runs; not analysed"
    largest = float(np.abs(values).max())
    if largest > LARGEST:
        return f"is as large as {largest:.3g}: too large to analyse"
    if np.ptp(values) <= _ROUNDING * largest:
        return f"is {values.flat[0]:.6g} in every run; nothing to analyse"
    if largest < SMALLEST:
        return f"is {largest:.3g} at most: too small to analyse"
    if len(values) > 1 and np.ptp(values.mean(axis=1)) <= _ROUNDING * np.abs(values).max():
        return "is moved by the seed alone: its mean is the same at every point"
    return ""


def _checksum(runs: pd.DataFrame, points: Integers, used: Any, arrays: dict[str, Floats]) -> str:
    digest = hashlib.sha256()
    addresses = runs["run_id"].to_numpy(dtype=object).reshape(-1, len(used))[points][:, used]
    digest.update("\n".join(addresses.ravel().tolist()).encode())
    for name, values in arrays.items():
        digest.update(f"\n{name}\n".encode() + np.ascontiguousarray(values, dtype="<f8").tobytes())
    return digest.hexdigest()


def levels_of(factor: Factor, levels: Any) -> list[Any]:
    """Return the levels that occur, each once: numbers ascending, off before on, text as listed in the design."""
    found = set(levels.tolist())
    if levels.dtype != object:
        return sorted(found)
    listed = [str(value) for value in factor.values or ()]
    return [name for name in listed if name in found] + sorted(found - set(listed))


def name_of(level: Any) -> str:
    """Return a level as a label."""
    if isinstance(level, (bool, np.bool_)):
        return "on" if level else "off"
    return number(float(level), 3) if isinstance(level, (int, float)) else str(level)
