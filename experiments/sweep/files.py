"""Files that are there whole or not at all, that no link leads astray, and the lock that keeps a second driver out."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import secrets
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import Any

from experiments.config import show_path
from experiments.errors import RunError, UsageError

LOCK = "driver.lock"
_PATIENCE = 0.5  # seconds: a reader that asks who drives holds the lock for an instant
_LONGEST_HOLDER = 1_000  # bytes
_NO_LINK = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # and no waiting for the other end of a pipe


@contextmanager
def fresh(path: Path, durable: bool = True) -> Iterator[BufferedRandom]:
    """Give a file to write, which takes its place at ``path`` if all went well; if ``durable``, for good.

    Whatever happens, the old or the new content is there. A link in that place is replaced, never followed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        opened_new = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666)
        with os.fdopen(opened_new, "w+b") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(temporary)):
            error.filename, error.filename2 = str(path), None  # what the reader knows it by
        raise
    if durable:
        sync_folder(path.parent)


def put(path: Path, content: bytes, durable: bool = True) -> None:
    """Write a file that way."""
    with fresh(path, durable) as file:
        file.write(content)


def put_json(path: Path, content: Any, durable: bool = True) -> None:
    """Write JSON that way."""
    put(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode(errors="backslashreplace"), durable)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    opened_folder = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened_folder)
    finally:
        os.close(opened_folder)


def opened(path: Path) -> BufferedReader:
    """Open a plain file to read.

    Raises:
        OSError: it cannot be read, or is a link, a folder, a pipe or a device.
    """
    return os.fdopen(_plain(path, os.O_RDONLY), "rb")


def _plain(path: Path, flags: int) -> int:
    """Open a plain file and return its descriptor; a link is not followed."""
    try:
        descriptor = os.open(path, flags | _NO_LINK, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise OSError(error.errno, "is a link", str(path)) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is no plain file", str(path))
    return descriptor


def checksum(path: Path) -> str:
    """Return the SHA-256 of a plain file."""
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def holds(path: Path, digest: object) -> bool:
    """Return whether a plain file is there and has this SHA-256."""
    try:
        return checksum(path) == digest
    except OSError:
        return False


def is_plain(path: Path) -> bool:
    """Return whether a plain file is there, itself and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


@contextmanager
def driver_lock(folder: Path) -> Iterator[None]:
    """Hold the folder for one driver; the system lets go of it however the driver ends.

    Raises:
        UsageError: the lock's file is another's.
        RunError: another driver holds it.
    """
    path = folder / LOCK
    with os.fdopen(_plain(path, os.O_RDWR | os.O_CREAT), "r+b") as file:
        _refuse_if_not_ours(path, file)
        until = time.monotonic() + _PATIENCE
        while not _acquired(file.fileno(), fcntl.LOCK_EX):
            if time.monotonic() > until:
                raise RunError(f"{show_path(folder)}: {_holder(path)} is working on it; wait for it, or use --out")
            time.sleep(0.02)
        file.seek(0)
        file.truncate()
        file.write((json.dumps({"pid": os.getpid(), "host": socket.gethostname()}) + "\n").encode())
        file.flush()
        yield


def _refuse_if_not_ours(path: Path, file: BufferedRandom) -> None:
    """Raise unless the lock is a file of its own that holds what a driver writes, or nothing."""
    said = file.read(_LONGEST_HOLDER).strip(b"\0\n ")
    if os.fstat(file.fileno()).st_nlink > 1 or (said and not said.startswith(b'{"pid"')):
        raise UsageError(f"{show_path(path)}: is not what a sweep wrote; move it away, or name another folder")


def driver_of(folder: Path) -> str | None:
    """Return who drives the folder now, as words, or None."""
    try:
        with opened(folder / LOCK) as file:
            return None if _acquired(file.fileno(), fcntl.LOCK_SH) else _holder(folder / LOCK)
    except OSError:  # none there, or none of a driver's
        return None


def _acquired(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _holder(path: Path) -> str:
    try:
        with opened(path) as file:
            said = json.loads(file.read(_LONGEST_HOLDER))
        return f"process {int(said['pid'])} on {said['host']!s:.99}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
