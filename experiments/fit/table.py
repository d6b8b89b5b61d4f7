"""The tables of a fit: sweeps of the project, and what is read back of them, a few columns at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from experiments.case.patterns import Floats, Pattern, Readings, distances
from experiments.config import Config
from experiments.declarations import toml_value
from experiments.fit.config import Fit
from experiments.sweep.design import Design
from experiments.sweep.factors import Factor, make_factor
from experiments.sweep.results import Results

_AT_ONCE = 8  # columns read at a time: 64 MB a million runs
Rows = NDArray[np.int64]
_Number = TypeVar("_Number", np.int64, np.float64)


def table_design(fit: Fit, runs: int) -> Design:
    """Return the design of a table: Sobol' points over the priors, a run each, with a seed of its own."""
    return _design(fit.config, fit, "sobol-points", fit.factors, runs, (), 1, fit.case.readings)


def list_design(fit: Fit, points: Sequence[dict[str, Any]], replicates: int, readings: Sequence[str]) -> Design:
    """Return the design that runs listed points over seeds, the same seeds for each, and keeps some readings."""
    listed = tuple(tuple(point[key] for key in fit.keys) for point in points)
    factors = []
    for n, key in enumerate(fit.keys):
        distinct = list({toml_value(row[n]): row[n] for row in listed}.values())
        factors.append(make_factor({"key": key, "values": distinct}, str(fit.path)))
    return _design(fit.config, fit, "list", tuple(factors), None, listed, replicates, readings)


def _design(
    config: Config, fit: Fit, kind: Any, factors: tuple[Factor, ...], points: int | None,
    listed: tuple[tuple[Any, ...], ...], replicates: int, readings: Sequence[str],
) -> Design:  # fmt: skip
    return Design(
        config=config, kind=kind, factors=factors, points=points, levels=None, trajectories=None, second_order=False,
        replicates=replicates, seed=fit.settings.seed, common_random_numbers=kind == "list", final=(), mean=(),
        series=(), stop=None, listed=listed, source=fit.source, read=tuple(readings),
    )  # fmt: skip


def read_columns(folder: Path, names: Iterable[str], rows: Rows | slice = slice(None)) -> Iterator[tuple[str, Any]]:
    """Yield columns of a table's runs with their names, those of some rows only if told."""
    wanted, results = list(dict.fromkeys(names)), Results(folder)
    for at in range(0, len(wanted), _AT_ONCE):
        frame = results.read_runs(wanted[at : at + _AT_ONCE])
        for name in frame.columns:
            yield name, frame[name].to_numpy()[rows]


def read_readings(folder: Path, names: Iterable[str], rows: Rows | slice = slice(None)) -> Readings:
    """Return readings by name, of all runs or of some rows."""
    found = read_columns(folder, (f"final.{name}" for name in names), rows)
    return {name.removeprefix("final."): np.array(values, dtype=np.float64) for name, values in found}


def read_values(folder: Path, patterns: Sequence[Pattern]) -> Floats:
    """Return what each pattern reads in each run of a table, shape (patterns, runs)."""
    return np.array([pattern.value(read_readings(folder, pattern.readings)) for pattern in patterns])


@dataclass(frozen=True)
class Table:
    """A table of runs over priors."""

    folder: Path  # the sweep
    factors: tuple[Factor, ...]  # the priors
    values: Floats  # what each pattern reads in each run, shape (patterns, runs)
    off: Floats  # discrepancies from the facts, likewise

    @property
    def runs(self) -> int:
        """Return how many runs it has."""
        return int(self.values.shape[1])

    @cached_property
    def places(self) -> Floats:
        """Return where the parameters of each run lie on the scales of their priors, 0 to 1, shape (priors, runs)."""
        found = np.empty((len(self.factors), self.runs))
        keys = [factor.key for factor in self.factors]
        for n, (_, values) in enumerate(read_columns(self.folder, keys)):
            found[n] = place_of(self.factors[n], values)
        return found

    def points(self, rows: Rows) -> list[dict[str, Any]]:
        """Return the parameters of some rows, by key."""
        columns = dict(read_columns(self.folder, [factor.key for factor in self.factors], rows))
        return [{key: _plain(values[n]) for key, values in columns.items()} for n in range(len(rows))]


def thinned(values: NDArray[_Number], most: int) -> NDArray[_Number]:
    """Return so many values, evenly spaced in their order, or all if they are no more.

    Rows of a table are points of a Sobol' sequence, so that no stretch of them is unlike another.
    """
    if len(values) <= most:
        return values
    return values[np.floor((np.arange(most) + 0.5) * len(values) / most).astype(np.int64)]


def seeds_of(folder: Path, rows: Rows) -> list[int]:
    """Return the seeds of some rows of a table."""
    return [int(seed) for _, seeds in read_columns(folder, ["seed"], rows) for seed in seeds]


def read_table(folder: Path, fit: Fit) -> Table:
    """Return the table that a sweep holds."""
    values = read_values(folder, fit.case.patterns)
    return Table(folder, fit.factors, values, distances(fit.case.patterns, values))


def place_of(factor: Factor, values: NDArray[Any]) -> Floats:
    """Return where values lie on the scale of their prior, from 0 to 1; listed values stand evenly, in their order."""
    if factor.values is not None:
        if len(factor.values) == 1:
            return np.zeros(len(values))
        places = {value: n / (len(factor.values) - 1) for n, value in enumerate(factor.values)}
        return np.array([places[_plain(value)] for value in values.tolist()])
    assert factor.low is not None
    assert factor.high is not None
    given = values.astype(np.float64)
    if factor.scale == "log":
        return np.asarray(np.log(given / factor.low) / np.log(factor.high / factor.low))
    return np.asarray((given - factor.low) / (factor.high - factor.low))


def value_at(factor: Factor, place: float) -> Any:
    """Return the value at a place on the scale of a prior: of listed values the one that stands nearest."""
    if factor.values is not None:
        return factor.values[round(place * (len(factor.values) - 1))]
    assert factor.low is not None
    assert factor.high is not None
    if factor.scale == "log":
        return factor.low * (factor.high / factor.low) ** place
    return factor.low + place * (factor.high - factor.low)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
