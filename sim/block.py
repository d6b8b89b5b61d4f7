"""Blocks of runs in one compiled call: points and seeds in, what is kept of each run out, as arrays.

The runs of a block share their setting and differ in numbers: a row of ``given`` a run. The call lets go of the
interpreter's lock, so that blocks run beside each other in threads; it tells which run it is at, and can be told to
give one up (``Gate``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.founding import Start, found, is_drawn, nothing, releases_of, start_of, vary
from sim.kernels.compiled import compiled, entry
from sim.kernels.draws import seed_key
from sim.kernels.networks import Network
from sim.month import advance
from sim.parameters import Parameters
from sim.world import Records, columns, table

DONE, GIVEN_UP = 1, 2  # what may become of a run; 0 while it is not yet done
_LARGE, _SMALLER = 2.0**1000, 2.0**-16


class Gate(NamedTuple):
    """How a compiled call and who watches it talk: whole numbers, shape (1,).

    Attributes:
        at: the run that the call is at, from 0; written by the call.
        leave: one more than the run that it shall give up at its next month; written by who watches.
        end: not 0 if the call shall end after the run that it is at; written by who watches.
    """

    at: NDArray[np.int64]
    leave: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def new(cls) -> Gate:
        """Return the gate of a block that has not begun."""
        return cls(*(np.zeros(1, dtype=np.int64) for _ in cls._fields))


class Kept(NamedTuple):
    """What is kept of runs, a row a run.

    Attributes:
        state: what became of it.
        final: last values of the columns to sum up, shape (runs, columns).
        mean: means over the months in which there is a value, likewise.
        series: every month of the columns to tell, shape (runs, months, columns).
        releases: the first releases of the focal firm, shape (runs, releases); of month 0 where none came out.
    """

    state: NDArray[np.int8]
    final: NDArray[np.float64]
    mean: NDArray[np.float64]
    series: NDArray[np.float64]
    releases: Records


class Block:
    """Runs that share all parameters but some numbers.

    Args:
        parameters: what they share; all of them.
        seeds: the runs' seeds.
        changes: for each key in which they differ, a value a run; each key is alone (``founding.is_alone``).
        network: the social network, if it is theirs.
        summed: the columns of which last values and means are kept.
        told: the columns of which every month is kept.
        released: how many releases of the focal firm are kept.

    Raises:
        ValueError: a negative seed.
    """

    def __init__(
        self, parameters: Parameters, seeds: Sequence[int], network: Network, changes: Mapping[str, Any] | None = None,
        summed: Sequence[str] = (), told: Sequence[str] = (), released: int = 0,
    ) -> None:  # fmt: skip
        self.parameters = parameters  # what the runs share
        self._seeds, self._network = seeds, network
        self._keys = np.array([seed_key(seed) for seed in seeds], dtype=np.uint64)
        self._changes = dict(changes or {})
        place = {column.name: n for n, column in enumerate(columns())}
        self._summed, self._told = (np.array([place[n] for n in names], dtype=np.int64) for names in (summed, told))
        runs, months = len(seeds), parameters.run.months
        shape = runs, len(summed)
        self.kept = Kept(
            np.zeros(runs, dtype=np.int8),
            np.empty(shape),
            np.empty(shape),
            np.empty((runs, months, len(told))),
            table("releases", runs, released),
        )
        self.gate = Gate.new()

    def go_on(self) -> None:
        """Do the runs from the one that the gate is at, that one at least; a failure is its own, and ends the call."""
        if len(self._seeds) and not is_drawn(self.parameters):
            self._call(vary(start_of(self.parameters, self._seeds[0]), self._changes), len(self._seeds))
            return
        first = int(self.gate.at[0])
        for n in range(first, len(self._seeds)):  # each has a design of its own
            if self.gate.end[0] and n > first:
                return
            self.gate.at[0] = n
            own = {key: values[n : n + 1] for key, values in self._changes.items()}
            self._call(vary(start_of(self.parameters, self._seeds[n]), own), n + 1)

    def _call(self, start: Start, until: int) -> None:
        record = table("record", self.parameters.run.months)
        observed = record.view(np.float64).reshape(len(record), -1)
        own = np.arange(len(self._seeds), dtype=np.int64)
        rows = own if len(start.given) == len(own) else np.zeros_like(own)
        most = int(start.given["parameters"]["rival"]["count"].max())
        releases, kept = releases_of(self.parameters, most), self.kept
        _run(
            table("world", 1), nothing(), *start, rows, self._keys, until, *self._network, releases, table("events", 0),
            record, observed, self._summed, self._told, *self.gate, kept.state, kept.final, kept.mean, kept.series,
            kept.releases,
        )  # fmt: skip


@entry
def _run(
    worlds: Any, blank: Any, given: Any, setting: Any, rows: NDArray[np.int64], keys: NDArray[np.uint64], until: int,
    start: Any, neighbours: Any, releases: Any, events: Any, record: Any, observed: NDArray[np.float64],
    summed: NDArray[np.int64], told: NDArray[np.int64], at: NDArray[np.int64], leave: NDArray[np.int64],
    end: NDArray[np.int64], state: NDArray[np.int8], final: NDArray[np.float64], mean: NDArray[np.float64],
    series: NDArray[np.float64], kept: Any,
) -> None:  # fmt: skip
    """Do runs from the one that the gate is at, one after the other in the same world.

    Args:
        worlds, blank: where they live, and an empty world.
        given, setting: what they start from: a row a point, and what all share.
        rows, keys: of each run, its row of ``given`` and the key of its seed.
        until: the run to end before.
        start, neighbours: the network, if it brings its own.
        releases, events, record: room for what is written down on the way; ``observed`` is the record as numbers.
        summed, told: which columns to sum up, and of which to tell every month.
        at, leave, end: the gate.
        state, final, mean, series, kept: what is kept; ``kept`` are releases.
    """
    first = at[0]
    for n in range(first, until):
        if end[0] != 0 and n > first:
            return
        at[0] = n
        observed[:, :] = np.nan  # what nobody writes is missing
        crowd = found(worlds[0], blank[0], given[rows[n]], setting[0], keys[n], False, start, neighbours)
        left = False
        for month in range(len(record)):
            left = leave[0] == n + 1
            if left:
                break
            advance(worlds, crowd, releases, events, record, month + 1)
        if left:
            state[n] = GIVEN_UP
            continue
        for place in range(len(summed)):
            final[n, place], mean[n, place] = _last_and_mean(observed[:, summed[place]])
        for month in range(len(record)):
            for place in range(len(told)):
                series[n, month, place] = observed[month, told[place]]
        _keep(worlds[0].here.releases, releases, kept[n])
        state[n] = DONE


@compiled
def _keep(many: int, releases: Any, kept: Any) -> None:
    """Copy the first releases of the focal firm to where they are kept."""
    for row in range(many):
        if releases[row].firm == 0 and releases[row].number <= len(kept):
            kept[releases[row].number - 1] = releases[row]


@entry
def summary(observed: NDArray[np.float64], final: NDArray[np.float64], mean: NDArray[np.float64]) -> None:
    """Write the last value and the mean of each column, shape (months, columns)."""
    for place in range(observed.shape[1]):
        final[place], mean[place] = _last_and_mean(observed[:, place])


@compiled
def _last_and_mean(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the last value, and the mean of what are numbers, summed in their order with what rounding lost.

    A mean that is a number is found however large the values are.
    """
    largest, known = 0.0, 0
    for value in values:
        if not np.isnan(value):
            known += 1
            largest = max(largest, abs(value))
    scale = _SMALLER if _LARGE < largest < np.inf else 1.0
    total, lost = 0.0, 0.0
    for value in values:
        if not np.isnan(value):
            term = value * scale
            new = total + term
            lost += (total - new) + term if abs(total) >= abs(term) else (term - new) + total
            total = new
    if known == 0:
        mean = np.nan
    elif largest == np.inf:
        mean = total
    else:
        mean = (total + lost) / known / scale
    return _canonical(values[-1]), _canonical(mean)


@compiled
def _canonical(value: float) -> float:
    """Return a value with one zero and one not-a-number."""
    return np.nan if np.isnan(value) else value + 0.0
