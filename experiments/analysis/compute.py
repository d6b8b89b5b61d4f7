"""From a store to one plain object that holds every number: what is written, drawn and told reads it alone."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from experiments.analysis.effects import Cells, Fan, MainEffect, fans, heat, main_effects, pairs
from experiments.analysis.estimates import FEWEST_UNITS, IN_UNITS, Estimate, Floats, Index, of
from experiments.analysis.importance import Fit, grow, regress
from experiments.analysis.indices import contrasts, level_shares, morris_indices, realised_steps, sobol_indices
from experiments.analysis.noise import Noise, Replication, measure_noise, measure_replication
from experiments.analysis.table import PLURAL, Table, read_table
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.provenance import origin
from experiments.sweep.results import Results

_SQUARED = 200  # exponents of two up to which all squares are numbers
_LIBRARIES = ("numpy", "scipy", "SALib", "scikit-learn")


@dataclass(frozen=True)
class Outcome:
    """All that was found about one outcome."""

    name: str  # its column, as ``final.unit_cost``
    unit: str
    description: str
    mean: float  # over the rows of the design and the replicates used
    noise: Noise  # how much of its variance the seeds make
    replication: Replication  # whether there are enough replicates
    indices: tuple[Index, ...]  # of every method
    fits: tuple[Fit, ...]  # how well regression and forest describe it
    chief: tuple[str, str] | tuple[()]  # method and measure that rank the factors; empty if by their levels' means
    ranking: tuple[str, ...]  # the factors, the most important first
    effects: tuple[MainEffect, ...]  # in the order of the ranking
    pairs: tuple[Cells, ...]  # of each pair of factors, in that order
    heat: Cells | None  # of the two most important factors
    notes: tuple[str, ...]  # what to know when reading them


@dataclass(frozen=True)
class Analysis:
    """The analysis of a store."""

    kind: str  # of the design
    factors: tuple[tuple[str, str, str], ...]  # key, unit and description of each
    points: int  # used
    replicates: int  # used
    replicates_planned: int  # that the design asks for
    unit: str  # of the design: point, trajectory or base sample
    units: int  # how many there are
    left_out: int  # how many were left out for failed runs
    failed: int  # runs
    paired: bool  # whether equal replicates share their seed
    revision: int  # of the design
    model: str  # its version
    checksum: str  # SHA-256 of the runs used: their ids and outcomes
    versions: dict[str, str]  # of this program and the libraries that the numbers come from
    command: str  # that made it
    out: str  # the folder that it goes to, if not to the store's
    asked: tuple[str, ...]  # the outcomes that it is limited to; none if it is of all
    warnings: tuple[str, ...]  # what every figure of it must say
    skipped: dict[str, str]  # why an outcome or a series is not analysed
    outcomes: tuple[Outcome, ...]
    fans: tuple[Fan, ...]


def analyse(
    results: Results, outcomes: Sequence[str] = (), without_failed: bool = False, command: str = "",
    on_outcome: Callable[[str], None] = lambda _: None, out: str = "",
) -> Analysis:  # fmt: skip
    """Return the analysis of a store.

    Args:
        results: the store, as ``experiments.load`` opens it.
        outcomes: what to analyse, with the series of the same columns; all that the design keeps, if none is named.
        without_failed: whether units of the design with failed runs are left out; else they are refused.
        command: the command that asks, for the record.
        on_outcome: told the name of each outcome as its turn comes.
        out: the folder that it will go to, for the record, if it is not the store's.

    Raises:
        UsageError: no replicate is complete, runs failed, an outcome is unknown, or nothing is left to analyse.
    """
    table = read_table(results, outcomes, without_failed)
    found = []
    for name, values in table.values.items():
        on_outcome(name)
        scale = _scale_of(values)
        found.append(_times(_outcome(name, values / scale, table), scale))
    on_outcome("series")
    leading = {each.name: each.ranking[0] for each in found if each.ranking}
    asked = {name.rpartition(".")[2] for name in outcomes}
    names = [name for name in results.design.outcomes["series"] if not asked or name in asked]
    series, skipped = fans(results, table, leading, names)
    if not found and not series:
        reasons, shown = table.skipped | skipped, show_path(results.folder)
        if outcomes:
            raise UsageError(*(f"{shown}: {name}: {reason}" for name, reason in reasons.items()))
        what = "; ".join(f"{name} {reason}" for name, reason in reasons.items())
        raise UsageError(f"{shown}: nothing to analyse: {what or 'the design keeps no outcome'}")
    design = table.design
    libraries = {name.lower(): importlib.metadata.version(name) for name in _LIBRARIES}
    return Analysis(
        kind=design.kind, factors=tuple((each.key, each.unit, each.description) for each in design.factors),
        points=len(table.points), replicates=len(table.replicates), replicates_planned=design.replicates,
        unit=table.unit, units=table.all_units, left_out=table.left_out, failed=table.failed,
        paired=design.common_random_numbers, revision=table.revision, model=table.model, checksum=table.checksum,
        versions={"flywheel": origin.version()} | libraries, command=command, out=out, asked=tuple(outcomes),
        warnings=tuple(_warnings(table)),
        skipped=table.skipped | skipped, outcomes=tuple(found), fans=tuple(series),
    )  # fmt: skip


def _scale_of(values: Floats) -> float:
    """Return the power of two in units of which values are analysed: 1 unless their squares would be no numbers.

    Division by it changes no digit, so what is a ratio comes out the same to the bit.
    """
    exponent = math.frexp(float(np.abs(values).max()))[1]
    return math.ldexp(1.0, exponent) if abs(exponent) > _SQUARED else 1.0


_SCALED = {
    Outcome: ("mean", "noise", "replication", "indices", "effects", "pairs", "heat"), Noise: ("spread",),
    Replication: ("median", "worst", "compared", "spread"), MainEffect: ("means", "spread"), Cells: ("means",),
}  # fmt: skip
"""The fields of what is found that have the outcome's unit, or hold what has."""


