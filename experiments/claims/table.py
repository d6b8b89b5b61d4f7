"""From a claim and worlds to runs, as one design that a sweep carries out, and back to outcomes over arm, world, seed.

Rows of the design go world by world, arm by arm: row = world × arms + arm. A later change overrides an earlier one:
base, world, what the claim changes of every world, the place (a control, the null world), the arm.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from experiments.claims.changes import resolved_changes
from experiments.claims.claim import CHANNELS, Claim
from experiments.claims.estimands.base import Floats
from experiments.claims.over import Worlds
from experiments.claims.schema import Changes, Measure, Target
from experiments.declarations import toml_value
from experiments.sweep.design import Design
from experiments.sweep.factors import make_factor


def rows_of(claim: Claim, worlds: Worlds, place: Changes, arms: Sequence[str] | None = None) -> list[Changes]:
    """Return the changes of the claim's base in each row of its design, with values only.

    Args:
        claim: what is judged.
        worlds: where.
        place: further changes of each world, which every arm shares.
        arms: which arms; all if None.
    """
    base = json.loads(claim.config.parameters.model_dump_json())
    rows = []
    for number, world in zip(worlds.numbers, worlds.changes, strict=True):
        where = f"{claim.id}: world {number}"
        here = {**world, **resolved_changes(_in(base, world), {**claim.file.world, **place}, where)}
        inside = _in(base, here)
        rows += [
            {**here, **resolved_changes(inside, claim.arms[arm], f"{where}: arm {arm}")}
            for arm in (claim.arms if arms is None else arms)
        ]
    return rows


def _in(base: Mapping[str, Mapping[str, Any]], changes: Changes) -> dict[str, dict[str, Any]]:
    """Return parameters by section and name, with changes."""
    found = {section: dict(values) for section, values in base.items()}
    for key, value in changes.items():
        section, _, name = key.partition(".")
        found.setdefault(section, {})[name] = value
    return found


def design_of(claim: Claim, rows: Sequence[Changes], seeds: int, seed: int) -> Design:
    """Return the design that runs rows of changes over seeds, the same seeds for each, and keeps what a claim needs."""
    base = json.loads(claim.config.parameters.model_dump_json())
    keys = sorted({key for row in rows for key in row})

    def value(row: Changes, key: str) -> Any:
        section, _, name = key.partition(".")
        return row.get(key, base[section][name])

    listed = tuple(tuple(_plain(value(row, key)) for key in keys) for row in rows)
    factors = []
    for n, key in enumerate(keys):
        distinct = list({toml_value(row[n]): row[n] for row in listed}.values())
        factors.append(make_factor({"key": key, "values": distinct}, str(claim.path)))
    return Design(
        config=claim.config, kind="list", factors=tuple(factors), points=None, levels=None, trajectories=None,
        second_order=True, replicates=seeds, seed=seed, common_random_numbers=True, final=claim.columns["final"],
        mean=claim.columns["mean"], series=(), stop=None, listed=listed, source=claim.path.read_text("utf-8"),
        read=claim.columns["read"],
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def read_outcomes(claim: Claim, store: Path, worlds: int, arms: Sequence[str] | None = None) -> xr.Dataset:
    """Return what a store holds: measures and channels over arm, world and seed; NaN where a run failed.

    Args:
        claim: what was run.
        store: the folder of its sweep.
        worlds: how many worlds it was run in.
        arms: the arms that were run; all if None.
    """
    from experiments.sweep.results import Results

    names = list(claim.arms if arms is None else arms)
    results = Results(store)
    order = results.design.rows.reshape(worlds, len(names))
    wanted = [*(f"final.{name}" for kind in ("final", "read") for name in claim.columns[kind]),
              *(f"mean.{name}" for name in claim.columns["mean"])]  # fmt: skip
    columns = dict[str, Floats]()
    frame = results.read_runs(["status", *wanted])
    done = (frame["status"] == "done").to_numpy()
    for name in wanted:
        values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
        columns[name] = np.where(done, values, np.nan).reshape(int(order.max()) + 1, -1)[order].transpose(1, 0, 2)
    dims, data = ("arm", "world", "seed"), dict[str, tuple[tuple[str, ...], Floats]]()
    for rung in claim.rungs:
        for effect in rung.effect:
            for name in effect.reads:
                data[name] = (dims, measured(claim, name, columns, names))
    for channel in CHANNELS:
        data[f"final.{channel}"] = (dims, columns[f"final.{channel}"])
    return xr.Dataset(data, coords={"arm": names})


def measured(claim: Claim, name: str, columns: Mapping[str, Floats], arms: Sequence[str]) -> Floats:
    """Return a measure of each run, shape (arms, worlds, seeds), from columns of that shape."""
    measure = claim.file.measures.get(name)
    if measure is None:
        return columns[f"final.{name.removeprefix('read.')}" if name.startswith("read.") else name]
    if measure.kind == "product":
        with np.errstate(divide="ignore", invalid="ignore"):
            product = np.prod([columns[term] ** power for term, power in measure.terms.items()], axis=0)
        return np.where(np.isfinite(product), product, np.nan)
    if measure.kind == "sum":
        return np.asarray(np.sum([weight * columns[term] for term, weight in measure.terms.items()], axis=0))
    if measure.kind == "index":
        stand = [_position(columns[c], ends, c in measure.logs) for c, ends in measure.ends.items()]
        return np.asarray(np.mean(stand, axis=0))
    if measure.kind == "total":
        return columns[f"mean.{measure.column}"] * columns["final.month"]
    months = range(1, claim.config.parameters.run.months + 1)
    monthly = np.stack([columns[f"final.{measure.column}_at_{month}"] for month in months])
    return _over_months(measure, monthly, columns.get(f"final.{measure.column}"), arms)


def _position(values: Floats, ends: Sequence[float], log: bool) -> Floats:
    """Return where values stand from the first end, 0, to the second, 1."""
    if not log:
        return (values - ends[0]) / (ends[1] - ends[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(values / ends[0]) / math.log(ends[1] / ends[0]))


def _over_months(measure: Measure, monthly: Floats, final: Floats | None, arms: Sequence[str]) -> Floats:
    """Return a measure of months, shape (arms, worlds, seeds), from shape (months, arms, worlds, seeds)."""
    if measure.kind == "first-month":
        assert measure.target is not None
        assert final is not None
        reached = monthly <= target_of(measure.target, final, arms)[None, None, :, None]
        return np.where(reached.any(axis=0), reached.argmax(axis=0) + 1.0, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(monthly > 0.0, monthly, np.nan))
    known = np.isfinite(logs)
    if measure.kind == "log-mean":
        count = known.sum(axis=0)
        return np.where(count > 0, np.where(known, logs, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
    first = np.take_along_axis(logs, known.argmax(axis=0)[None], axis=0)[0]
    last = np.take_along_axis(logs, (len(logs) - 1 - known[::-1].argmax(axis=0))[None], axis=0)[0]
    return np.asarray(first - last)


def target_of(target: Target, final: Floats, arms: Iterable[str]) -> Floats:
    """Return each world's target, shape (worlds,), from what arms end at, shape (arms, worlds, seeds)."""
    ends = final[list(arms).index(target.arm)]
    known = np.where(np.isfinite(ends), ends, np.inf)
    return np.quantile(known, target.quantile, axis=1, method="inverted_cdf")
