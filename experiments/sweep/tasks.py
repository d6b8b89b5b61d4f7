"""What a worker does: runs in, arrays of outcomes and failures out, with the model that they were computed with.

A task is idempotent: doing it twice, anywhere, gives the same bytes. All that is kept between batches is what the runs
of a sweep share, under its checksum, so that a large network goes to each worker once. Nothing of the model is loaded
with this file: a worker that cannot load it can say so.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import os
import pickle
import platform
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from experiments.sweep.limits import RunTimeout, time_limit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.parameters import Parameters

Observed: TypeAlias = Mapping[str, Sequence[float]]
"""What a run shows: a value a month for every column."""

MODEL = "experiments.sweep.observe:observe"
_LONGEST_ERROR = 300
LONGEST_BLOCK = 2.0  # seconds after which a worker begins no further run of a block, and returns what is done
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


class Outcomes(NamedTuple):
    """What came of runs that are done, a row a run, in the order in which they were handed out.

    Attributes:
        number: their numbers in the ledger, shape (n,).
        seconds: what each took; in a compiled block an equal share of what the block took.
        months: how many months each has.
        final: last values of the context's columns, shape (n, columns).
        mean: means over the months in which there is a value, likewise.
        series: the kept series, a row a month, one run after the other, shape (sum of months, series).
    """

    number: NDArray[np.int64]
    seconds: NDArray[np.float64]
    months: NDArray[np.int64]
    final: NDArray[np.float64]
    mean: NDArray[np.float64]
    series: NDArray[np.float64]


def no_outcomes(context: Context) -> Outcomes:
    """Return the outcomes of no run."""
    import numpy as np

    columns, none = np.empty((0, len(context.columns))), np.empty(0, dtype=np.int64)
    return Outcomes(none, np.empty(0), none, columns, columns, np.empty((0, len(context.series))))


class Failure(NamedTuple):
    """What came of a run that failed: its number in the ledger, the seconds it took, and why."""

    number: int
    seconds: float
    error: str
    details: str = ""


class Done(NamedTuple):
    """What came of some runs."""

    outcomes: Outcomes
    failures: list[Failure]


@dataclass(frozen=True)
class Order:
    """What a worker needs for a batch beside its runs.

    Attributes:
        model: the identity that the runs are of.
        sources: checksum of what it follows from but the columns, so that not each worker works it out.
        columns: the columns that it is the identity for.
        task: module and name of what does a run.
        digest: checksum of the packed context.
        packed: the context; None if the worker is thought to hold it.
    """

    model: str
    sources: str
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
        done: what came of the runs; None if it did none, as it does not hold the context or is of another model.
        fault: why it can do no run at all.
    """

    worker: str
    model: str = ""
    done: Done | None = None
    fault: str = ""


def order_of(context: Context, model: str) -> Order:
    """Return what goes to workers with every batch of a context."""
    from experiments.provenance.identity import loaded

    packed = pickle.dumps(context, protocol=5)
    return Order(model, loaded(), context.columns, context.task, hashlib.sha256(packed).hexdigest(), packed)


def run_batch(order: Order, jobs: Sequence[Job]) -> Report:
    """Do runs one after the other; a failure of one is a result like another."""
    worker = f"worker {os.getpid()} on {platform.node()}"
    try:
        model = order.model if _loaded_here() == order.sources else _model(order.columns)
        if model == order.model:
            _load(order.task)  # which is no run's time
    except Exception as error:  # whatever an import makes of a package that is missing or of a file half written
        return Report(worker, fault=_said(error))
    context = _context(order) if model == order.model else None
    return Report(worker, model, None if context is None else do(context, jobs))


@cache
def _loaded_here() -> str:
    from experiments.provenance.identity import loaded

    return loaded()


@cache
def _model(columns: tuple[str, ...]) -> str:
    """Return the identity of what runs would be computed with here, as it was read, before it is compiled."""
    from experiments.provenance.identity import identity

    try:
        return identity(columns)
    except KeyError:
        return identity()  # which is another one, as it has not even the columns


@cache
def _load(task: str) -> None:
    """Load what a run goes through, and check that it is what was read."""
    from experiments.provenance.identity import check_loaded

    collects = gc.isenabled()
    gc.disable()  # next to nothing of what is loaded is ever garbage, and looking at it takes a tenth of the time
    try:
        _warm(task)
        check_loaded()
    finally:
        if collects:
            gc.enable()


