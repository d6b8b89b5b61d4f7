"""The tables of a ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

FORMAT = 3
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
    "runs_that_failed": "CREATE INDEX runs_that_failed ON runs (status) WHERE status = 'failed'",
}


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, within a transaction."""
    for statement in (*_TABLES.split(";\n"), *_INDICES.values()):
        connection.execute(statement)


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
