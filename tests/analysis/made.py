"""Small sweeps of known outcomes for the tests of analyses, and tables without a store."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import experiments
from experiments.analysis.compute import Analysis, Outcome, analyse
from experiments.analysis.estimates import Estimate, Floats, Units, of
from experiments.analysis.table import Table
from experiments.sweep.results import Design, Factor
from tests.analysis.jobs import KNOWN
from tests.sweep.stores import carry_out, write

TEXT = """
base = "base.toml"
[design]
kind = "{kind}"
replicates = {replicates}
{size}
{factors}
[outcomes]
final = {final}
series = {series}
"""
ELASTICITY = '[[factor]]\nkey = "flywheel.elasticity"\nrange = [0.0, 0.8]\n'
OPENNESS = '[[factor]]\nkey = "firm.openness"\nrange = [0.0, 1.0]\n'
INTERVAL = '[[factor]]\nkey = "reuse.interval"\nrange = [1, 4]\n'
SWITCH = '[[factor]]\nkey = "flywheel.enabled"\n'
TOPOLOGY = '[[factor]]\nkey = "flywheel.topology"\nvalues = ["links", "acyclic"]\n'
RIVALS = '[[factor]]\nkey = "rival.count"\nvalues = [0, 1]\n'


def store(
    folder: Path, kind: str, size: str, *factors: str, final: Sequence[str] = ("unit_cost", "users", "capability"),
    replicates: int = 3, series: Sequence[str] = (), task: str = KNOWN,
) -> Path:  # fmt: skip
    """Sweep a known outcome and return the store."""
    lists = {name: "[" + ", ".join(f'"{each}"' for each in given) + "]"
             for name, given in (("final", final), ("series", series))}  # fmt: skip
    text = TEXT.format(kind=kind, size=size, factors="".join(factors), replicates=replicates, **lists)
    carry_out(write(folder, text), folder / "s", task=task)
    return folder / "s"


def analysed(folder: Path, *outcomes: str, without_failed: bool = False) -> Analysis:
    """Return the analysis of a store."""
    return analyse(experiments.load(folder), outcomes, without_failed)


def outcome(analysis: Analysis, name: str) -> Outcome:
    """Return one outcome of an analysis."""
    (found,) = [each for each in analysis.outcomes if each.name == name]
    return found


def estimates(found: Any, method: str, measure: str) -> dict[str, Estimate]:
    """Return the estimates of a measure by factor, or by two joined with ``*``."""
    return {"*".join(filter(None, (i.factor, i.factor2))): i.estimate for i in of(found, method, measure)}


def factor(key: str, values: Sequence[Any] | None = None, scale: str = "linear") -> Factor:
    """Return a factor as a store tells of it."""
    low, high = (None, None) if values is not None else (0.0, 1.0)
    return Factor(key, scale, low, high, None if values is None else tuple(values), "1", "")


def grid_table(*levels: Sequence[Any], kind: str = "grid", replicates: int = 4) -> Table:
    """Return a table of every combination of the levels of factors ``a``, ``b``, …, without outcomes."""
    points = list(itertools.product(*levels))
    keys = "abcdefgh"[: len(levels)]
    columns = {key: np.array([point[n] for point in points], dtype=object) for n, key in enumerate(keys)}
    return table_of(columns, [factor(key, each) for key, each in zip(keys, levels, strict=True)], kind, replicates)


def table_of(
    levels: dict[str, Any], factors: Sequence[Factor], kind: str = "latin-hypercube", replicates: int = 4
) -> Table:
    """Return a table of points with such levels, each point a unit of the design."""
    typed = {
        key: values if isinstance(values[0], str) else values.astype(bool if isinstance(values[0], bool) else float)
        for key, values in levels.items()
    }
    count = len(next(iter(typed.values())))
    design = Design(
        kind=kind, factors=tuple(factors), replicates=replicates, stopped=False, common_random_numbers=True, seed=0,
        outcomes={"final": [], "mean": [], "series": []}, points=count, rows=np.arange(count),
        sample=np.full((count, len(factors)), np.nan), second_order=False, levels=None,
    )  # fmt: skip
    return Table(
        design=design, points=np.arange(count), replicates=tuple(range(replicates)), levels=typed, values={},
        rows=np.arange(count), units=Units.each(count), unit="point", left_out=0, all_units=count,
        failed=0, skipped={}, described={}, revision=1, model="", checksum="",
    )  # fmt: skip


def luck(points: int, replicates: int, common: float = 0.0, own: float = 0.0, seed: int = 1) -> Floats:
    """Return luck that all points share, and luck that each has, of such deviations; shape (points, replicates)."""
    random = np.random.default_rng(seed)
    return common * random.normal(size=replicates) + own * random.normal(size=(points, replicates))
