"""Tables on disk for the time of a call, written at any place: what is too much for memory is sorted through them."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

_ZEROS = 1 << 20


class Scratch:
    """Rows in a file; use ``scratch``."""

    def __init__(self, file: Any, row: Any, rows: int) -> None:
        self._file, self._row, self._rows = file, np.dtype(row), rows
        _reserve(file, rows * self._row.itemsize)

    @contextmanager
    def mapped(self) -> Iterator[Any]:
        """Give the rows as an array, for a moment: as long as it is mapped, what was touched counts as memory."""
        if not self._rows:
            yield np.empty(0, dtype=self._row)
            return
        array = np.memmap(self._file, dtype=self._row, mode="r+", shape=(self._rows,))
        try:
            yield array
        finally:
            del array

    def read(self, first: int, count: int) -> Any:
        """Return some rows."""
        size = self._row.itemsize
        return np.frombuffer(os.pread(self._file.fileno(), size * count, size * first), dtype=self._row)


@contextmanager
def scratch(folder: Path, row: Any, rows: int) -> Iterator[Scratch]:
    """Give rows of zeros, each of a NumPy type, in a file without a name: in the folder, if that can be written."""
    with tempfile.TemporaryFile(dir=folder if os.access(folder, os.W_OK) else None) as file:
        yield Scratch(file, row, rows)


def _reserve(file: Any, size: int) -> None:
    """Take room on the disk, so that a full one is told of here: in a mapped file it would end the process."""
    if not size:
        return
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):  # a file system that cannot
                raise
        else:
            return
    zeros = bytes(_ZEROS)
    for at in range(0, size, _ZEROS):
        file.write(zeros[: size - at])
    file.flush()
