"""Whether what a store holds is what was put there: every run, point and part against its own address."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator

import numpy as np
import pyarrow.parquet as pq

from experiments.sweep.ledger import Ledger, packed
from experiments.sweep.plan import identity_now, point_address, run_id_of
from experiments.sweep.series import FOLDER


def wrong_outcomes(ledger: Ledger) -> Iterator[int]:
    """Yield the runs whose outcomes are not those that their worker returned."""
    for (model,) in ledger.connection.execute("SELECT DISTINCT model FROM runs").fetchall():
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
        run = pq.read_table(ledger.folder / FOLDER / name, columns=["run"], memory_map=False)["run"].to_numpy()
        held = dict(zip(*(each.tolist() for each in np.unique(run, return_counts=True)), strict=True))
        claimed = ledger.connection.execute("SELECT id, months FROM runs WHERE part = ?", (part,))
        yield from (number for number, months in claimed if held.get(number) != months)


def wrong_runs(ledger: Ledger) -> Iterator[int]:
    """Yield the runs that are not what their ids say."""
    found = ledger.connection.execute(
        "SELECT runs.id, run_id, address, seed, model FROM runs LEFT JOIN points ON points.id = point"
    )
    for number, run_id, address, seed, model in found:
        if run_id != run_id_of(address, seed, model):
            yield number


def wrong_points(ledger: Ledger) -> Iterator[int]:
    """Yield the points, of those that this model ran, whose changes are not those of their address."""
    models = [model for (model,) in ledger.connection.execute("SELECT DISTINCT model FROM runs").fetchall()]
    same = [model for model in models if identity_now(ledger, model) == model]
    found = ledger.connection.execute(
        f"""SELECT id, address, base, changes FROM points
        WHERE id IN (SELECT point FROM runs WHERE model IN ({", ".join("?" * len(same))})) ORDER BY base""",
        same,
    ).fetchall()
    for base, group in itertools.groupby(found, key=lambda row: row[2]):
        parameters, edges = ledger.base(base)
        values = json.loads(parameters)
        for number, address, _, changes in group:
            try:
                fits = point_address(values, edges, json.loads(changes)) == address
            except (ValueError, TypeError, KeyError, AttributeError):  # no JSON, no such section, no such values
                fits = False
            if not fits:
                yield number
