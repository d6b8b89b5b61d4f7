"""The fingerprint of a store: a hash over its runs in the order of the design.

It covers their ids, states and the digests of their outcomes, and the series kept: what was run, and nothing of when,
where or in what order. Two stores of one design with one fingerprint hold the same results to the byte.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from experiments.sweep.ledger import Ledger


def fingerprint(store: Path) -> str:
    """Return the fingerprint of a store."""
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
