"""Where runs are done: every engine is a standard ``concurrent.futures.Executor``, and no other file knows which.

``serial`` does runs in this process; ``processes`` on this machine, with workers that are replaced when they die or
hang; ``dask`` on a Dask cluster, by default a local one; ``mpi`` on the ranks of ``mpiexec -n N python -m
mpi4py.futures -m experiments sweep … --engine mpi``.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from experiments.errors import RunError, UsageError

ENGINES = ("serial", "processes", "dask", "mpi")
_THREADS = ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMBA")
_ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in _THREADS}
_GRACE = 5.0  # seconds beyond its time limit after which a worker that did not react is ended
_PATIENCE = 30.0  # seconds to reach a scheduler and its first worker, or for a pool to end
_STARTS = 3  # times that a pool is begun whose workers die at once


@dataclass(frozen=True)
class Engine:
    """An executor, how many runs it does at once now, and whether it can do any more."""

    name: str
    executor: Executor
    workers: Callable[[], int]
    alive: Callable[[], bool]


@contextmanager
def open_engine(
    name: str, workers: int | None = None, scheduler: str | None = None, limit: float | None = None
) -> Iterator[Engine]:
    """Start an engine, and end it with all that it started.

    Args:
        name: one of ``ENGINES``.
        workers: how many runs at once; all cores if None.
        scheduler: address of a running Dask scheduler.
        limit: seconds that a run may take.

    Raises:
        UsageError: no such engine, or options that do not go together.
        RunError: the engine cannot be reached.
    """
    check_engine(name, workers, scheduler)
    count = default_workers(workers)
    if name == "serial":
        opened = _serial()
    elif name == "processes":
        opened = _processes(count, limit)
    elif name == "dask":
        opened = _dask(count, scheduler)
    else:
        opened = _mpi()
    with opened as engine:
        yield engine


def check_engine(name: str, workers: int | None, scheduler: str | None) -> None:
    """Raise ``UsageError`` unless there is such an engine and the options are its own."""
    if name not in ENGINES:
        raise UsageError(f"--engine: must be one of {', '.join(ENGINES)}, not {name!r}")
    if scheduler is not None and name != "dask":
        raise UsageError(f"--scheduler: belongs to --engine dask, not {name}")
    if workers is not None and (scheduler is not None or name in ("serial", "mpi")):
        raise UsageError(
            "--workers: " + ("the scheduler" if scheduler else f"the {name} engine") + " sets their number"
        )


def default_workers(workers: int | None) -> int:
    """Return how many runs a machine does at once, if not told."""
    if workers is not None:
        return workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Serial(Executor):
    """Does what is submitted at once, here."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(function(*arguments, **named))
        except Exception as error:
            done.set_exception(error)
        return done


@contextmanager
def _serial() -> Iterator[Engine]:
    yield Engine("serial", _Serial(), lambda: 1, lambda: True)


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
    ending.join(_PATIENCE)


@contextmanager
def _processes(workers: int, limit: float | None) -> Iterator[Engine]:
    with _one_thread_each(), _Processes(workers, limit) as executor:
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


@contextmanager
def _dask(workers: int, scheduler: str | None) -> Iterator[Engine]:
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise UsageError("--engine dask: is not installed; pip install 'innovation-flywheel[dask]'") from error
    settings = {"distributed.scheduler.allowed-failures": 0, "distributed.comm.timeouts.connect": f"{_PATIENCE:g}s"}
    with dask.config.set(settings), _one_thread_each():
        cluster = client = None
        try:
            if scheduler is None:
                cluster = LocalCluster(
                    n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
                )  # fmt: skip
            client = Client(cluster if cluster is not None else scheduler, timeout=_PATIENCE, set_as_default=False)
            client.wait_for_workers(1, timeout=_PATIENCE)
        except (OSError, ValueError, TimeoutError, RuntimeError) as error:  # a worker that dies as it starts, too
            _close(client, cluster)
            where = scheduler or "a local cluster"
            raise RunError(f"--engine dask: cannot reach {where}: {' '.join(str(error).split())}") from error
        try:
            yield Engine(
                "dask", client.get_executor(pure=False, retries=0),
                lambda: max(1, sum(client.nthreads().values())), lambda: client.status == "running",
            )  # fmt: skip
        finally:
            _close(client, cluster)


def _close(*opened: Any) -> None:
    for each in opened:
        if each is not None:
            with suppress(OSError, TimeoutError):
                each.close()


@contextmanager
def _mpi() -> Iterator[Engine]:
    try:
        from mpi4py import MPI
        from mpi4py.futures import MPIPoolExecutor
    except (ImportError, RuntimeError) as error:
        raise UsageError("--engine mpi: needs mpi4py and an MPI; pip install 'innovation-flywheel[mpi]'") from error
    workers = max(1, MPI.COMM_WORLD.Get_size() - 1)
    with MPIPoolExecutor() as executor:
        yield Engine("mpi", executor, lambda: workers, lambda: True)


@contextmanager
def _one_thread_each() -> Iterator[None]:
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
