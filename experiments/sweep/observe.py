"""The task of a sweep: blocks of the compiled core itself, compiled with this file so that no run's time counts that.

Runs whose points share their setting go into one compiled call; arrays come back as the core leaves them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.sweep.factors import resolve
from experiments.sweep.limits import called_after, watched
from experiments.sweep.tasks import (
    LONGEST_BLOCK,
    Context,
    Done,
    Failure,
    Job,
    Outcomes,
    failure_of,
    no_outcomes,
    too_long,
)
from sim.block import DONE, GIVEN_UP, Block
from sim.founding import is_alone, network_of
from sim.kernels.networks import Network
from sim.parameters import Parameters
from sim.readings import Reading, Seen, check, is_reading, parse, read
from sim.world import MONTHS, Records

_Changes = dict[str, Any]


def observe(context: Context, jobs: Sequence[Job]) -> Done:
    """Run the model for each job, or for as many as the time of a block allows; return what the context keeps."""
    done, failures, until = list[Outcomes](), list[Failure](), time.monotonic() + LONGEST_BLOCK
    for rest, ours, changes in _alike(jobs):
        begun = time.monotonic()
        if (done or failures) and begun > until:
            break
        try:
            block = block_of(context, _resolved(context.base, rest), [job.seed for job in ours], changes)
        except Exception as error:
            if len(ours) == 1:
                failures.append(failure_of(ours[0].number, time.monotonic() - begun, error))
                continue
            apart = [observe(context, [job]) for job in ours]  # some of them may be well
            done += [each.outcomes for each in apart]
            failures += [failure for each in apart for failure in each.failures]
        else:
            done.append(_done(context, block, ours, failures, begun, until))
    return Done(_joined(context, done), failures)


def block_of(context: Context, parameters: Parameters, seeds: Sequence[int], changes: Sequence[_Changes]) -> Block:
    """Return runs that share parameters but for some numbers. All that this reaches belongs to the model's identity.

    Raises:
        ValueError: a negative seed, a faulty edge list, or a reading of a slot that there is not.
    """
    own = parameters.diffusion.network == "edges"
    network = _network(parameters, context.edges) if own else network_of(parameters, None)
    each = {key: np.array([change[key] for change in changes]) for key in changes[0]}
    asked = asked_of(context.columns, context.series)
    for reading in asked.readings:
        check(reading, parameters.architecture.slots, MONTHS)
    return Block(parameters, seeds, network, each, asked.columns, asked.told, asked.released)


class Asked(NamedTuple):
    """What a context keeps, as a block is asked for it.

    Attributes:
        columns: the columns to sum up, in order.
        readings: the readings, in order.
        order: of each name of the context, its place among columns and then readings.
        told: the columns to tell: the series that are kept, then what readings need.
        kept: how many series are kept.
        released: how many releases readings need.
    """

    columns: tuple[str, ...]
    readings: tuple[Reading, ...]
    order: list[int]
    told: tuple[str, ...]
    kept: int
    released: int

    def read(self, series: NDArray[np.float64], releases: Records, slots: Sequence[str]) -> NDArray[np.float64]:
        """Return the readings of runs, shape (runs, readings), from what a block keeps of them."""
        seen = Seen({name: series[:, :, place] for place, name in enumerate(self.told)}, np.asarray(releases), slots)
        return canonical(read(self.readings, seen))


@lru_cache(maxsize=64)
def asked_of(names: tuple[str, ...], series: tuple[str, ...]) -> Asked:
    """Tell columns from readings.

    Args:
        names: what the context keeps.
        series: the columns whose whole series it keeps.
    """
    readings = [name for name in names if is_reading(name)]
    columns, made = [name for name in names if name not in readings], [parse(name) for name in readings]
    place = {name: n for n, name in enumerate([*columns, *readings])}
    needed = dict.fromkeys(each.told for each in made if each.told and each.told not in series)
    return Asked(
        tuple(columns), tuple(made), [place[name] for name in names], (*series, *needed), len(series),
        max((each.released for each in made), default=0),
    )  # fmt: skip


def canonical(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values with one zero and one not-a-number, which are kept the same wherever they came about."""
    return np.where(np.isnan(values), np.nan, values + 0.0)


