"""Runs in threads of this process: compiled code lets go of the interpreter's lock, and nothing has to be started.

A run that ends its process ends this one, and the same command goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from experiments.sweep.engines.engine import Engine
from experiments.sweep.engines.pool import Pool

_PATIENCE = 2.0  # seconds to wait at an early end for the blocks that are being done


@contextmanager
def thread_engine(workers: int) -> Iterator[Engine]:
    """Open a pool of threads.

    Raises:
        RunError: no thread can be started.
    """
    with Pool("threads", workers, _PATIENCE) as executor:
        yield Engine("threads", executor, lambda: workers, lambda: True)
