"""The loop of a sweep: hand out blocks of runs, take in what came of them, keep it. It knows no engine and no store.

* Never more than twice as many blocks as workers are out, so memory stays flat.
* A block takes about as long as ``_BLOCK_SECONDS``, so that handing it out costs next to nothing. The first are small,
  as nobody knows yet how long a run takes, and the last, so that all workers end together.
* If a block is lost with its worker, it is handed out in pieces, and what is lost of those in smaller ones: the guilty
  run is found, the others are done. Where several blocks may be with one worker, a run that was lost twice is handed
  out with nothing beside it, and no other loss counts against it.
* What a worker did counts only if it did it with the model that the sweep is of.
"""

from __future__ import annotations

import json
import math
import pickle
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from experiments.errors import FlywheelError, RunError
from experiments.provenance.identity import identity
from experiments.sweep.tasks import Context, Done, Failure, Job, Report, no_outcomes, order_of, run_batch, too_long

if TYPE_CHECKING:
    from experiments.sweep.engines import Engine

_BLOCK_SECONDS = 0.5
_LEAST_SECONDS = 0.02  # of a block near the end
_GROWTH = 4  # times the runs known so far that a block may have
_LARGEST_BLOCK = 25_000
_BLOCK_BYTES = 2 << 20  # of outcomes, so that memory is that of some blocks
_KEEP_SECONDS = 1.0
_KEEP_RUNS = 100_000
_KEEP_BYTES = 4 << 20
_PIECES = 20  # of a block that was lost
_RETRIES = 2
_ALIKE = 20
_AHEAD = 8192  # runs that are looked at for alike ones
_LIGHT = 100_000  # bytes that go with every block; what is heavier goes to each worker once
_WAIT_SECONDS = 0.25
_SAME = "what is left stays planned: install the same program for all workers and repeat the command"
# What an engine raises if a worker cannot even read what it was sent: another version of this package, or none.
_UNREADABLE = (ImportError, AttributeError, TypeError, SyntaxError, pickle.PickleError)


class AllAlikeError(FlywheelError):
    """The first runs all failed in the same way, so the rest would too."""


@dataclass
class Tally:
    """What came of the runs of one call so far."""

    done: int = 0
    failed: int = 0
    seconds: float = 0.0
    in_flight: int = 0


