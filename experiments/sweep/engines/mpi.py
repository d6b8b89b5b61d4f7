"""Runs on the ranks of ``mpiexec -n N python -m mpi4py.futures -m experiments sweep … --engine mpi``."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from experiments.errors import UsageError
from experiments.sweep import limits
from experiments.sweep.engines.engine import Engine

_LAUNCH = "mpiexec -n N python -m mpi4py.futures -m experiments sweep … --engine mpi"
_RANKS = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK")  # as launchers tell it
_GRACE = 5.0  # seconds for ranks to end by themselves once the reader insists
# What is said if this rank is killed with another, as mpiexec does it: the reader of the pipe outlives its writer.
_LAST_WORDS = """read -r word && exit
echo 'flywheel: a rank of MPI died; what is finished is kept, and the same command resumes' >&2"""


def check_mpi() -> None:
    """Raise ``UsageError`` unless mpi4py is installed and this is the driver of a pool of ranks; other ranks leave."""
    if find_spec("mpi4py") is None:
        raise UsageError("--engine mpi: needs mpi4py and an MPI; pip install 'innovation-flywheel[mpi]'")
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        if any(os.environ.get(name, "0") != "0" for name in _RANKS):
            raise SystemExit(UsageError.exit_code) from error
        raise UsageError(f"--engine mpi: MPI cannot be loaded: {' '.join(str(error).split())}") from error
    atexit.register(_finalize)
    pooled, size = "mpi4py.futures" in sys.orig_argv, MPI.COMM_WORLD.Get_size()
    if pooled and size > 1:
        return
    if MPI.COMM_WORLD.Get_rank() > 0:
        raise SystemExit(UsageError.exit_code)  # the first rank says why
    raise UsageError(f"--engine mpi: must be started as {_LAUNCH}, with N of 2 or more")


def _finalize() -> None:
    """Leave MPI before mpi4py does, which would abort all ranks for an exit code, and add a line to ours."""
    from mpi4py import MPI

    if not MPI.Is_finalized():
        MPI.Finalize()


@contextmanager
def mpi_engine() -> Iterator[Engine]:
    """Open the pool of MPI ranks."""
    from mpi4py import MPI
    from mpi4py.futures import MPIPoolExecutor

    last_words = subprocess.Popen(["sh", "-c", _LAST_WORDS], stdin=subprocess.PIPE, start_new_session=True)
    executor = MPIPoolExecutor(initializer=_begin)
    try:
        yield Engine("mpi", executor, lambda: MPI.COMM_WORLD.Get_size() - 1, lambda: True)
        executor.shutdown()
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        ending = threading.Timer(_GRACE, MPI.COMM_WORLD.Abort, [1])  # a rank that hangs would be waited for
        ending.daemon = True
        ending.start()
        raise
    finally:
        last_words.communicate(b"\n")


def _begin() -> None:
    """Begin a worker: signals that mpiexec passes on to all ranks are the driver's alone."""
    limits.allow_last_resort()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
