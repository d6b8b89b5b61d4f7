"""Runs in worker processes of this machine, which are replaced when they die or hang."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from typing import Any

from experiments.errors import RunError
from experiments.sweep.engines import engine as engines
from experiments.sweep.engines.engine import Engine, one_thread_each

_GRACE = 5.0  # seconds beyond its time limit after which a worker that did not react is ended
_STARTS = 3  # times that a pool is begun whose workers die at once


class _Processes(Executor):
    """Pebble's pool as a standard executor: a worker that dies fails its own task only, and is replaced.

    Where a worker dies idle, the pool gives up altogether, and with it what it was handed: another takes its place.
    """

    def __init__(self, workers: int, limit: float | None) -> None:
        self._workers, self._limit = workers, None if limit is None else limit + _GRACE
        self._pool = self._start()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        call = {"args": arguments, "kwargs": named, "timeout": self._limit}
        try:
            future: Future[Any] = self._pool.schedule(function, **call)
        except RuntimeError:
            _stop(self._pool)
            self._pool = self._start()
            future = self._pool.schedule(function, **call)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        _stop(self._pool)

    def _start(self) -> Any:
        from multiprocessing import resource_tracker

        from pebble import ProcessExpired, ProcessPool

        for _ in range(_STARTS):
            pool = ProcessPool(self._workers, initializer=_begin, context=multiprocessing.get_context("spawn"))
            # Ctrl-C and a closed terminal are the driver's alone: what it starts inherits that they do not reach it.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
            try:
                resource_tracker.ensure_running()  # which lets Ctrl-C through again, so that comes after
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
                pool.schedule(int).result()
                return pool
            except (ProcessExpired, BrokenExecutor):
                _stop(pool)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        raise RunError("--engine processes: workers die as they start; free some memory, or use fewer with --workers")


def _stop(pool: Any) -> None:
    """End a pool and its workers; one that broke may wait for ever for the rest of a dead worker's words."""
    pool.stop()
    ending = threading.Thread(target=pool.join, daemon=True)
    ending.start()
    ending.join(engines.PATIENCE)


@contextmanager
def process_engine(workers: int, limit: float | None) -> Iterator[Engine]:
    """Open a pool of worker processes."""
    with one_thread_each(), _Processes(workers, limit) as executor:
        yield Engine("processes", executor, lambda: workers, lambda: True)


def _begin() -> None:
    """Begin a worker: deaf to Ctrl-C, gone when the driver is gone, the model loaded."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