@dataclass
class Driver:
    """One sweep on one engine.

    Attributes:
        keep: makes what came of runs durable, or whatever else it is for; called with some blocks at a time.
        context: what the runs share.
        engine: where they are done.
        batch: runs in a block; by their measured time if None.
        apart: keys in which runs differ that share no compiled call then: alike ones are handed out side by side.
        halted: whether to hand out no more.
        on_progress: called after every wait with the tally.
    """

    keep: Callable[[list[Done]], None]
    context: Context
    engine: Engine
    batch: int | None = None
    apart: tuple[str, ...] = ()
    halted: Callable[[], bool] = lambda: False
    on_progress: Callable[[Tally], None] = lambda _: None
    tally: Tally = field(default_factory=Tally)
    _out: dict[Future[Report], list[Job]] = field(default_factory=dict)
    _again: deque[list[Job]] = field(default_factory=deque)
    _pieces: deque[list[Job]] = field(default_factory=deque)
    _suspects: deque[Job] = field(default_factory=deque)
    _trial: bool = False
    _losses: dict[int, int] = field(default_factory=dict)
    _kept: list[Done] = field(default_factory=list)
    _kept_runs: int = 0
    _kept_bytes: int = 0
    _kept_at: float = field(default_factory=time.monotonic)
    _bytes: int = 0
    _pace: float = 0.0
    _errors: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._order = order_of(self.context, identity(self.context.columns))
        packed = self._order.packed or b""
        self._to_send = math.inf if len(packed) <= _LIGHT else self.engine.workers()

    def drive(self, jobs: Iterator[Job], left: int) -> None:
        """Do all jobs, and keep what came of them; on any way out, what has come in is kept.

        Raises:
            AllAlikeError: the first runs all failed in the same way.
            RunError: the engine is gone, or nothing can be written.
        """
        expected = self.tally.done + self.tally.failed + left
        if self.apart:
            jobs = _side_by_side(jobs, self.apart)
        try:
            while True:
                self._hand_out(jobs, expected)
                if not self._out:
                    break
                finished, _ = wait(self._out, timeout=_WAIT_SECONDS, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._take(future)
                self._keep_if_due()
                if not self.engine.alive():
                    raise self._gone()
                self._stop_if_all_fail(expected)
                self.on_progress(self.tally)
        finally:
            for future in self._out:
                future.cancel()
            self._out.clear()
            self._keep()
        self._stop_if_all_fail(expected, ended=True)
        self.on_progress(self.tally)

    def _hand_out(self, jobs: Iterator[Job], expected: int) -> None:
        room = 1 if self.engine.name == "serial" else 2 * self.engine.workers()
        while len(self._out) < room and not self.halted():
            back = bool(self._again)
            left = expected - self.tally.done - self.tally.failed - self.tally.in_flight
            block = self._again.popleft() if back else self._next(jobs, left)
            if not block:
                return
            send = back or self._to_send > 0
            self._to_send -= send
            order = self._order if send else replace(self._order, packed=None)
            try:
                future = self.engine.executor.submit(run_batch, order, block)
            except RuntimeError as error:
                raise self._gone() from error
            self._out[future] = block
            self.tally.in_flight += len(block)

    def _next(self, jobs: Iterator[Job], left: int) -> list[Job]:
        """Return the runs to hand out next; none while a suspect waits for the others or is on trial."""
        if self._trial:
            return []
        if self._pieces:
            return self._pieces.popleft()
        if self._suspects:
            self._trial = not self._out
            return [self._suspects.popleft()] if self._trial else []
        return list(islice(jobs, self._size(left)))

    def _size(self, left: int) -> int:
        """Return how many runs to hand out at once."""
        if self.batch is not None:
            return self.batch
        known = self.tally.done + self.tally.failed
        if not known:
            return 1
        mean = max(self.tally.seconds / known, self._pace, 1e-6)
        last = max(left / (3 * self.engine.workers()), _LEAST_SECONDS / mean)
        light = _BLOCK_BYTES * known / max(self._bytes, 1)
        return max(1, int(min(_BLOCK_SECONDS / mean, last, light, _GROWTH * known, _LARGEST_BLOCK)))

    def _take(self, future: Future[Report]) -> None:
        block = self._out.pop(future)
        self.tally.in_flight -= len(block)
        try:
            done = self._checked(future.result())
        except CancelledError as error:
            raise self._gone() from error
        except _UNREADABLE as error:
            raise RunError(f"a worker cannot do the runs: {type(error).__name__}: {error}; {_SAME}") from error
        except FlywheelError:  # such as no worker that can be started any more
            raise
        except Exception as error:  # of the engine: a run's own failure is among what came of its block
            if not self.engine.alive():
                raise self._gone() from error
            done = Done(no_outcomes(self.context), self._lost(block, error))
        else:
            if done is not None:
                self._go_on(block, done)
        if done is None:
            self._again.append(block)
            return
        self._trial = False
        self._count(done)

    def _go_on(self, block: list[Job], done: Done) -> None:
        """Note how long runs take of late, and hand out again those of a block that its worker had no time for."""
        seconds = float(done.outcomes.seconds.sum()) + sum(each.seconds for each in done.failures)
        told = {*done.outcomes.number.tolist(), *(each.number for each in done.failures)}
        if not told:
            return
        self._pace = seconds / len(told)
        if len(told) < len(block):
            left = [job for job in block if job.number not in told]
            size = max(1, int(_BLOCK_SECONDS / max(self._pace, 1e-6)))
            self._pieces.extend(left[at : at + size] for at in range(0, len(left), size))

    def _count(self, done: Done) -> None:
        well, failed = len(done.outcomes.number), len(done.failures)
        if not well and not failed:
            return
        size = sum(each.nbytes for each in done.outcomes)
        self._kept.append(done)
        self._kept_runs += well + failed
        self._kept_bytes += size
        self._bytes += size
        self.tally.done += well
        self.tally.failed += failed
        self.tally.seconds += float(done.outcomes.seconds.sum()) + sum(each.seconds for each in done.failures)
        for each in done.failures:
            if len(self._errors) > 1:  # no more are of interest
                break
            self._errors.setdefault(re.sub(r"[\d.]+(?:e[+-]?\d+)?", "#", each.error), each.error)

    def _checked(self, report: Report) -> Done | None:
        """Return what came of a block, or None if its worker needs the context.

        Raises:
            RunError: it computes with another model, or cannot do it at all.
        """
        if not isinstance(report, Report):
            raise RunError(
                f"a worker runs another version of this program, the sweep is of model {self._order.model}; {_SAME}"
            )
        if report.fault:
            raise RunError(f"{report.worker} cannot do the runs: {report.fault}; {_SAME}")
        if report.model != self._order.model:
            models = f"runs model {report.model}, the sweep is of model {self._order.model}"
            raise RunError(f"{report.worker} {models}: nothing of it is kept; {_SAME}")
        return report.done

    def _lost(self, block: list[Job], error: Exception) -> list[Failure]:
        """Hand out the runs of a lost block in pieces; return the one run of a block that was lost too often."""
        if len(block) > 1:
            size = math.ceil(len(block) / _PIECES)
            self._pieces.extend(block[at : at + size] for at in range(0, len(block), size))
            return []
        (job,) = block
        self._losses[job.number] = losses = self._losses.get(job.number, 0) + 1
        certain = self._trial or not self.engine.shares
        # Ended from outside: a second try, as the first may have been a worker that somebody stopped.
        late = isinstance(error, TimeoutError) and certain and losses > 1
        if late and self.context.limit is not None:
            return [Failure(job.number, self.context.limit, too_long(self.context.limit))]
        if losses > _RETRIES and certain:
            text = f"WorkerDied: its worker died each of the {losses} times it was tried"
            return [Failure(job.number, 0.0, text, f"{type(error).__name__}: {error}")]
        if losses >= _RETRIES and self.engine.shares:
            self._suspects.append(job)
        else:
            self._pieces.append(block)
        return []

    def _gone(self) -> RunError:
        why = self.engine.why() or f"the {self.engine.name} engine is gone"
        return RunError(f"{why}; what is finished is kept, and the same command resumes")

    def _keep_if_due(self) -> None:
        overdue = time.monotonic() - self._kept_at > _KEEP_SECONDS
        if overdue or self._kept_bytes > _KEEP_BYTES or self._kept_runs >= _KEEP_RUNS:
            self._keep()

    def _keep(self) -> None:
        if self._kept:
            self.keep(self._kept)
            self._kept.clear()
        self._kept_runs = self._kept_bytes = 0
        self._kept_at = time.monotonic()

    def _stop_if_all_fail(self, expected: int, ended: bool = False) -> None:
        failed = self.tally.failed
        enough = failed >= _ALIKE or (ended and failed == expected and failed > 1)
        if enough and not self.tally.done and len(self._errors) == 1:
            (first,) = self._errors.values()
            raise AllAlikeError(f"the first {failed} runs all failed alike: {first}")


def _side_by_side(jobs: Iterator[Job], keys: Iterable[str]) -> Iterator[Job]:
    """Yield runs sorted by the values of some keys, among so many at a time; otherwise in their order."""
    named = "|".join(re.escape(json.dumps(key)) for key in keys)
    value = re.compile(rf"(?:{named}): ([^,}}]*)")
    while some := list(islice(jobs, _AHEAD)):
        yield from sorted(some, key=lambda job: value.findall(job.changes))