def _alike(jobs: Sequence[Job]) -> Iterator[tuple[str, list[Job], list[_Changes]]]:
    """Yield what runs change together of their setting, as JSON; those runs; and of each the numbers it has alone."""
    groups = dict[tuple[str, ...], tuple[list[Job], list[_Changes]]]()
    for job in jobs:
        alone = json.loads(job.changes)
        rest = {key: alone.pop(key) for key in list(alone) if not is_alone(key)}
        ours, changes = groups.setdefault((json.dumps(rest), *alone), ([], []))
        ours.append(job)
        changes.append(alone)
    for (rest_text, *_), (ours, changes) in groups.items():
        yield rest_text, ours, changes


def _done(
    context: Context, block: Block, jobs: list[Job], failures: list[Failure], begun: float, until: float
) -> Outcomes:
    """Do a block, or as much of it as its time allows, and return what came of the runs that are done."""
    gate, kept = block.gate, block.kept

    def give_up(run: int) -> None:
        gate.leave[0] = run + 1

    def end() -> None:
        gate.end[0] = 1

    in_time = called_after(max(until - time.monotonic(), 0.0), end)
    with watched(context.limit, lambda: int(gate.at[0]), give_up), in_time:
        while True:
            try:
                block.go_on()
                break
            except Exception as error:
                at = int(gate.at[0])
                failures.append(failure_of(jobs[at].number, 0.0, error))
                gate.at[0] = at + 1
    late, rows = np.flatnonzero(kept.state == GIVEN_UP), np.flatnonzero(kept.state == DONE)
    limit = context.limit or 0.0
    failures += [Failure(jobs[n].number, limit, too_long(limit)) for n in late.tolist()]
    share = max(time.monotonic() - begun - limit * len(late), 0.0) / max(len(rows), 1)
    whole = len(rows) == len(jobs)
    final, mean, series, releases = (each if whole else each[rows] for each in kept[1:])
    asked = asked_of(context.columns, context.series)
    if asked.readings:
        values = asked.read(series, releases, block.parameters.architecture.slots)
        final, mean = (np.hstack([each, values])[:, asked.order] for each in (final, mean))
        series = series[:, :, : asked.kept]
    months = np.full(len(rows), series.shape[1], dtype=np.int64)
    numbers = np.array([jobs[n].number for n in rows.tolist()], dtype=np.int64)
    told = canonical(series.reshape(int(months.sum()), series.shape[2]))
    return Outcomes(numbers, np.full(len(rows), share), months, final, mean, told)


def _joined(context: Context, done: list[Outcomes]) -> Outcomes:
    if len(done) == 1:
        return done[0]
    return Outcomes(*(np.concatenate(each) for each in zip(*done, strict=True))) if done else no_outcomes(context)


@lru_cache(maxsize=256)
def _resolved(base: str, changes: str) -> Parameters:
    return resolve(json.loads(base), json.loads(changes))


_networks: dict[int, tuple[NDArray[np.int64] | None, Network]] = {}


def _network(parameters: Parameters, edges: NDArray[np.int64] | None) -> Network:
    """Return the network of an edge list, made once for as long as it is the same list."""
    known = _networks.get(id(edges))
    if known is None or known[0] is not edges:
        _networks.clear()
        known = _networks[id(edges)] = edges, network_of(parameters, edges)
    return known[1]


def _ready() -> None:
    """Compile, or load what was compiled."""
    parameters = Parameters().replace({"run.months": 1, "diffusion.adopters": 9, "diffusion.seeds": 1.0})
    Block(parameters, [0], network_of(parameters, None), summed=("month",)).go_on()


_ready()
