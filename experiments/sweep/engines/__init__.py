"""Where runs are done: every engine is a standard ``concurrent.futures.Executor``, and no other file knows which.

``serial`` does runs in this process, ``threads`` several at a time; ``processes`` on this machine, with workers that
are replaced when they die or hang; ``dask`` on a Dask cluster, by default a local one; ``mpi`` on the ranks of
``mpiexec -n N python -m mpi4py.futures -m experiments sweep … --engine mpi``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from experiments.errors import UsageError
from experiments.sweep.engines import engine as engines
from experiments.sweep.engines.dask import check_dask, dask_engine
from experiments.sweep.engines.engine import Engine
from experiments.sweep.engines.mpi import check_mpi, mpi_engine
from experiments.sweep.engines.processes import process_engine
from experiments.sweep.engines.serial import serial_engine
from experiments.sweep.engines.threads import thread_engine

__all__ = ["AUTO", "ENGINES", "Engine", "check_engine", "default_workers", "open_engine"]

AUTO = "auto"  # the fastest for a design: see experiments.sweep.choice
ENGINES = ("serial", "threads", "processes", "dask", "mpi")


@contextmanager
def open_engine(
    name: str,
    workers: int | None = None,
    scheduler: str | None = None,
    limit: float | None = None,
    patience: float | None = None,
) -> Iterator[Engine]:
    """Start an engine, and end it with all that it started.

    Args:
        name: one of ``ENGINES``; threads if ``AUTO``, where nothing is known of the runs.
        workers: how many runs at once; all cores if None.
        scheduler: address of a running Dask scheduler.
        limit: seconds that a run may take.
        patience: seconds to wait for a Dask scheduler, or for any worker of it.

    Raises:
        UsageError: no such engine, or options that do not go together.
        RunError: the engine cannot be reached.
    """
    check_engine(name, workers, scheduler, patience)
    count = default_workers(workers)
    if name == "serial":
        opened = serial_engine()
    elif name in ("threads", AUTO):
        opened = thread_engine(count)
    elif name == "processes":
        opened = process_engine(count, limit)
    elif name == "dask":
        opened = dask_engine(count, scheduler, limit, engines.PATIENCE if patience is None else patience)
    else:
        opened = mpi_engine()
    with opened as engine:
        yield engine


def check_engine(name: str, workers: int | None, scheduler: str | None, patience: float | None = None) -> None:
    """Raise ``UsageError`` unless there is such an engine, it can be started here, and the options are its own."""
    if name not in (AUTO, *ENGINES):
        raise UsageError(f"--engine: must be one of {', '.join((AUTO, *ENGINES))}, not {name!r}")
    if scheduler is not None and name != "dask":
        raise UsageError(f"--scheduler: belongs to --engine dask, not {name}")
    if patience is not None and name != "dask":
        raise UsageError(f"--patience: belongs to --engine dask, not {name}")
    if workers is not None and (scheduler is not None or name in ("serial", "mpi")):
        raise UsageError(
            "--workers: " + ("the scheduler" if scheduler else f"the {name} engine") + " sets their number"
        )
    if name == "dask":
        check_dask(scheduler)
    elif name == "mpi":
        check_mpi()


def default_workers(workers: int | None) -> int:
    """Return how many runs a machine does at once, if not told."""
    if workers is not None:
        return workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
