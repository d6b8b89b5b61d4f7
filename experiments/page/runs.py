"""The two worlds of a view over the same seeds: runs, kept while the page lives, their bands and paired differences."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from experiments.bands.numbers import Bands, Differences, Floats, bands_of, differences_of
from experiments.bands.worlds import in_pieces
from experiments.page.state import View
from experiments.page.words import HEADLINES, OUTCOMES
from sim.parameters import Parameters

Seen: TypeAlias = dict[str, Floats]
"""Each outcome over seeds and months, shape (seeds, months)."""

_KEPT = 12  # worlds


class Left(Exception):  # noqa: N818
    """The runs were given up, as their result is no longer wanted."""


class Runs:
    """Worlds that were run, the latest kept; safe to use from several threads.

    Args:
        threads: how many runs are done at once; as many as there are cores if None.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads
        self._known: OrderedDict[tuple[str, int], Seen] = OrderedDict()
        self._lock = threading.Lock()

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
            UsageError: a world that cannot be simulated.
        """
        key = parameters.model_dump_json(), seeds
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        made = {name: np.empty((seeds, parameters.run.months)) for name in OUTCOMES}
        if not wanted():
            raise Left
        for which, records in in_pieces(parameters, range(seeds), self._threads):
            for name, values in made.items():
                values[which.start : which.stop] = records[name]
            progress(len(which))
            if not wanted():
                raise Left
        with self._lock:
            self._known[key] = made
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return made


class Computed(NamedTuple):
    """What a view shows.

    Attributes:
        bands: of the outcome, by "a" and "b".
        difference: of the outcome.
        table: the paired differences of the headline outcomes.
        ran: how many runs were done for it.
        took: in which time until bands and differences were there, in seconds.
    """

    bands: dict[str, Bands]
    difference: Differences
    table: dict[str, Differences]
    ran: int
    took: float


def compute(
    view: View, runs: Runs, progress: Callable[[int], None] = lambda _: None, wanted: Callable[[], bool] = lambda: True
) -> Computed:
    """Return what a view shows; arguments and faults as for ``Runs.seen``."""
    ran, began = 0, time.perf_counter()

    def done(more: int) -> None:
        nonlocal ran
        ran += more
        progress(more)

    seen = {letter: runs.seen(view.side(letter).parameters(), view.seeds, done, wanted) for letter in "ab"}
    bands = {letter: bands_of(each[view.outcome]) for letter, each in seen.items()}
    table = {name: differences_of(seen["a"][name], seen["b"][name]) for name in {*HEADLINES, view.outcome}}
    difference = table[view.outcome]
    return Computed(bands, difference, {name: table[name] for name in HEADLINES}, ran, time.perf_counter() - began)
