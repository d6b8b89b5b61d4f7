"""From a claim to runs: its arms at places, as one design of points that a sweep can carry out, and back to arrays.

A place is the base, a boundary cell, the null world or a point of the region; every place has every arm. Rows of the
design go place by place, arm by arm, so that row = place × arms + arm.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.config import Config
from experiments.declarations import toml_value
from experiments.propositions.claims import Claim
from experiments.propositions.schema import Changes, Measure
from experiments.sweep.design import NAMES, Design
from experiments.sweep.factors import make_factor

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spot:
    """A place where a claim is tested: its name, and what it changes of the claim's base."""

    name: str
    changes: Changes


@dataclass(frozen=True)
class Sample:
    """What the runs of one place gave.

    Attributes:
        values: for each arm and kept column, a value for each seed (S,); not a number where a run failed.
        measures: the claim's own measures.
        failed: seeds with a failed run.
    """

    values: dict[str, dict[str, Floats]]
    measures: Mapping[str, Measure]
    failed: int

    @property
    def seeds(self) -> int:
        """Return the number of seeds."""
        return len(next(iter(next(iter(self.values.values())).values())))

    def first(self, seeds: int) -> Sample:
        """Return the sample of the first seeds alone."""
        cut = {arm: {name: column[:seeds] for name, column in columns.items()} for arm, columns in self.values.items()}
        return Sample(cut, self.measures, self.failed)

    def measure(self, arm: str, name: str) -> Floats:
        """Return a measure of an arm for each seed (S,); infinite for a month that never came."""
        columns, given = self.values[arm], self.measures.get(name)
        if given is None:
            return columns[name]
        if given.kind == "product":
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.asarray(np.prod([columns[term] ** power for term, power in given.terms.items()], axis=0))
        if given.kind == "sum":
            return np.asarray(np.sum([weight * columns[term] for term, weight in given.terms.items()], axis=0))
        if given.kind == "index":
            return np.asarray(
                np.mean([_position(columns[c], e, c in given.logs) for c, e in given.ends.items()], axis=0)
            )
        if given.kind == "total":
            return columns[f"mean.{given.column}"] * columns["final.month"]
        return columns[derived(name)]


def _position(values: Floats, ends: Sequence[float], log: bool) -> Floats:
    """Return where values stand from the first end, 0, to the second, 1."""
    if not log:
        return (values - ends[0]) / (ends[1] - ends[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(values / ends[0]) / math.log(ends[1] / ends[0]))


def derived(name: str) -> str:
    """Return the column that holds a measure read from a series."""
    return f"series:{name}"


def design_of(claim: Claim, spots: Sequence[Spot], replicates: int, seed: int) -> Design:
    """Return the design that runs every arm of a claim at every place."""
    rows = [spot.changes | arm for spot in spots for arm in claim.arms.values()]
    return list_of(claim.config, rows, claim.columns, replicates, seed, claim.path)


def list_of(
    config: Config, rows: Sequence[Changes], columns: Mapping[str, set[str]], replicates: int, seed: int, path: Path
) -> Design:
    """Return the design that runs listed changes of a base; ``path`` is the file that asks for it."""
    base = json.loads(config.parameters.model_dump_json())
    keys = sorted({key for row in rows for key in row})

    def value(row: Changes, key: str) -> Any:
        section, _, name = key.partition(".")
        return row.get(key, base[section][name])

    listed = tuple(tuple(_plain(value(row, key)) for key in keys) for row in rows)
    factors = []
    for n, key in enumerate(keys):
        distinct = list({toml_value(row[n]): row[n] for row in listed}.values())
        factors.append(make_factor({"key": key, "values": distinct}, str(path)))
    kept = {kind: tuple(name for name in NAMES if name in names) for kind, names in columns.items()}
    return Design(
        config=config, kind="list", factors=tuple(factors), points=None, levels=None, trajectories=None,
        second_order=True, replicates=replicates, seed=seed, common_random_numbers=True, final=kept["final"],
        mean=kept["mean"], series=kept["series"], stop=None, listed=listed, source=path.read_text("utf-8"),
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def samples_of(claim: Claim, spots: Sequence[Spot], store: Path) -> list[Sample]:
    """Return what a store holds of each place, in the order of ``spots``."""
    import experiments

    results = experiments.load(store)
    runs, rows = results.runs, results.design.rows
    names = [f"{kind}.{column}" for kind in ("final", "mean") for column in sorted(claim.columns[kind])]
    replicates = int(runs["replicate"].max()) + 1
    table = {name: runs[name].to_numpy(dtype=np.float64).reshape(-1, replicates) for name in names}
    done = (runs["status"] == "done").to_numpy().reshape(-1, replicates)
    for name, measure in claim.file.measures.items():
        if measure.kind in ("log-mean", "fall", "first-month"):
            table[derived(name)] = _from_series(results, measure, done.shape)
    samples = []
    for place in range(len(spots)):
        points = {arm: int(rows[place * len(claim.arms) + n]) for n, arm in enumerate(claim.arms)}
        values = {arm: {name: column[point] for name, column in table.items()} for arm, point in points.items()}
        complete = np.all([done[point] for point in points.values()], axis=0)
        if not complete.all():
            values = {
                arm: {name: column[complete] for name, column in columns.items()} for arm, columns in values.items()
            }
        samples.append(Sample(values, claim.file.measures, int((~complete).sum())))
    return samples


def _from_series(results: Any, measure: Measure, shape: tuple[int, ...]) -> Floats:
    """Return a measure read from a series for each point and replicate, shape (points, replicates)."""
    series = results.series
    found = np.full(shape, np.nan)
    starts = np.flatnonzero(series["month"].to_numpy() == 1)
    ends = np.append(starts[1:], len(series))
    values = series[measure.column].to_numpy(dtype=np.float64)
    points, replicates = series["point"].to_numpy()[starts], series["replicate"].to_numpy()[starts]
    for n, (start, end) in enumerate(zip(starts, ends, strict=True)):
        found[points[n], replicates[n]] = _of_months(measure, values[start:end])
    return found


def _of_months(measure: Measure, run: Floats) -> float:
    """Return a measure of one run's months; no number where a logarithm has none, infinite for what never came.

    Months without a value, as those of a cost before the first release, do not count.
    """
    known = run[~np.isnan(run)]
    if measure.kind == "log-mean":
        return float(np.log(known).mean()) if known.size and (known > 0.0).all() else math.nan
    if measure.kind == "fall":
        return float(np.log(known[0] / known[-1])) if known.size and min(known[0], known[-1]) > 0.0 else math.nan
    most, least = measure.at_most, measure.at_least
    reached = run <= most if most is not None else run >= (math.inf if least is None else least)
    return float(np.argmax(reached) + 1) if reached.any() else math.inf
