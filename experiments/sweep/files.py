"""Files that are there whole or not at all, and the lock that keeps a second driver out."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from experiments.config import show_path
from experiments.errors import RunError

LOCK = "driver.lock"
_PATIENCE = 0.5  # seconds: a reader that asks who drives holds the lock for an instant


def put(path: Path, content: bytes, durable: bool = True) -> None:
    """Write a file so that, whatever happens, its old or its new content is there; if ``durable``, so on return."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def put_json(path: Path, content: Any, durable: bool = True) -> None:
    """Write JSON that way."""
    put(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode(errors="backslashreplace"), durable)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def driver_lock(folder: Path) -> Iterator[None]:
    """Hold the folder for one driver; the system lets go of it however the driver ends.

    Raises:
        RunError: another driver holds it.
    """
    path = folder / LOCK
    with path.open("a+") as file:
        until = time.monotonic() + _PATIENCE
        while not _acquired(file.fileno()):
            if time.monotonic() > until:
                raise RunError(f"{show_path(folder)}: {_holder(path)} is working on it; wait for it, or use --out")
            time.sleep(0.02)
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}) + "\n")
        file.flush()
        yield


def driver_of(folder: Path) -> str | None:
    """Return who drives the folder now, as words, or None."""
    try:
        with (folder / LOCK).open("r") as file:
            return None if _acquired(file.fileno()) else _holder(folder / LOCK)
    except FileNotFoundError:
        return None


def _acquired(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _holder(path: Path) -> str:
    try:
        said = json.loads(path.read_text())
        return f"process {said['pid']} on {said['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
