"""Runs in worker processes of this machine, which are replaced when they die or hang.

Each worker has a pipe and a thread of the driver to itself: one that dies, hangs or is killed takes no other along, and
what it was at is known. Time is the monotonic clock's alone. Nothing is needed of ``/dev/shm`` or of ``TMPDIR``.
"""

from __future__ import annotations

import errno
import math
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

from experiments.errors import RunError
from experiments.sweep import limits
from experiments.sweep.engines import engine as engines
from experiments.sweep.engines.engine import Engine, one_thread_each
from experiments.sweep.engines.pool import Call, Pool

_GRACE = 5.0  # seconds beyond its time limit after which a worker that did not react is ended
_LOADING = 900.0  # seconds that a worker may take to load the model, compiling it if need be
_STARTS = 3  # times that a worker is begun that dies at once
_LOOK = 0.1  # seconds between two looks at the workers
_QUIET = 0.1  # seconds in which a worker tells of no more than one run that begins
_CONTEXT = multiprocessing.get_context("spawn")
_starting = threading.Lock()


class _DeadError(Exception):
    """A worker died."""


class _Worker:
    """A worker process, and the pipe to it."""

    def __init__(self, limit: float | None) -> None:
        here, there = _CONTEXT.Pipe()
        self._pipe: Connection = here
        self._limit = math.inf if limit is None else limit
        self._lock, self._times = threading.Lock(), threading.Lock()
        self._process = _CONTEXT.Process(target=_serve, args=(there,), name="flywheel worker")
        self._handed = self._begun = math.inf
        self._late = self._ended = False
        with _starting, there:
            resource_tracker.ensure_running()  # which lets Ctrl-C through to this thread, so that comes first
            # Ctrl-C and a closed terminal are the driver's alone: what it starts inherits that they do not reach it.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
            try:
                self._process.start()
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def alive(self) -> bool:
        """Return whether it can be handed anything."""
        with self._lock:
            return not self._ended and self._process.exitcode is None

    def do(self, call: bytes) -> Any:
        """Return or raise what comes of a task.

        Raises:
            TimeoutError: it was ended, as it took too long.
            BrokenExecutor: it died.
        """
        self._at(handed=time.monotonic())
        try:
            self._pipe.send_bytes(call)
            while (said := self._pipe.recv()) is None:
                self._at(begun=time.monotonic())
        except (EOFError, OSError):
            self.end()
            if self._late:
                raise TimeoutError from None
            raise BrokenExecutor(f"a worker {self._how()}") from None
        finally:
            self._at()
        well, what = said
        if well:
            return what
        raise what

    def wait_until_ready(self) -> None:
        """Wait until it takes tasks.

        Raises:
            _DeadError: it died before.
        """
        try:
            self._pipe.recv()
        except (EOFError, OSError):
            self.end()
            raise _DeadError(self._how()) from None

    def look(self, now: float, asleep: float) -> None:
        """End what died or hangs; while this driver was asleep no run's time passed."""
        if not self.alive():
            self.end()
            return
        with self._times:
            self._handed, self._begun = (
                each if each == math.inf else min(each + asleep, now) for each in (self._handed, self._begun)
            )
            loads_for_ever = now > self._handed + _LOADING + self._limit and self._begun == math.inf
            self._late = now > self._begun + self._limit + _GRACE
        if self._late or loads_for_ever:
            self.end()

    def end(self) -> None:
        """End it with all that it started; whoever waits for its words is told."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
            if self._process.pid is not None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
            until = time.monotonic() + engines.PATIENCE
            # It is gone when the system says so: a child that it left behind may hold its sentinel and pipe open.
            while self._process.exitcode is None and time.monotonic() < until:
                time.sleep(0.001)
        with suppress(OSError), socket.socket(fileno=os.dup(self._pipe.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)

    def _at(self, handed: float = math.inf, begun: float = math.inf) -> None:
        """Note since when it has its task, or is at its run."""
        with self._times:
            self._handed, self._begun = handed, begun

    def _how(self) -> str:
        code = self._process.exitcode
        if code is None or code >= 0:
            return f"ended with exit code {code}"
        return f"was killed by {signal.Signals(-code).name}" + ", as for lack of memory" * (code == -signal.SIGKILL)


class _Processes(Pool):
    """Workers as an executor: one that dies or hangs fails its own task only, and is replaced."""

    def __init__(self, workers: int, limit: float | None) -> None:
        self._limit, self._lock = limit, threading.Lock()
        self._workers: dict[int, _Worker] = {}
        super().__init__("processes", workers, engines.PATIENCE, self._watch)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._lock:
            self._clear()
            workers = list(self._workers.values())
        for worker in workers:
            worker.end()
        super().shutdown(wait, cancel_futures=cancel_futures)

    def _do(self, place: int, call: Call) -> Any:
        return self._worker(place).do(bytes(ForkingPickler.dumps(call)))

    def _worker(self, place: int) -> _Worker:
        """Return the worker of a place, a new one if there is none that lives."""
        worker = self._workers.get(place)
        if worker is not None and worker.alive():
            return worker
        reason = ""
        for _ in range(_STARTS):
            try:
                return self._begin(place)
            except _DeadError as error:
                reason = f"workers die as they start: the last one {error}"
            except OSError as error:
                reason = _reason(error)
                self._over.wait(1.0 if error.errno in (errno.EAGAIN, errno.ENOMEM) else 0.0)
        raise RunError(f"--engine processes: {reason}; what is finished is kept, and the same command goes on")

    def _begin(self, place: int) -> _Worker:
        worker = _Worker(self._limit)
        with self._lock:
            self._workers[place] = worker
        if self._over.is_set():
            worker.end()
        worker.wait_until_ready()
        return worker

    def _watch(self) -> None:
        looked = time.monotonic()
        while not self._over.wait(_LOOK):
            now = time.monotonic()
            asleep, looked = max(now - looked - 2 * _LOOK, 0.0), now
            with self._lock:
                workers = list(self._workers.values())
            for worker in workers:
                worker.look(now, asleep)


def _reason(error: OSError) -> str:
    """Return why no process can be started."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return "the working folder was deleted; change into one that exists"
    return f"cannot start a worker: {error.strerror or error}; use fewer with --workers, or free what is short"


