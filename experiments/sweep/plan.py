"""From a design to runs, each with an address and a seed.

    address of a point   SHA-256 of its resolved parameters and links as canonical JSON (``config_hash``)
    seed                 53 bits of SHA-256(experiment seed, replicate [, address of the point])
    run id               SHA-256(address of the point, seed, identity of the model for the columns that it keeps)

The address in the seed's brackets enters only without common random numbers. So a run's id says what it is, wherever
and in whatever design it is done, and a change of what the model does gives every run another
(``experiments.provenance.identity``).
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pydantic
from numpy.typing import NDArray

from experiments.config import Config, config_hash, show_path
from experiments.declarations import toml_value
from experiments.errors import UsageError
from experiments.provenance.identity import identity
from experiments.sweep import schema
from experiments.sweep.addresses import Addresses
from experiments.sweep.design import Design
from experiments.sweep.factors import resolve
from experiments.sweep.ledger import Ledger
from experiments.sweep.sampling import CHUNK, chunks, count_rows
from sim.readings import is_shown

MOST_RUNS_UNASKED = 1_000_000
_MOST_NUMBERS = 2**53  # of points or runs: a larger number is damage
_USUAL_KIB, _INDEX_KIB = 16 * 1024, 64 * 1024  # held by SQLite: more where addresses, in no order, meet an index
_SEED_BITS = 53  # whole numbers that every reader of JSON and Parquet holds exactly


class Planned(NamedTuple):
    """What a revision changed: runs of the current design, those of them that are new, and those left out now.

    ``model_changed`` is whether the model does something else than before, ``kept_changed`` whether only the columns
    that a run keeps are others.
    """

    revision: int
    runs: int
    new: int
    dropped: int
    model_changed: bool
    kept_changed: bool


def count_runs(design: Design) -> int:
    """Return how many runs a design asks for, before equal points are found."""
    return count_rows(design) * design.replicates


def check_size(design: Design, yes: bool) -> None:
    """Raise unless the design is of a size that is surely meant."""
    if (runs := count_runs(design)) > MOST_RUNS_UNASKED and not yes:
        raise UsageError(f"the design asks for {runs:,} runs; --dry-run says what they cost, --yes starts them")


def identity_now(ledger: Ledger, model: str) -> str:
    """Return the identity that this model has for the columns that runs of a stored one keep: the same if it is it."""
    return identity(name for name in ledger.columns_of(model) if is_shown(name))


def seed_of(experiment: int, replicate: int, address: str = "") -> int:
    """Return the seed of a replicate, the same on every machine; of one point if its address is given."""
    digest = hashlib.sha256(f"flywheel seed/{experiment}/{replicate}/{address}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _SEED_BITS)


def run_id_of(address: str, seed: int, model: str) -> str:
    """Return the address of a run."""
    (run_id,) = run_ids_of([address], [seed], model)
    return run_id


def run_ids_of(addresses: Iterable[str], seeds: Iterable[int], model: str) -> list[str]:
    """Return the addresses of runs: the checksum of what they are as canonical JSON."""
    start = f'{{"model":{json.dumps(model)},"parameters":"'
    return [
        hashlib.sha256(f'{start}{address}","seed":{seed}}}'.encode()).hexdigest()
        for address, seed in zip(addresses, seeds, strict=True)
    ]


def changes_of(design: Design, values: Sequence[Any]) -> dict[str, Any]:
    """Return what the values of a row change of the base, by key."""
    return {factor.key: value for factor, value in zip(design.factors, values, strict=True)}


def address_of(design: Design, base: dict[str, Any], changes: dict[str, Any], number: int = 0) -> str:
    """Return the address of a point, which checks that its values go together."""
    try:
        return point_address(base, design.config.edges, changes)
    except pydantic.ValidationError as error:
        raise _refused(number, changes, error) from None


def _refused(number: int, changes: dict[str, Any], error: pydantic.ValidationError) -> UsageError:
    fault = error.errors(include_url=False)[0]
    said = fault["ctx"]["error"] if fault["type"] == "value_error" else fault["msg"]
    point = ", ".join(f"{key} = {toml_value(value)}" for key, value in changes.items())
    return UsageError(f"row {number} of the design ({point}): {said}")


def point_address(base: dict[str, Any], edges: NDArray[np.int64] | None, changes: dict[str, Any]) -> str:
    """Return the address of what some changes make of a base, its links as given.

    Raises:
        pydantic.ValidationError: the values do not go together.
    """
    parameters = resolve(base, changes)
    return config_hash(Config(parameters, edges if parameters.diffusion.network == "edges" else None))


def plan(
    ledger: Ledger, design: Design, revise: bool = False, on_planned: Callable[[int], None] = lambda _: None
) -> Planned:
    """Make the design the ledger's current one, planning what is not there yet; all of it or nothing.

    Args:
        ledger: the ledger, open to write.
        design: what to plan.
        revise: whether a design that shares no run with the current one may take its place, where runs are done.
        on_planned: told now and then how many rows and runs are planned.

    Raises:
        UsageError: the values of a point do not go together, or the ledger is another design's.
    """
    current, described, model = ledger.revision(), json.dumps(design.described(), sort_keys=True), identity(design.kept)
    known = current is not None and (current.design, current.model) == (described, model)
    if current is not None and known and ledger.whole():
        return Planned(current.revision, ledger.counts().total, 0, 0, False, False)
    other = current is not None and current.model != model
    with _bounded(ledger), ledger.change():
        execute = ledger.connection.execute
        before = """CREATE TEMP TABLE before AS SELECT run, point, seed, status FROM slots
            JOIN runs ON runs.id = run"""
        for statement in ("DROP TABLE IF EXISTS temp.before", before, "DELETE FROM slots", "DELETE FROM design_rows"):
            execute(statement)
        execute("DELETE FROM design_points")
        base = _add_base(ledger, design)
        rows = _add_points(ledger, design, base, on_planned)
        ledger.seal_rows()
        new = _add_runs(ledger, design, model, lambda runs: on_planned(rows + runs))
        if not revise:
            _refuse_another(ledger, design)
        _reopen_without_series(ledger, design)
        revision = ledger.add_revision(described, design.source, base, model)
        ledger.keep_columns(model, design.kept)
        dropped = execute("SELECT count(*) FROM before WHERE run NOT IN (SELECT run FROM slots)").fetchone()[0]
        execute("DROP TABLE temp.before")
    changed = other and current is not None and identity_now(ledger, current.model) != current.model
    return Planned(revision, ledger.counts().total, new, int(dropped), changed, other and not changed)


@contextmanager
def _bounded(ledger: Ledger) -> Iterator[None]:
    """Let SQLite take more memory than usual in the block, and give it back."""
    execute = ledger.connection.execute
    (usual,) = execute("PRAGMA cache_size").fetchone()
    _hold(ledger, _USUAL_KIB)
    try:
        yield
    finally:
        execute(f"PRAGMA cache_size = {usual}")
        execute("PRAGMA shrink_memory")


def _hold(ledger: Ledger, size: int) -> None:
    ledger.connection.execute(f"PRAGMA cache_size = -{size}")


def _refuse_another(ledger: Ledger, design: Design) -> None:
    """Raise if runs of the design before are done, and none is one of this design's: same point, same seed."""
    execute = ledger.connection.execute
    (done,) = execute("SELECT count(*) FROM before WHERE status = 'done'").fetchone()
    (shared,) = execute(
        """SELECT EXISTS (SELECT 1 FROM slots JOIN before USING (run)) OR EXISTS (SELECT 1 FROM slots
        JOIN runs ON runs.id = slots.run JOIN before ON before.point = runs.point AND before.seed = runs.seed)"""
    ).fetchone()
    if not done or shared:
        return
    kind = ledger.design()["kind"] if ledger.revision() else "lost by damage"
    hint = (
        "; a Latin hypercube of more points is another sample, sobol-points, Sobol' and Morris designs and lists keep "
        "theirs"
        if kind == design.kind == "latin-hypercube"
        else ""
    )
    raise UsageError(
        f"{show_path(ledger.folder)}: holds {done} finished runs of another design ({kind}), and this one shares none "
        f"of them; name another folder with --out, or put it into this one with --revise, which keeps them stored{hint}"
    )


