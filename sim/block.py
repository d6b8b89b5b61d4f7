"""Blocks of runs in one compiled call: points × seeds in, what is kept of each run out, as arrays.

The runs of a block share their setting and differ in numbers: a row of ``given`` a point. The call lets go of the
interpreter's lock, so blocks run beside each other in threads; it tells which run it is at, and can be told to give one
up (``Gate``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.founding import found
from sim.kernels.compiled import compiled, entry
from sim.month import advance

_LARGE, _SMALLER = 2.0**1000, 2.0**-16

DONE, GIVEN_UP = 1, 2


class Gate(NamedTuple):
    """How a compiled call and who watches it talk: whole numbers, shape (1,).

    Attributes:
        at: the run that the call is at, from 0; written by the call.
        leave: one more than the run that it shall give up at its next month; written by who watches.
    """

    at: NDArray[np.int64]
    leave: NDArray[np.int64]

    @classmethod
    def new(cls) -> Gate:
        """Return the gate of a call that has not begun."""
        return cls(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))


@entry
def run_block(
    worlds: Any, blank: Any, given: Any, setting: Any, rows: NDArray[np.int64], keys: NDArray[np.uint64],
    start: Any, neighbours: Any, releases: Any, events: Any, record: Any, observed: NDArray[np.float64],
    kept: NDArray[np.int64], told: NDArray[np.int64], firsts: NDArray[np.int64], at: NDArray[np.int64],
    leave: NDArray[np.int64], state: NDArray[np.int8], final: NDArray[np.float64], mean: NDArray[np.float64],
    series: NDArray[np.float64],
) -> None:  # fmt: skip
    """Do runs from the one that the gate is at, one after the other in the same world.

    Args:
        worlds, blank: where they live, and an empty world.
        given, setting: what they start from: a row a point, and what all share.
        rows, keys: of each run, its row of ``given`` and the key of its seed.
        start, neighbours: the network, if it brings its own.
        releases, events: room for what is written down on the way.
        record: room for the months of the longest run; ``observed`` is the same memory as numbers.
        kept, told: which columns to sum up, and of which to tell every month.
        firsts: the first row of each run in ``series``.
        at, leave: the gate.
        state: what became of each run.
        final, mean, series: what is kept.
    """
    for n in range(at[0], len(keys)):
        at[0] = n
        months = given[rows[n]].parameters.run.months
        observed[:months, :] = np.nan  # what nobody writes is missing
        crowd = found(worlds[0], blank[0], given[rows[n]], setting[0], keys[n], False, start, neighbours)
        for month in range(months):
            if leave[0] == n + 1:
                break
            advance(worlds, crowd, releases, events, record, month + 1)
        else:
            for place in range(len(kept)):
                final[n, place], mean[n, place] = _last_and_mean(observed[:months, kept[place]])
            for place in range(len(told)):
                for month in range(months):
                    series[firsts[n] + month, place] = _canonical(observed[month, told[place]])
            state[n] = DONE
            continue
        state[n] = GIVEN_UP


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
