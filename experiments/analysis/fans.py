"""Fans: the median and the central 50 and 90 % of all runs, month by month; whole, and split by a factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.analysis.groups import group
from experiments.analysis.intervals import Floats, Integers
from experiments.analysis.table import LARGEST, SMALLEST, Table
from experiments.sweep.results import Results

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_MOST_PARTS = 3


@dataclass(frozen=True)
class Band:
    """Quantiles of some runs by month, a row for each of ``QUANTILES``; NaN where no run has a value."""

    label: str
    runs: int
    quantiles: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Fan:
    """One series.

    Attributes:
        name: its column.
        unit: its unit.
        description: what it is.
        months: the months.
        whole: over all runs.
        factor: what the parts are split by, or nothing.
        parts: the same over the runs of each group of that factor.
        outcome: the outcome whose most important factor that is, or nothing.
    """

    name: str
    unit: str
    description: str
    months: tuple[int, ...]
    whole: Band
    factor: str
    parts: tuple[Band, ...]
    outcome: str


def fans(
    results: Results, table: Table, leading: dict[str, str], names: Sequence[str]
) -> tuple[list[Fan], dict[str, str]]:
    """Return a fan for each of some series, and why a series has none.

    Args:
        results: the store.
        table: whose points and replicates are used.
        leading: the most important factor of each outcome analysed.
        names: of the series.
    """
    found, skipped = [], {}
    if names:
        frame = results.read_series(("point", "replicate", "month", *names))
        columns = frame.attrs["columns"]
        used = np.isin(frame["point"], table.points) & np.isin(frame["replicate"], table.replicates)
        frame = frame[used]
        places = np.searchsorted(table.points, frame["point"].to_numpy())
        months = frame["month"].to_numpy()
        for name in names:
            values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
            if reason := _reason_to_skip(values):
                skipped[name] = reason
                continue
            found.append(_fan(name, columns[name], values, places, months, table, leading))
    return found, skipped


def _reason_to_skip(values: Floats) -> str:
    finite = np.abs(values[np.isfinite(values)])
    if not len(finite):
        return "is not a number in any month; no fan"
    largest = float(finite.max())
    if largest > LARGEST:
        return f"is as large as {largest:.3g}: too large to draw; no fan"
    return f"is {largest:.3g} at most: too small to draw; no fan" if 0.0 < largest < SMALLEST else ""


def _fan(
    name: str, described: dict[str, str], values: Floats, places: Integers, months: Integers, table: Table,
    leading: dict[str, str],
) -> Fan:  # fmt: skip
    outcome = next((each for each in (f"final.{name}", f"mean.{name}") if each in leading), "")
    factor = leading.get(outcome, "")
    parts: list[Band] = []
    if factor:
        (varied,) = [each for each in table.varied if each.key == factor]
        levels = table.levels[factor]
        few = len(set(levels.tolist())) <= _MOST_PARTS or levels.dtype == object
        groups = group(varied, levels, _MOST_PARTS if few else 2)
        for n, label in enumerate(groups.axis.labels):
            inside = (groups.member == n)[places]
            parts.append(_band(label, values[inside], months[inside], int(months.max()), groups.counts[n], table))
    last = int(months.max())
    return Fan(
        name, described["unit"], described["description"], tuple(range(1, last + 1)),
        _band("all runs", values, months, last, len(table.points), table), factor, tuple(parts), outcome,
    )  # fmt: skip


def _band(label: str, values: Floats, months: Integers, last: int, points: int, table: Table) -> Band:
    finite = pd.Series(np.where(np.isfinite(values), values, np.nan))
    found = finite.groupby(months).quantile(np.array(QUANTILES)).unstack().reindex(range(1, last + 1))
    return Band(label, points * len(table.replicates), tuple(map(tuple, found.to_numpy().T.tolist())))
