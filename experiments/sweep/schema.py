"""The tables of a ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

FORMAT = 2
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE bases (hash TEXT PRIMARY KEY, parameters TEXT NOT NULL, edges BLOB) WITHOUT ROWID;
CREATE TABLE revisions (
    revision INTEGER PRIMARY KEY, date TEXT NOT NULL, design TEXT NOT NULL, source TEXT NOT NULL, base TEXT NOT NULL,
    model TEXT NOT NULL);
CREATE TABLE sessions (
    session INTEGER PRIMARY KEY, revision INTEGER NOT NULL, started TEXT NOT NULL, ended TEXT, command TEXT NOT NULL,
    engine TEXT NOT NULL, environment TEXT NOT NULL, outcome TEXT);
CREATE TABLE points (
    id INTEGER PRIMARY KEY, address TEXT NOT NULL, base TEXT NOT NULL, changes TEXT NOT NULL);
CREATE TABLE parts (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL,
    columns TEXT NOT NULL);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, point INTEGER NOT NULL, seed INTEGER NOT NULL,
    model TEXT NOT NULL, status TEXT NOT NULL, error TEXT, details TEXT, seconds REAL, months INTEGER, digest TEXT,
    part INTEGER);
CREATE TABLE design_points (number INTEGER PRIMARY KEY, point INTEGER NOT NULL UNIQUE);
CREATE TABLE design_rows (row INTEGER PRIMARY KEY, number INTEGER NOT NULL, unit BLOB);
CREATE TABLE slots (
    replicate INTEGER NOT NULL, number INTEGER NOT NULL, run INTEGER NOT NULL, PRIMARY KEY (replicate, number)
) WITHOUT ROWID;
"""
_INDICES = {
    "points_by_address": "CREATE UNIQUE INDEX points_by_address ON points (address)",
    "runs_by_run_id": "CREATE UNIQUE INDEX runs_by_run_id ON runs (run_id)",
    "runs_by_status": "CREATE INDEX runs_by_status ON runs (status)",
}


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, within a transaction."""
    for statement in (*_TABLES.split(";\n"), *_INDICES.values()):
        connection.execute(statement)
    connection.execute("CREATE TABLE outcomes (id INTEGER PRIMARY KEY)")


@contextmanager
def indexed_after(connection: sqlite3.Connection, *names: str) -> Iterator[None]:
    """Make some indices at the end of the block, which is faster if most rows are new; within a transaction.

    Raises:
        sqlite3.IntegrityError: what an index says is there once is there twice.
    """
    for name in names:
        connection.execute(f"DROP INDEX {name}")
    yield
    for name in names:
        connection.execute(_INDICES[name])


def outcomes(connection: sqlite3.Connection) -> list[str]:
    """Return the names of all outcomes kept."""
    return [row[1] for row in connection.execute("PRAGMA table_info(outcomes)") if row[1] != "id"]


def of_columns(columns: Iterable[str]) -> list[str]:
    """Return the names of the outcomes of some columns."""
    names = list(columns)
    return [f"{kind}.{name}" for kind in ("final", "mean") for name in names]


def add_outcomes(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Add the outcomes that the table does not have yet, within a transaction."""
    known = outcomes(connection)
    for name in names:
        if name not in known:
            connection.execute(f'ALTER TABLE outcomes ADD COLUMN "{name}" REAL')
