"""What a worker does: runs in, outcomes or a failure out, as plain data.

A task is idempotent and keeps nothing: doing it twice, anywhere, gives the same bytes.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import time
import traceback
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from experiments.sweep.factors import resolve
from experiments.sweep.limits import RunTimeout, time_limit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.parameters import Parameters

Observed: TypeAlias = Mapping[str, Sequence[float]]
"""What a run shows: a value a month for every column."""

MODEL = "experiments.sweep.observe:observe"
_LONGEST_ERROR = 300


@dataclass(frozen=True)
class Context:
    """What all runs of a sweep share.

    Attributes:
        base: parameters that the runs change, as JSON.
        edges: the social network, if the base brings its own.
        columns: every column that is kept of a run, in order.
        series: the columns whose whole series is kept.
        limit: seconds that one run may take, if any.
        task: module and name of the function from parameters, seed and edges to what a run shows.
    """

    base: str
    edges: NDArray[np.int64] | None
    columns: tuple[str, ...]
    series: tuple[str, ...]
    limit: float | None = None
    task: str = MODEL


@dataclass(frozen=True)
class Job:
    """One run to do: its number in the ledger, its changes to the base as JSON, and its seed."""

    number: int
    changes: str
    seed: int


@dataclass(frozen=True)
class Result:
    """What came of a run: last values, means over months and kept series as little-endian doubles; or an error."""

    number: int
    seconds: float
    final: bytes = b""
    mean: bytes = b""
    series: bytes = b""
    months: int = 0
    error: str = ""
    details: str = ""

    @property
    def digest(self) -> str:
        """Return the checksum of the outcomes, without the series."""
        return hashlib.sha256(self.final + self.mean).hexdigest()


def run_batch(context: Context, jobs: Sequence[Job]) -> list[Result]:
    """Do runs one after the other; a failure of one is a result like another."""
    task_named(context.task)  # what it loads is no run's time
    return [run_one(context, job) for job in jobs]


def run_one(context: Context, job: Job) -> Result:
    """Do one run, within the time limit if there is one; what it loads first does not count."""
    start = time.perf_counter()
    try:
        task, parameters = task_named(context.task), _parameters(context.base, job.changes)
        edges = context.edges if parameters.diffusion.network == "edges" else None
        start = time.perf_counter()
        with time_limit(context.limit):
            observed = task(parameters, job.seed, edges)
            final, mean, series, months = _pack(observed, context)
    except RunTimeout:
        error = f"RunTimeout: took longer than the time limit of {context.limit:g} s"
        return Result(job.number, time.perf_counter() - start, error=error)
    except (Exception, SystemExit) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        details = traceback.format_exc()
        return Result(job.number, time.perf_counter() - start, error=said[:_LONGEST_ERROR], details=details)
    return Result(job.number, time.perf_counter() - start, final, mean, series, months)


@lru_cache(maxsize=8)
def task_named(name: str) -> Callable[..., Observed]:
    """Return the function that ``module:name`` names."""
    module, _, attribute = name.partition(":")
    function: Callable[..., Observed] = getattr(importlib.import_module(module), attribute)
    return function


def _parameters(base: str, changes: str) -> Parameters:
    return resolve(_loaded(base), json.loads(changes))


@lru_cache(maxsize=8)
def _loaded(base: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(base)
    return loaded


def _pack(observed: Observed, context: Context) -> tuple[bytes, bytes, bytes, int]:
    """Return last values, means and series as bytes that depend on the values alone.

    A mean is over the months in which there is a value: before its first release a product has no cost. It is the
    correctly rounded one of ``math.fsum``, so no order of summation shows.
    """
    columns = [[_canonical(value) for value in observed[name]] for name in context.columns]
    months = len(columns[0])
    final = _doubles(values[-1] for values in columns)
    mean = _doubles(_canonical(_mean(values)) for values in columns)
    place = {name: n for n, name in enumerate(context.columns)}
    series = b"".join(_doubles(columns[place[name]]) for name in context.series)
    return final, mean, series, months


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    try:
        return math.fsum(known) / len(known) if known else math.nan
    except (OverflowError, ValueError):  # a sum beyond doubles, or of both infinities
        return math.nan


def _canonical(value: float) -> float:
    """Return a value with one zero and one not-a-number, as the ledger keeps them."""
    value = float(value)
    return math.nan if math.isnan(value) else value + 0.0


def _doubles(values: Any) -> bytes:
    packed = array("d", values)
    if _BIG_ENDIAN:
        packed.byteswap()
    return packed.tobytes()


_BIG_ENDIAN = array("H", [1]).tobytes() == b"\x00\x01"
