"""Runs on a Dask cluster, by default a local one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from experiments.errors import RunError, UsageError
from experiments.sweep.engines import engine as engines
from experiments.sweep.engines.engine import Engine, one_thread_each


@contextmanager
def dask_engine(workers: int, scheduler: str | None) -> Iterator[Engine]:
    """Connect to a Dask scheduler, or start a local cluster."""
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise UsageError("--engine dask: is not installed; pip install 'innovation-flywheel[dask]'") from error
    settings = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.comm.timeouts.connect": f"{engines.PATIENCE:g}s",
    }
    with dask.config.set(settings), one_thread_each():
        cluster = client = None
        try:
            if scheduler is None:
                cluster = LocalCluster(
                    n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
                )  # fmt: skip
            client = Client(
                cluster if cluster is not None else scheduler, timeout=engines.PATIENCE, set_as_default=False
            )
            client.wait_for_workers(1, timeout=engines.PATIENCE)
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
