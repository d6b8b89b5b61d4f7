"""What a worker does: runs in, outcomes or a failure out, as plain data, with the model that they were computed with.

A task is idempotent: doing it twice, anywhere, gives the same bytes. All that is kept between batches is what the runs
of a sweep share, under its checksum, so that a large network goes to each worker once. Nothing of the model is loaded
with this file: a worker that cannot load it can say so.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import os
import pickle
import platform
import time
import traceback
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from experiments.sweep.limits import RunTimeout, time_limit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.parameters import Parameters

Observed: TypeAlias = Mapping[str, Sequence[float]]
"""What a run shows: a value a month for every column."""

MODEL = "experiments.sweep.observe:observe"
_LONGEST_ERROR = 300
_HELD = 4  # contexts that a worker keeps


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


@dataclass(frozen=True)
class Order:
    """What a worker needs for a batch beside its runs.

    Attributes:
        model: the identity that the runs are of.
        columns: the columns that it is the identity for.
        task: module and name of what does a run.
        digest: checksum of the packed context.
        packed: the context; None if the worker is thought to hold it.
    """

    model: str
    columns: tuple[str, ...]
    task: str
    digest: str
    packed: bytes | None


@dataclass(frozen=True)
class Report:
    """What a worker says of a batch.

    Attributes:
        worker: its process and machine.
        model: the identity of what it computes with.
        results: what came of the runs; None if it did none, as it does not hold the context or is of another model.
        fault: why it can do no run at all.
    """

    worker: str
    model: str = ""
    results: list[Result] | None = None
    fault: str = ""


def order_of(context: Context, model: str) -> Order:
    """Return what goes to workers with every batch of a context."""
    packed = pickle.dumps(context, protocol=5)
    return Order(model, context.columns, context.task, hashlib.sha256(packed).hexdigest(), packed)


def run_batch(order: Order, jobs: Sequence[Job]) -> Report:
    """Do runs one after the other; a failure of one is a result like another."""
    worker = f"worker {os.getpid()} on {platform.node()}"
    try:
        model = _model(order.columns)
        if model == order.model:
            _load(order.task)  # which is no run's time
    except Exception as error:  # whatever an import makes of a package that is missing or of a file half written
        return Report(worker, fault=_said(error))
    context = _context(order) if model == order.model else None
    return Report(worker, model, None if context is None else [run_one(context, job) for job in jobs])


@cache
def _model(columns: tuple[str, ...]) -> str:
    """Return the identity of what runs would be computed with here, as it was read, before it is compiled."""
    from experiments.identity import identity

    try:
        return identity(columns)
    except KeyError:
        return identity()  # which is another one, as it has not even the columns


@cache
def _load(task: str) -> None:
    """Load what a run goes through, and check that it is what was read."""
    from experiments.identity import check_loaded

    importlib.import_module("experiments.sweep.factors")
    task_named(task)
    check_loaded()


_contexts: dict[str, Context] = {}


def _context(order: Order) -> Context | None:
    """Return the context of an order if it came along, now or before."""
    held = _contexts.get(order.digest)
    if held is None and order.packed is not None:
        held = pickle.loads(order.packed)
        while len(_contexts) >= _HELD:
            _contexts.pop(next(iter(_contexts)), None)
        _contexts[order.digest] = held
    return held


def run_one(context: Context, job: Job) -> Result:
    """Do one run, within the time limit if there is one; what it loads first does not count."""
    start = time.perf_counter()
    try:
        task_named(context.task)
        start = time.perf_counter()
        with time_limit(context.limit):
            final, mean, series, months = outcomes_of(context, job)
    except RunTimeout:
        error = f"RunTimeout: took longer than the time limit of {context.limit:g} s"
        return Result(job.number, time.perf_counter() - start, error=error)
    except (Exception, SystemExit) as error:
        details = traceback.format_exc()
        return Result(job.number, time.perf_counter() - start, error=_said(error), details=details)
    return Result(job.number, time.perf_counter() - start, final, mean, series, months)


def _said(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_ERROR]


def outcomes_of(context: Context, job: Job) -> tuple[bytes, bytes, bytes, int]:
    """Return what comes of a run, as it is kept. All that it reaches here belongs to the identity of the model."""
    parameters = _parameters(context.base, job.changes)
    edges = context.edges if parameters.diffusion.network == "edges" else None
    return _pack(task_named(context.task)(parameters, job.seed, edges), context)


@lru_cache(maxsize=8)
def task_named(name: str) -> Callable[..., Observed]:
    """Return the function that ``module:name`` names."""
    module, _, attribute = name.partition(":")
    function: Callable[..., Observed] = getattr(importlib.import_module(module), attribute)
    return function


def _parameters(base: str, changes: str) -> Parameters:
    from experiments.sweep.factors import resolve

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
