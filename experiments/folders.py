"""A hidden folder to make a result in, and how its files get to their place: all of them, or none.

A hidden folder is locked while somebody works in it. The system lets go of the lock however its owner ends, so what can
be locked is a stray of a run that was killed, in this container or another, and is removed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

MANIFEST = "manifest.json"
_HIDDEN = re.compile(r"\.flywheel-[0-9a-f]{16}")


def is_hidden_name(name: str) -> bool:
    """Return whether a name is one that only hidden folders of ours have."""
    return _HIDDEN.fullmatch(name) is not None


def is_hidden(path: Path) -> bool:
    """Return whether a path is a hidden folder of ours, in use or left behind."""
    return is_hidden_name(path.name) and path.is_dir() and not path.is_symlink()


@contextmanager
def hidden_folder(within: Path) -> Iterator[Path]:
    """Make a hidden folder within another, for as long as the block lasts; strays of killed runs there are removed.

    Raises:
        OSError: it cannot be made.
    """
    _remove_strays(within)
    with ExitStack() as undone:
        yield _make(within, undone)


def put_in_place(new: Path, place: Path, beside: str = "") -> None:
    """Move a complete result from its hidden folder to its place; what is there is replaced, or kept if that fails.

    A place that exists stays the folder that it is, since it may be where a volume is mounted, or lie in a folder that
    is not ours. The manifest comes last. A folder named ``beside`` in it is left alone.

    Raises:
        OSError: it cannot be moved.
    """
    if not place.is_dir():
        try:
            new.rename(place)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):  # else another run was there first
                raise
        else:
            return
    with hidden_folder(place) as old, _locked(place, patient=True):
        here = [path for path in place.iterdir() if not is_hidden(path) and path.name not in (MANIFEST, beside)]
        moves = [
            *((path, old / path.name) for path in here),
            *((path, place / path.name) for path in new.iterdir() if path.name != MANIFEST),
        ]
        done: list[tuple[Path, Path]] = []
        try:
            for source, goal in moves:
                done.append((source, goal))
                source.rename(goal)
            if (new / MANIFEST).exists():
                (new / MANIFEST).replace(place / MANIFEST)
        except BaseException:
            for source, goal in reversed(done):
                with suppress(FileNotFoundError):  # the last was not moved
                    goal.rename(source)
            raise


def _make(within: Path, undone: ExitStack) -> Path:
    """Make a folder that is held; how to undo it is noted first, since a signal may strike at any line."""
    while True:
        path = within / f".flywheel-{secrets.token_hex(8)}"
        undone.callback(shutil.rmtree, path, ignore_errors=True)
        path.mkdir()
        held = os.open(path, os.O_RDONLY)
        undone.callback(os.close, held)
        with suppress(OSError):  # a file system without locks: then nobody can take it for a stray either
            fcntl.flock(held, fcntl.LOCK_EX)
        if path.exists():  # else another took it for a stray before it was locked
            return path


def _remove_strays(folder: Path) -> None:
    with suppress(OSError):
        for path in filter(is_hidden, list(folder.iterdir())):
            with suppress(OSError), _locked(path):
                shutil.rmtree(path)


@contextmanager
def _locked(folder: Path, *, patient: bool = False) -> Iterator[None]:
    """Hold a folder if nobody else does; or, patiently, once nobody does, or at once where there are no locks."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        if patient:
            with suppress(OSError):
                fcntl.flock(opened, fcntl.LOCK_EX)
        else:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(opened)