def _add_base(ledger: Ledger, design: Design) -> str:
    address, edges = config_hash(design.config), design.config.edges
    ledger.connection.execute(
        "INSERT OR REPLACE INTO bases VALUES (?, ?, ?)",
        (address, design.config.parameters.model_dump_json(), None if edges is None else edges.astype("<i8").tobytes()),
    )
    return address


def _add_points(ledger: Ledger, design: Design, base: str, on_planned: Callable[[int], None]) -> int:
    """Add each row of the design and the point it is, and return how many rows; equal rows are one point."""
    execute = ledger.connection.execute
    if not ledger.planned():  # all points are new, and equal ones mostly near each other
        execute("SAVEPOINT points")
        try:
            with schema.indexed_after(ledger.connection, "points_by_address"):
                return _put_points(ledger, design, base, on_planned)
        except sqlite3.IntegrityError:
            execute("ROLLBACK TO points")
    _hold(ledger, _INDEX_KIB)
    return _put_points(ledger, design, base, on_planned)


def _put_points(ledger: Ledger, design: Design, base: str, on_planned: Callable[[int], None]) -> int:
    many, keys = ledger.connection.executemany, [factor.key for factor in design.factors]
    addresses = Addresses(json.loads(ledger.base(base)[0]), design.config.edges, design.factors)
    numbers = _Numbers(ledger, base)
    changed = "{" + ", ".join(f"{json.dumps(key)}: %s" for key in keys) + "}"
    row = 0
    for chunk in chunks(design):
        found: list[str] = []
        try:
            for address in addresses.of(chunk.texts):
                found.append(address)  # noqa: PERF402  (so that it is known at which row it fails)
        except pydantic.ValidationError as error:
            values = [json.loads(column[len(found)]) for column in chunk.texts]
            raise _refused(row + len(found), dict(zip(keys, values, strict=True)), error) from None
        placed = numbers.of(found, [changed % each for each in zip(*chunk.texts, strict=True)])
        units = _units(chunk.units)
        many("INSERT INTO design_rows VALUES (?, ?, ?)", zip(itertools.count(row), placed, units, strict=False))
        row += len(found)
        on_planned(row)
    return row


