"""What an engine is: an executor, and what the driver asks of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

PATIENCE = 30.0  # seconds to wait for a scheduler or any worker of it, if not told, or for a pool to end
_THREADS = ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMBA")
_ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in _THREADS}


@dataclass(frozen=True)
class Engine:
    """An executor, how many runs it does at once now, and whether it can do any more.

    Attributes:
        name: what the reader calls it.
        executor: does what is submitted; an exception of a future means that it was lost with its worker.
        workers: how many runs it does at once now.
        alive: whether it can do any more.
        shares: whether more than one batch may be lost with one worker.
        why: what is the matter with one that is not alive, if known.
    """

    name: str
    executor: Executor
    workers: Callable[[], int]
    alive: Callable[[], bool]
    shares: bool = False
    why: Callable[[], str] = lambda: ""


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let libraries in workers start one thread each: the cores are shared by runs already."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
