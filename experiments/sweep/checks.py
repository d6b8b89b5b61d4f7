"""Whether what a store holds is what was put there: every run, point and part against its own address."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.errors import RunError
from experiments.sweep import files
from experiments.sweep.ledger import Ledger, packed
from experiments.sweep.plan import identity_now, point_address, run_id_of
from experiments.sweep.series import FOLDER

_COLUMNS = "columns of "


def wrong_outcomes(ledger: Ledger) -> Iterator[int]:
    """Yield the runs whose outcomes are not those that their worker returned.

    Of a model of which it is not known what its runs keep, none is looked at unless the plan needs it.
    """
    query = """SELECT DISTINCT model FROM runs WHERE id IN (SELECT run FROM slots)
        OR 'columns of ' || model IN (SELECT key FROM meta)"""
    for (model,) in ledger.connection.execute(query).fetchall():
        columns = [f"{kind}.{name}" for kind in ("final", "mean") for name in ledger.columns_of(model)]
        names = ", ".join(f'outcomes."{name}"' for name in columns)
        found = ledger.connection.execute(
            f"""SELECT runs.id, runs.digest, {names} FROM runs LEFT JOIN outcomes ON outcomes.id = runs.id
            WHERE status = 'done' AND model = ?""",
            (model,),
        )
        yield from (row[0] for row in found if hashlib.sha256(packed(row[2:])).hexdigest() != row[1])


def wrong_states(ledger: Ledger) -> Iterator[int]:
    """Yield the runs in no known state, and those done whose series are in no part."""
    found = ledger.connection.execute(
        """SELECT id FROM runs WHERE status NOT IN ('planned', 'done', 'failed') OR (status = 'done' AND (
        (part IS NOT NULL AND part NOT IN (SELECT id FROM parts))
        OR (part IS NULL AND ? AND id IN (SELECT run FROM slots))))""",
        (bool(ledger.design()["outcomes"]["series"]),),
    )
    yield from (number for (number,) in found)


def wrong_series(ledger: Ledger) -> Iterator[int]:
    """Yield the runs of which a part, whole in itself, holds other months than the ledger says."""
    for part, name in ledger.connection.execute("SELECT id, name FROM parts").fetchall():
        try:
            with files.opened(ledger.folder / FOLDER / name) as file:
                run = pq.read_table(file, columns=["run"])["run"].to_numpy()
        except (pa.ArrowException, KeyError):  # of the checksum that the ledger gives, but no part
            run = np.array([], dtype=np.int64)
        held = dict(zip(*(each.tolist() for each in np.unique(run, return_counts=True)), strict=True))
        claimed = ledger.connection.execute("SELECT id, months FROM runs WHERE part = ?", (part,))
        yield from (number for number, months in claimed if held.get(number) != months)


def wrong_runs(ledger: Ledger) -> Iterator[int]:
    """Yield the runs that are not what their ids say, or of a model of which it is not known what they keep.

    Not those of the plan whose point is lost: planned again, the same point gives the same id.
    """
    known = {key.removeprefix(_COLUMNS) for (key,) in ledger.connection.execute("SELECT key FROM meta")
             if str(key).startswith(_COLUMNS)}  # fmt: skip
    found = ledger.connection.execute(
        """SELECT runs.id, run_id, address, seed, model FROM runs LEFT JOIN points ON points.id = point
        WHERE address IS NOT NULL OR runs.id NOT IN (SELECT run FROM slots)"""
    )
    for number, run_id, address, seed, model in found:
        try:
            fits = model in known and run_id == run_id_of(address, seed, model)
        except TypeError:  # bytes
            fits = False
        if not fits:
            yield number


def wrong_slots(ledger: Ledger) -> Iterator[int]:
    """Yield the runs that the plan names, but the ledger does not hold."""
    found = ledger.connection.execute("SELECT DISTINCT run FROM slots WHERE run NOT IN (SELECT id FROM runs)")
    yield from (number for (number,) in found)


def wrong_texts(ledger: Ledger) -> Iterator[int]:
    """Yield the runs of which some text is none, if the connection gives that as bytes (``text_or_bytes``)."""
    found = ledger.connection.execute("SELECT id, error, details FROM runs")
    yield from (number for number, *texts in found if not is_text(texts))


def is_text(row: Iterable[object]) -> bool:
    """Return whether no cell of a row is bytes."""
    return not any(isinstance(cell, bytes) for cell in row)


def wrong_columns(part: int, columns: object) -> str:
    """Return what is wrong with the list of columns of a part, or nothing."""
    try:
        found = json.loads(str(columns))
    except ValueError:
        found = None
    fits = isinstance(found, list) and all(isinstance(name, str) for name in found)
    return "" if fits else f"the list of columns of part {part} is damaged"


def wrong_points(ledger: Ledger) -> Iterator[int]:
    """Yield the points, of those that this model ran, whose changes are not those of their address."""
    models = [model for (model,) in ledger.connection.execute("SELECT DISTINCT model FROM runs").fetchall()]
    same = [model for model in models if identity_now(ledger, model) == model]
    found = ledger.connection.execute(
        f"""SELECT id, address, base, changes FROM points
        WHERE id IN (SELECT point FROM runs WHERE model IN ({", ".join("?" * len(same))})) ORDER BY base""",
        same,
    ).fetchall()
    current = ledger.revision()
    assert current is not None
    for base, group in itertools.groupby(found, key=lambda row: row[2]):
        try:
            parameters, edges = ledger.base(base)
        except RunError:
            if base == current.base:
                raise
            yield from (number for number, *_ in group)
            continue
        values = json.loads(parameters)
        for number, address, _, changes in group:
            try:
                fits = point_address(values, edges, json.loads(changes)) == address
            except (ValueError, TypeError, KeyError, AttributeError):  # no JSON, no such section, no such values
                fits = False
            if not fits:
                yield number