def _units(units: NDArray[np.float64] | None) -> Iterable[bytes | None]:
    if units is None:
        return itertools.repeat(None)
    packed, width = units.astype("<f8").tobytes(), 8 * units.shape[1]
    return (packed[at : at + width] for at in range(0, len(packed), width))


class _Numbers:
    """Numbers the points of a design as they come, and keeps those that the ledger does not know."""

    def __init__(self, ledger: Ledger, base: str) -> None:
        self._ledger, self._base, self._following = ledger, base, 0
        # Damage may have lost points that runs still name: their numbers are not given to others.
        named = """SELECT max(n) FROM (SELECT 0 AS n UNION ALL SELECT id FROM points UNION ALL SELECT point FROM runs)
            WHERE typeof(n) = 'integer' AND n < ?"""
        (self._last,) = self._ledger.connection.execute(named, (_MOST_NUMBERS,)).fetchone()

    def of(self, addresses: list[str], changes: list[str]) -> list[int]:
        """Return the number in the design of each of some points, which are kept with their changes of the base."""
        many = self._ledger.connection.executemany
        distinct = dict(zip(addresses, changes, strict=True))
        ids = range(self._last + 1, self._last + 1 + len(distinct))
        rows = zip(ids, distinct, itertools.repeat(self._base), distinct.values(), strict=False)
        self._last = ids[-1]
        put = "INSERT OR IGNORE INTO points (id, address, base, changes) VALUES (?, ?, ?, ?)"
        if many(put, rows).rowcount == len(distinct):
            points = dict(zip(distinct, ids, strict=True))
            numbers: dict[int, int] = {}
        else:
            known = _known(self._ledger, "SELECT address, id FROM points WHERE address", distinct)
            points = {address: known[address] for address in distinct}
            many(
                "UPDATE points SET base = ?, changes = ? WHERE id = ? AND (base <> ? OR changes <> ?)",
                ((self._base, text, points[address], self._base, text) for address, text in distinct.items()),
            )
            numbers = _known(self._ledger, "SELECT point, number FROM design_points WHERE point", points.values())
        new = [point for point in points.values() if point not in numbers]
        numbers.update(zip(new, itertools.count(self._following), strict=False))
        self._following += len(new)
        many("INSERT INTO design_points VALUES (?, ?)", ((numbers[point], point) for point in new))
        return [numbers[points[address]] for address in addresses]


