"""Whether what a store holds is what was put there: every run, point and part against its own address."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

from experiments.errors import RunError
from experiments.sweep.ledger import FAILED, Ledger, digest_of
from experiments.sweep.parts import digests, outcome_rows, read_part, series_of
from experiments.sweep.plan import identity_now, point_address, run_id_of

_COLUMNS = "columns of "


def wrong_states(ledger: Ledger) -> Iterator[int]:
    """Yield the runs in no known state, and those done of which no part is named."""
    found = ledger.connection.execute(
        """SELECT id FROM runs WHERE status NOT IN ('planned', 'done', 'failed')
        OR (status = 'done' AND (part IS NULL OR part NOT IN (SELECT id FROM parts)))"""
    )
    yield from (number for (number,) in found)


def wrong_outcomes(ledger: Ledger) -> Iterator[int]:
    """Yield the runs of which a part, whole in itself, holds other months or outcomes than their worker returned."""
    query = "SELECT id, name, sha256 FROM parts"
    parts = {part: named for part, *named in ledger.connection.execute(query).fetchall()}
    claimed = ledger.connection.execute(
        "SELECT part, id, months, digest FROM runs WHERE status = 'done' AND part IS NOT NULL ORDER BY part"
    )
    for part, runs in itertools.groupby(claimed, key=lambda row: row[0]):
        if part in parts:
            held = _held(read_part(ledger.folder, *parts[part]))
            yield from (number for _, number, months, digest in runs if held.get(number) != (months, digest))


def _held(part: Any) -> dict[int, tuple[int, str]]:
    """Return months and digest of each run that a part holds; nothing of a file that is no part."""
    names = [name for name in part.column_names if name.startswith(("final.", "mean."))]
    if not {"run", "months"} <= set(part.column_names):
        return {}
    outcomes = outcome_rows(part, names)
    told = zip(part["months"].to_pylist(), digests(outcomes), strict=True)
    return dict(zip(part["run"].to_pylist(), told, strict=True))


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
    """Yield the runs whose error is not as it was kept: the connection gives what is no text as bytes."""
    query = """SELECT id, status, digest, error, details FROM runs
        WHERE status = 'failed' OR error IS NOT NULL OR details IS NOT NULL"""
    for number, status, digest, *texts in ledger.connection.execute(query):
        if not is_text(texts) or (status == FAILED and digest != digest_of(texts[0])):
            yield number


def is_text(row: Iterable[object]) -> bool:
    """Return whether no cell of a row is bytes."""
    return not any(isinstance(cell, bytes) for cell in row)


def wrong_columns(ledger: Ledger, part: int, name: str, sha256: str, columns: object) -> str:
    """Return what is wrong with the list of columns of a part, itself whole, or nothing."""
    try:
        fits = json.loads(str(columns)) == series_of(read_part(ledger.folder, name, sha256))
    except ValueError:
        fits = False
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