def _times(found: Any, scale: float) -> Any:
    """Return what was found in units of which one is so many of its own; what is a share stays as it is."""
    if isinstance(found, float):
        return found * scale
    if isinstance(found, Index):
        return found._replace(estimate=_times(found.estimate, scale)) if found.method in IN_UNITS else found
    if isinstance(found, Estimate):
        return Estimate(*(value * scale for value in found))
    if isinstance(found, tuple):
        return tuple(_times(each, scale) for each in found)
    names = _SCALED.get(type(found), ())
    return replace(found, **{name: _times(getattr(found, name), scale) for name in names}) if names else found


def _warnings(table: Table) -> list[str]:
    found = []
    if len(table.replicates) < table.design.replicates:
        found.append(f"after {len(table.replicates)} of {table.design.replicates} replicates")
    if table.left_out:
        found.append(
            f"{table.left_out} of {table.all_units} {PLURAL[table.unit]} left out for {table.failed} failed runs: "
            "if failure hangs on the factors, what is left is biased"
        )
    if table.design.stopped:
        found.append("a stopping rule ended the sweep: intervals of what it watched are too narrow")
    return found


def _outcome(name: str, values: Floats, table: Table) -> Outcome:
    noise = measure_noise(values, table.units, table.design.common_random_numbers)
    indices, notes = _indices(values, table)
    linear, forest = regress(values, table), grow(values, table)
    indices, fits = [*indices, *linear[0], *forest[0]], (linear[1], forest[1])
    effects = {each.axis.factor: each for each in main_effects(values, table)}
    chief = _chief(indices, fits)
    ranking = _ranking(indices, chief, effects)
    varied = [key for key in ranking if key in effects]
    unit, description = table.described[name]
    return Outcome(
        name=name, unit=unit, description=description, mean=float((values.T @ table.units.shares).mean()), noise=noise,
        replication=measure_replication(values, noise.spread, table.design.common_random_numbers),
        indices=tuple(indices), fits=fits, chief=chief, ranking=tuple(ranking),
        effects=tuple(effects[key] for key in varied), pairs=tuple(pairs(values, table, varied)),
        heat=heat(values, table, varied), notes=tuple(notes),
    )  # fmt: skip


def _indices(values: Floats, table: Table) -> tuple[list[Index], list[str]]:
    """Return the indices that belong to the kind of design, and why some are missing."""
    kind, said = table.design.kind, ""
    found: list[Index] = []
    if kind == "sobol":
        found, said = sobol_indices(values[table.rows], table.design, table.units.shared)
    elif kind == "morris":
        keys = [factor.key for factor in table.design.factors]
        found, said = morris_indices(values[table.rows], realised_steps(table), keys, table.units.shared)
    elif kind in ("grid", "factorial") and table.varied:
        if table.crossed:
            found, said = level_shares(values, table)
        else:
            said = "with points left out the levels are no longer crossed, so there are no shares of variance by level"
        if kind == "factorial":
            found += contrasts(values, table)
    return found, [note for note in (said, _unbounded(table)) if note]


def _unbounded(table: Table) -> str:
    """Return why some intervals are missing in a sampled design, or nothing."""
    kind, units = table.design.kind, table.units
    if table.sampled and units.count < FEWEST_UNITS:
        count = f"{units.count} {table.unit if units.count == 1 else PLURAL[table.unit]}"
        return f"{count}: too few for intervals, which need {FEWEST_UNITS} or more"
    if not units.shared:
        return ""
    together = f"{PLURAL[table.unit]} come to the same {len(table.points)} points and share their luck"
    if kind != "sobol":
        return "" if len(table.replicates) > 1 else f"{together}, so with one replicate there is no interval"
    none = (
        "indices with seed noise in them have no interval" if len(table.replicates) > 2 else "indices have no interval"
    )
    return f"{together}: {none}{'' if len(table.replicates) > 2 else ' with fewer than three replicates'}"


_RANKED_BY = (
    ("sobol", "total, noise-corrected"), ("sobol", "total"), ("morris", "mu_star"), ("contrast", "effect"),
    ("levels", "total"), ("forest", "importance"), ("regression", "coefficient"),
)  # fmt: skip


def _chief(indices: list[Index], fits: Sequence[Fit]) -> tuple[str, str] | tuple[()]:
    blind = [fit.method for fit in fits if not fit.explained > 0.0]
    known = (each for each in _RANKED_BY if of(indices, *each) and each[0] not in blind)
    return next(known, ())


def _ranking(indices: list[Index], chief: tuple[str, str] | tuple[()], effects: Mapping[str, MainEffect]) -> list[str]:
    """Return the factors by the chief index or else the range of their means; last those of which it knows nothing."""
    size = {key: float(np.ptp([mean.value for mean in each.means])) for key, each in effects.items()}
    if chief:
        size = {each.factor: abs(each.estimate.value) for each in of(indices, *chief)}
    ranked = sorted(size, key=lambda key: -size[key])
    return ranked + [key for key in effects if key not in size]