@contextmanager
def process_engine(workers: int, limit: float | None) -> Iterator[Engine]:
    """Open a pool of worker processes.

    Raises:
        RunError: no worker can be started.
    """
    with one_thread_each(), _Processes(workers, limit) as executor:
        started = [executor.submit(int) for _ in range(workers)]
        wait(started, return_when=FIRST_COMPLETED)[0].pop().result()
        yield Engine("processes", executor, lambda: workers, lambda: True)


def _serve(pipe: Connection) -> None:
    """Do what comes through the pipe: deaf to Ctrl-C, and gone when the driver is gone."""
    os.setsid()  # so that it can be ended with whatever a run starts
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    told = -math.inf

    def tell() -> None:
        nonlocal told
        if (now := time.monotonic()) - told > _QUIET:
            told = now
            pipe.send(None)

    limits.on_begin(tell)
    pipe.send(None)  # ready
    with suppress(EOFError, OSError):
        while True:
            call = pipe.recv_bytes()
            told = -math.inf
            _answer(pipe, call)


def _answer(pipe: Connection, call: bytes) -> None:
    try:
        function, arguments, named = ForkingPickler.loads(call)
        said = True, function(*arguments, **named)
    except Exception as error:
        said = False, error
    except BaseException as error:
        said = False, RuntimeError(f"{type(error).__name__}: {error}")
    try:
        words = bytes(ForkingPickler.dumps(said))
    except Exception as error:
        words = bytes(ForkingPickler.dumps((False, RuntimeError(f"cannot be sent: {error}"))))
    pipe.send_bytes(words)


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)
