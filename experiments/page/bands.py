"""Worlds over seeds: runs in threads, kept while the page lives; bands of an outcome and paired differences."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.page.outcomes import OUTCOMES
from sim.batch import run_batch
from sim.parameters import Parameters

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Seen: TypeAlias = dict[str, Floats]
"""Each outcome over seeds and months, shape (seeds, months)."""

LOW, HIGH, LEVEL = 0.05, 0.95, 0.95
_FIRST, _SECONDS = 50, 0.5  # runs of the first piece, and how long one should take
_KEPT = 12  # worlds


class Band(NamedTuple):
    """An outcome over seeds by month: quantiles and median, NaN where no seed has a value; shape (months,)."""

    low: Floats
    median: Floats
    high: Floats


class Difference(NamedTuple):
    """The paired difference B - A by month, shape (months,).

    Attributes:
        a, b: mean of each world over the pairs.
        mean: mean of the differences.
        low, high: 95 % interval of the mean (Student's t), for that month alone; NaN below two pairs.
        pairs: in how many seeds both worlds have a value.
    """

    a: Floats
    b: Floats
    mean: Floats
    low: Floats
    high: Floats
    pairs: Ints


class Left(Exception):  # noqa: N818
    """The runs were given up, as their result is no longer wanted."""


def band_of(values: Floats) -> Band:
    """Return the band of an outcome, shape (seeds, months)."""
    known = np.isfinite(values).any(axis=0)
    quantiles = np.full((3, values.shape[1]), np.nan)
    if known.any():
        quantiles[:, known] = np.nanquantile(
            np.where(np.isfinite(values), values, np.nan)[:, known], (LOW, 0.5, HIGH), 0
        )
    return Band(*quantiles)


def difference_of(a: Floats, b: Floats) -> Difference:
    """Return the paired difference of two worlds over the months that both have."""
    from scipy.special import stdtrit

    months = min(a.shape[1], b.shape[1])
    a, b = a[:, :months], b[:, :months]
    both = np.isfinite(a) & np.isfinite(b)
    pairs = both.sum(axis=0)
    some, more = np.where(pairs, pairs, np.nan), np.where(pairs > 1, pairs - 1.0, np.nan)

    def mean(values: Floats) -> Floats:
        return np.asarray(np.where(both, values, 0.0).sum(axis=0) / some)

    gap = np.where(both, b, 0.0) - np.where(both, a, 0.0)
    middle = mean(gap)
    spread = np.sqrt((np.where(both, gap - middle, 0.0) ** 2).sum(axis=0) / more)
    half = stdtrit(more, 0.5 + LEVEL / 2) * spread / np.sqrt(some)
    return Difference(mean(a), mean(b), middle, middle - half, middle + half, pairs.astype(np.int64))


class Runs:
    """Worlds that were run, the latest kept; safe to use from several threads.

    Args:
        threads: how many runs are done at once; as many as there are cores if None.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads
        self._known: OrderedDict[tuple[str, int], Seen] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, parameters: Parameters, seeds: int) -> bool:
        """Return whether a world was run over so many seeds."""
        with self._lock:
            return (parameters.model_dump_json(), seeds) in self._known

    def seen(
        self, parameters: Parameters, seeds: int, progress: Callable[[int], None] = lambda _: None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Seen:  # fmt: skip
        """Return all outcomes of a world over seeds 0, 1, 2, …, run if they are not known.

        Args:
            parameters: the world.
            seeds: how many seeds.
            progress: told how many runs more are done.
            wanted: asked between pieces of work whether to go on.

        Raises:
            Left: it was no longer wanted.
        """
        key = parameters.model_dump_json(), seeds
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        made = self._run(parameters, seeds, progress, wanted)
        with self._lock:
            self._known[key] = made
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return made

    def _run(
        self, parameters: Parameters, seeds: int, progress: Callable[[int], None], wanted: Callable[[], bool]
    ) -> Seen:
        seen = {name: np.empty((seeds, parameters.run.months)) for name in OUTCOMES}
        first, size = 0, _FIRST if parameters.diffusion.adopters <= 10_000 else 1
        while first < seeds:
            if not wanted():
                raise Left
            which, began = range(first, min(first + size, seeds)), time.perf_counter()
            record = run_batch(parameters, which, self._threads)
            for name, values in seen.items():
                values[which.start : which.stop] = record[name]
            progress(len(which))
            first = which.stop
            size = max(1, min(4 * size, round(size * _SECONDS / (time.perf_counter() - began))))
        return seen
