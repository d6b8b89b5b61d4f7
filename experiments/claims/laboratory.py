"""From a claim and worlds to runs and back, in a folder of stores: one for each claim and purpose, resumed as it was.

    folder_for, refuse_if_not_ours   where answers and their runs go
    Laboratory.outcomes              arms in worlds over seeds, run unless they were: outcomes over arm, world and seed
    rows_of, design_of               as a design that a sweep carries out
    read_outcomes, measured          and back from its store
    fingerprint, digests             what a store holds, to tell whether it is the same

Rows of the design go world by world, arm by arm: row = world × arms + arm. A later change overrides an earlier one:
base, world, what the claim changes of every world, the place (a control, the null world), the arm.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from experiments.claims.claim import CHANNELS, Claim, resolved_changes
from experiments.claims.estimands.base import Floats
from experiments.claims.over import Worlds
from experiments.claims.schema import Changes, Measure, Target
from experiments.config import show_path
from experiments.declarations import toml_value
from experiments.errors import UsageError
from experiments.folders import MANIFEST
from experiments.shipped import shipped
from experiments.store import check_target
from experiments.sweep.design import Design
from experiments.sweep.factors import make_factor
from experiments.sweep.files import LOCK
from experiments.sweep.ledger import FILE, Ledger
from experiments.sweep.session import Options, sweep

if TYPE_CHECKING:
    from experiments.sweep.driver import Tally
    from experiments.sweep.engines import Engine

RUNS = "runs"
# Experiment seeds of the purposes: what is looked for on one set of seeds is confirmed on another. Those below 31 were
# used by the first edition, to look at power, or to try the program before claims were preregistered.
SEEDS = {"main": 41, "control": 41, "null": 41, "form": 41, "phase": 42, "search": 43, "confirm": 44, "pilot": 25}


def folder_for(kind: str, claims: Path, ids: Sequence[str], over: str = "") -> Path:
    """Return where results go if not told.

    Named claims get a folder of their own, so that the report of all stays; so do each other folder of claims, and
    other worlds than plausible ones.

    Args:
        kind: "propositions" or "policies".
        claims: the folder of claims.
        ids: the claims that are named.
        over: what else they are judged over; nothing for plausible worlds.
    """
    named = sorted(set(ids), key=lambda name: (len(name), name))
    some = bool(named) and len(named) < len(list(claims.glob("*.toml")))
    place = claims.resolve()
    own = [] if place == shipped(f"configs/{kind}").resolve() else [place.name, _short(bytes(place))]
    elsewhere = [] if not over else [Path(over).stem, *([_short(bytes(Path(over).resolve()))] if "." in over else [])]
    return Path("runs", "-".join([kind, *own, *elsewhere, *(named if some else ())]))


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:8]


def kind_of(claims: Path) -> str:
    """Return the kind of result that answers to a folder of claims are."""
    return f"answers to {show_path(Path(claims.resolve().name))}"


def refuse_if_not_ours(folder: Path, kind: str) -> None:
    """Raise unless answers may go into a folder: it is free, empty, or has earlier answers to claims of that kind.

    Raises:
        UsageError: it is a file, or holds something else.
    """
    check_target(folder, kind, RUNS)
    stores = folder / RUNS
    if not _is_ours(folder, kind) and (stores.exists() or stores.is_symlink()) and not _stores_only(stores):
        raise UsageError(
            f"{show_path(stores)}: is not what judging claims left; name another folder than its own with --out"
        )


def _is_ours(folder: Path, kind: str) -> bool:
    try:
        return bool(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["kind"] == kind)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _stores_only(folder: Path) -> bool:
    """Return whether a folder holds sweeps only, as an interrupted call leaves it."""
    return folder.is_dir() and all(
        any((path / name).exists() for name in (FILE, LOCK)) or (path.is_dir() and not any(path.iterdir()))
        for path in folder.iterdir()
    )


class Task(NamedTuple):
    """What is being done, for who watches: in words, and how many runs of it are done."""

    words: str
    done: int


@dataclass
class Laboratory:
    """A folder of stores, an engine, and somebody who watches.

    Attributes:
        folder: where results go; stores are below ``runs/``.
        engine: an open engine.
        options: how sweeps are carried out.
        watch: told what is being done.
        stores: the stores used so far, by name, with their runs.
        finished: runs done so far.
    """

    folder: Path
    engine: Engine
    options: Options
    watch: Callable[[Task], None] = lambda _: None
    stores: dict[str, int] = field(default_factory=dict)
    finished: int = 0

    def outcomes(
        self,
        claim: Claim,
        worlds: Worlds,
        seeds: int,
        purpose: str = "main",
        place: Changes | None = None,
        arms: Sequence[str] | None = None,
    ) -> xr.Dataset:
        """Run arms of a claim in every world over seeds, unless it was done; return what came of it.

        Args:
            claim: what is judged.
            worlds: where.
            seeds: how many a world.
            purpose: names the store, and by its first word the experiment's seed.
            place: further changes of each world, which every arm shares.
            arms: which arms; all if None.

        Returns:
            Measures and channels over arm, world and seed.

        Raises:
            FlywheelError: the sweep was stopped, or could not be carried out.
        """
        rows = rows_of(claim, worlds, place or {}, arms)
        store = self.folder / RUNS / f"{claim.id}-{purpose}"
        words = f"{claim.id} {purpose}: {seeds} seeds of {len(rows):,} worlds"
        design = design_of(claim, rows, seeds, SEEDS[purpose.partition("-")[0]])

        def told(tally: Tally) -> None:
            self.watch(Task(words, self.finished + tally.done + tally.failed))

        self.watch(Task(words, self.finished))
        counts = sweep(design, store, self.options, yes=True, engine=self.engine, watch=told, revise=True)
        self.finished += counts.total - self.stores.get(store.name, 0)
        self.stores[store.name] = counts.total
        return read_outcomes(claim, store, len(worlds), arms)


@contextmanager
def laboratory(folder: Path, options: Options, watch: Callable[[Task], None] = lambda _: None) -> Iterator[Laboratory]:
    """Open a laboratory: its engine lives as long."""
    from experiments.sweep.engines import open_engine

    with open_engine(options.engine, options.workers, options.scheduler, options.limit) as engine:
        yield Laboratory(folder, engine, options, watch)


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


def fingerprint(store: Path) -> str:
    """Return a hash over a store's runs in the order of the design: their ids, states, digests, and the series kept.

    So it is of what was run, and nothing of when, where or in what order: two stores of one design with one
    fingerprint hold the same results to the byte.
    """
    from experiments.sweep.export import series_table

    digest = hashlib.sha256()
    with Ledger.read(store) as ledger:
        query = """SELECT run_id, status, coalesce(digest, error) FROM slots JOIN runs ON runs.id = run
            ORDER BY number, replicate"""
        for row in ledger.connection.execute(query):
            digest.update("\0".join(map(str, row)).encode() + b"\n")
        names = ledger.design()["outcomes"]["series"]
    if names:
        table = series_table(store)
        for name in names:
            digest.update(table[name].to_numpy().tobytes())
    return digest.hexdigest()


def digests(store: Path, points: int) -> dict[str, str]:
    """Return the digests of the first replicate of the first points, by run: enough to tell a stale result."""
    with Ledger.read(store) as ledger:
        query = """SELECT run_id, digest FROM slots JOIN runs ON runs.id = run
            WHERE replicate = 0 AND number < ? AND status = 'done' ORDER BY number"""
        return dict(ledger.connection.execute(query, (points,)).fetchall())