def _add_runs(ledger: Ledger, design: Design, model: str, on_planned: Callable[[int], None]) -> int:
    """Add each replicate of each point; return how many the ledger did not know."""
    if ledger.connection.execute("SELECT 1 FROM runs LIMIT 1").fetchone():
        _hold(ledger, _INDEX_KIB)
        return _put_runs(ledger, design, model, on_planned)
    _hold(ledger, _USUAL_KIB)
    with schema.indexed_after(ledger.connection, "runs_by_run_id", "runs_that_failed"):
        return _put_runs(ledger, design, model, on_planned)


def _put_runs(ledger: Ledger, design: Design, model: str, on_planned: Callable[[int], None]) -> int:
    execute, many = ledger.connection.execute, ledger.connection.executemany
    query = "SELECT number, points.id, address FROM design_points JOIN points ON points.id = point ORDER BY number"
    named = "SELECT max(n) FROM (SELECT 0 AS n UNION ALL SELECT id FROM runs) WHERE n < ?"
    put = "INSERT OR IGNORE INTO runs (id, run_id, point, seed, model, status) VALUES (?, ?, ?, ?, ?, 'planned')"
    (last,), runs, new = execute(named, (_MOST_NUMBERS,)).fetchone(), 0, 0
    for replicate in range(design.replicates):
        common, cursor = seed_of(design.seed, replicate), execute(query)
        while found := cursor.fetchmany(CHUNK):
            numbers, points, addresses = zip(*found, strict=True)
            seeds = [
                common if design.common_random_numbers else seed_of(design.seed, replicate, address)
                for address in addresses
            ]
            named_so = run_ids_of(addresses, seeds, model)
            ids: Sequence[int] = range(last + 1, last + 1 + len(found))
            last = ids[-1]
            added = many(put, zip(ids, named_so, points, seeds, itertools.repeat(model), strict=False)).rowcount
            if added < len(found):
                known = _known(ledger, "SELECT run_id, id FROM runs WHERE run_id", named_so)
                ids = [known[run] for run in named_so]
                # The point of a run has another number if it was lost and is planned again.
                many("UPDATE runs SET point = ? WHERE id = ? AND point <> ?", zip(points, ids, points, strict=True))
            many("INSERT INTO slots VALUES (?, ?, ?)", zip(itertools.repeat(replicate), numbers, ids, strict=False))
            runs, new = runs + len(found), new + added
            on_planned(runs)
    return new


def _known(ledger: Ledger, query: str, among: Iterable[Any]) -> dict[Any, int]:
    """Return what the ledger holds of some keys."""
    each = json.dumps([*among])
    return dict(ledger.connection.execute(f"{query} IN (SELECT value FROM json_each(?))", (each,)))


def _reopen_without_series(ledger: Ledger, design: Design) -> None:
    """Plan again what is done but lacks a series that the design now keeps."""
    wanted, execute = set(design.series), ledger.connection.execute
    if not wanted:
        return
    parts = execute("SELECT id FROM parts").fetchall()
    enough = json.dumps([part for (part,) in parts if wanted <= set(ledger.series_of(part))])
    lacking = """SELECT runs.id FROM slots JOIN runs ON runs.id = run WHERE status = 'done'
        AND (part IS NULL OR part NOT IN (SELECT value FROM json_each(?)))"""
    ledger.plan_again([number for (number,) in execute(lacking, (enough,))])
