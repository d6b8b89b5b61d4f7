"""Runs on the ranks of ``mpiexec -n N python -m mpi4py.futures -m experiments sweep … --engine mpi``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from experiments.errors import UsageError
from experiments.sweep.engines.engine import Engine


@contextmanager
def mpi_engine() -> Iterator[Engine]:
    """Open the pool of MPI ranks."""
    try:
        from mpi4py import MPI
        from mpi4py.futures import MPIPoolExecutor
    except (ImportError, RuntimeError) as error:
        raise UsageError("--engine mpi: needs mpi4py and an MPI; pip install 'innovation-flywheel[mpi]'") from error
    workers = max(1, MPI.COMM_WORLD.Get_size() - 1)
    with MPIPoolExecutor() as executor:
        yield Engine("mpi", executor, lambda: workers, lambda: True)
