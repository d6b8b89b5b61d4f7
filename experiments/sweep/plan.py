"""From a design to runs, each with an address and a seed.

    address of a point   SHA-256 of its resolved parameters and links as canonical JSON (``config_hash``)
    seed                 53 bits of SHA-256(experiment seed, replicate [, address of the point])
    run id               SHA-256(address of the point, seed, identity of the model for the columns that it keeps)

The address in the seed's brackets enters only without common random numbers. So a run's id says what it is, wherever
and in whatever design it is done, and a change of what the model does gives every run another
(``experiments.identity``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pydantic
from numpy.typing import NDArray

from experiments.config import Config, config_hash, show_path
from experiments.declarations import toml_value
from experiments.errors import UsageError
from experiments.identity import identity
from experiments.sweep.design import NAMES, Design
from experiments.sweep.factors import resolve
from experiments.sweep.ledger import Ledger
from experiments.sweep.sampling import Row, count_rows, rows

MOST_RUNS_UNASKED = 1_000_000
_MOST_POINTS = 2**53  # a larger number is damage
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
    return identity(name for name in ledger.columns_of(model) if name in NAMES)


def seed_of(experiment: int, replicate: int, address: str = "") -> int:
    """Return the seed of a replicate, the same on every machine; of one point if its address is given."""
    digest = hashlib.sha256(f"flywheel seed/{experiment}/{replicate}/{address}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _SEED_BITS)


def run_id_of(address: str, seed: int, model: str) -> str:
    """Return the address of a run."""
    content = {"model": model, "parameters": address, "seed": seed}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def changes_of(design: Design, row: Row) -> dict[str, Any]:
    """Return what a row changes of the base, by key."""
    return {factor.key: value for factor, value in zip(design.factors, row.values, strict=True)}


def address_of(design: Design, base: dict[str, Any], changes: dict[str, Any], number: int = 0) -> str:
    """Return the address of a point, which checks that its values go together."""
    try:
        return point_address(base, design.config.edges, changes)
    except pydantic.ValidationError as error:
        fault = error.errors(include_url=False)[0]
        said = fault["ctx"]["error"] if fault["type"] == "value_error" else fault["msg"]
        point = ", ".join(f"{key} = {toml_value(value)}" for key, value in changes.items())
        raise UsageError(f"row {number} of the design ({point}): {said}") from None


def point_address(base: dict[str, Any], edges: NDArray[np.int64] | None, changes: dict[str, Any]) -> str:
    """Return the address of what some changes make of a base, its links as given.

    Raises:
        pydantic.ValidationError: the values do not go together.
    """
    parameters = resolve(base, changes)
    return config_hash(Config(parameters, edges if parameters.diffusion.network == "edges" else None))


def plan(
    ledger: Ledger, design: Design, revise: bool = False, on_row: Callable[[int], None] = lambda _: None
) -> Planned:
    """Make the design the ledger's current one, planning what is not there yet; all of it or nothing.

    Args:
        ledger: the ledger, open to write.
        design: what to plan.
        revise: whether a design that shares no run with the current one may take its place, where runs are done.
        on_row: told of each row that was planned.

    Raises:
        UsageError: the values of a point do not go together, or the ledger is another design's.
    """
    current, described, model = ledger.revision(), json.dumps(design.described(), sort_keys=True), identity(design.kept)
    known = current is not None and (current.design, current.model) == (described, model)
    if current is not None and known and ledger.whole():
        return Planned(current.revision, ledger.counts().total, 0, 0, False, False)
    other = current is not None and current.model != model
    with ledger.change():
        execute = ledger.connection.execute
        before = """CREATE TEMP TABLE before AS SELECT run, point, seed, status FROM slots
            JOIN runs ON runs.id = run"""
        for statement in ("DROP TABLE IF EXISTS temp.before", before, "DELETE FROM slots", "DELETE FROM design_rows"):
            execute(statement)
        execute("DELETE FROM design_points")
        base = _add_base(ledger, design)
        _add_points(ledger, design, base, on_row)
        ledger.seal_rows()
        new = _add_runs(ledger, design, model)
        if not revise:
            _refuse_another(ledger, design)
        _reopen_without_series(ledger, design)
        revision = ledger.add_revision(described, design.source, base, model)
        ledger.keep_columns(model, design.kept)
        dropped = execute("SELECT count(*) FROM before WHERE run NOT IN (SELECT run FROM slots)").fetchone()[0]
    changed = other and current is not None and identity_now(ledger, current.model) != current.model
    return Planned(revision, ledger.counts().total, new, int(dropped), changed, other and not changed)


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
        "; a Latin hypercube of more points is another sample, Sobol' and Morris designs and lists keep theirs"
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


def _add_points(ledger: Ledger, design: Design, base: str, on_row: Callable[[int], None]) -> None:
    """Add each row of the design and the point it is; rows that rounding made equal are one point."""
    execute = ledger.connection.execute
    values, following = json.loads(ledger.base(base)[0]), 0
    # Damage may have lost points that runs still name: their numbers are not given to others.
    named = """SELECT max(n) FROM (SELECT 0 AS n UNION ALL SELECT id FROM points UNION ALL SELECT point FROM runs)
        WHERE typeof(n) = 'integer' AND n < ?"""
    (last,) = execute(named, (_MOST_POINTS,)).fetchone()
    for number, row in enumerate(rows(design)):
        changes = changes_of(design, row)
        address = address_of(design, values, changes, number)
        text = json.dumps(changes, ensure_ascii=False)
        (point,) = execute(
            """INSERT INTO points (id, address, base, changes) VALUES (?, ?, ?, ?)
            ON CONFLICT (address) DO UPDATE SET base = excluded.base, changes = excluded.changes RETURNING id""",
            (last + 1, address, base, text),
        ).fetchone()
        last = max(last, point)
        known = execute("SELECT number FROM design_points WHERE point = ?", (point,)).fetchone()
        if known is None:
            execute("INSERT INTO design_points VALUES (?, ?)", (following, point))
            known, following = (following,), following + 1
        unit = None if row.unit is None else row.unit.astype("<f8").tobytes()
        execute("INSERT INTO design_rows VALUES (?, ?, ?)", (number, known[0], unit))
        on_row(number + 1)


def _add_runs(ledger: Ledger, design: Design, model: str) -> int:
    """Add each replicate of each point; return how many the ledger did not know."""
    connection = ledger.connection
    before = connection.execute("SELECT count(*) FROM runs").fetchone()[0]
    query = "SELECT number, points.id, address FROM design_points JOIN points ON points.id = point ORDER BY number"
    for replicate in range(design.replicates):
        seed = seed_of(design.seed, replicate)
        for number, point, address in connection.execute(query):
            if not design.common_random_numbers:
                seed = seed_of(design.seed, replicate, address)
            run = run_id_of(address, seed, model)
            connection.execute(
                """INSERT INTO runs (run_id, point, seed, model, status) VALUES (?, ?, ?, ?, 'planned')
                ON CONFLICT (run_id) DO UPDATE SET point = excluded.point WHERE point <> excluded.point""",
                (run, point, seed, model),
            )  # the point of a run has another number if it was lost and is planned again
            connection.execute(
                "INSERT INTO slots SELECT ?, ?, id FROM runs WHERE run_id = ?", (replicate, number, run)
            )  # fmt: skip
    return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0] - before)


def _reopen_without_series(ledger: Ledger, design: Design) -> None:
    """Plan again what is done but lacks a series that the design now keeps."""
    wanted, execute = set(design.series), ledger.connection.execute
    if not wanted:
        return
    parts = execute("SELECT id FROM parts").fetchall()
    enough = {part for (part,) in parts if wanted <= set(ledger.series_of(part))}
    done = execute("SELECT runs.id, part FROM slots JOIN runs ON runs.id = run WHERE status = 'done'").fetchall()
    ledger.plan_again([number for number, part in done if part not in enough])