def _warm(task: str) -> None:
    import numpy as np

    importlib.import_module("experiments.sweep.factors")
    task_named(task)
    if task != MODEL:
        _packed(Context("", None, ("month",), ()), [(0, 0.0, np.zeros((1, 1)))])


_contexts: dict[str, Context] = {}


def _context(order: Order) -> Context | None:
    """Return the context of an order if it came along, now or before."""
    held = _contexts.get(order.digest)
    if held is None and order.packed is not None:
        held = pickle.loads(order.packed)
        while len(_contexts) >= _HELD:
            _contexts.pop(next(iter(list(_contexts)), ""), None)  # a copy: threads share them
        _contexts[order.digest] = held
    return held


def do(context: Context, jobs: Sequence[Job]) -> Done:
    """Do runs, each within the time limit if there is one; what is loaded first does not count.

    After ``LONGEST_BLOCK`` no further run is begun: of what is left nothing is told, and it is handed out again.
    """
    task = task_named(context.task)
    if context.task == MODEL:
        return cast(Done, task(context, jobs))
    done: list[tuple[int, float, NDArray[np.float64]]] = []
    failures: list[Failure] = []
    begun = time.monotonic()
    for job in jobs:
        if (done or failures) and time.monotonic() - begun > LONGEST_BLOCK:
            break
        start = time.perf_counter()
        try:
            with time_limit(context.limit):
                observed = _observed(context, job)
        except RunTimeout:
            failures.append(Failure(job.number, time.perf_counter() - start, too_long(context.limit)))
        except (Exception, SystemExit) as error:
            failures.append(failure_of(job.number, time.perf_counter() - start, error))
        else:
            done.append((job.number, time.perf_counter() - start, observed))
    return Done(_packed(context, done), failures)


def too_long(limit: float | None) -> str:
    """Return what is said of a run that took longer than its limit."""
    return f"RunTimeout: took longer than the time limit of {limit:g} s"


def failure_of(number: int, seconds: float, error: BaseException) -> Failure:
    """Return a run's failure, while its exception is handled."""
    return Failure(number, seconds, _said(error), _written(traceback.format_exc()))


def _said(error: BaseException) -> str:
    return _written(" ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_ERROR])


def _written(text: str) -> str:
    """Return a text that can be kept: half of a character has no bytes."""
    return text.encode(errors="backslashreplace").decode()


def _observed(context: Context, job: Job) -> NDArray[np.float64]:
    """Return what a run shows, shape (months, columns)."""
    import numpy as np

    parameters = _parameters(context.base, job.changes)
    edges = context.edges if parameters.diffusion.network == "edges" else None
    shown = task_named(context.task)(parameters, job.seed, edges)
    observed = np.array([shown[name] for name in context.columns], dtype=np.float64)
    if observed.ndim != 2 or not observed.shape[1]:
        raise ValueError(f"a task shows a value a month for each column, not an array of shape {observed.shape[1:]}")
    return np.ascontiguousarray(observed.T)


@lru_cache(maxsize=8)
def task_named(name: str) -> Callable[..., Any]:
    """Return the function that ``module:name`` names."""
    module, _, attribute = name.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return function


def _parameters(base: str, changes: str) -> Parameters:
    from experiments.sweep.factors import resolve

    return resolve(_loaded(base), json.loads(changes))


@lru_cache(maxsize=8)
def _loaded(base: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(base)
    return loaded


def _packed(context: Context, done: list[tuple[int, float, NDArray[np.float64]]]) -> Outcomes:
    import numpy as np

    from sim.block import summary

    if not done:
        return no_outcomes(context)
    final, mean = np.empty((2, len(done), len(context.columns)))
    for n, (_, _, observed) in enumerate(done):
        summary(observed, final[n], mean[n])
    place = [context.columns.index(name) for name in context.series]
    return Outcomes(
        np.array([number for number, _, _ in done], dtype=np.int64), np.array([seconds for _, seconds, _ in done]),
        np.array([len(observed) for _, _, observed in done], dtype=np.int64), final, mean,
        np.concatenate([observed[:, place] + 0.0 for _, _, observed in done]),
    )  # fmt: skip
