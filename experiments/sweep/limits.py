"""End a run that takes too long, from within: by a signal in a main thread, else by an exception put into the thread.

Neither reaches into compiled code: runs in a compiled block are watched, and given up at their next month. Where none
comes, the process engine ends such a worker from outside; threads have nobody to end them.

What counts is the time in which this process could run, by the monotonic clock: setting the clock, a machine asleep and
a stopped process take nothing from a run.
"""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

_TICKS = 20  # times that a run is looked at within its limit
_LEAST_TICK, _MOST_TICK = 0.001, 1.0


class RunTimeout(BaseException):
    """A run took longer than its time limit; no ``Exception``, so that no run catches it by mistake."""


_listeners: list[Callable[[], None]] = []
_GRACE = 5.0  # seconds beyond its limit after which a run that did not react ends its process, if it may
_last_resort = threading.Event()


def allow_last_resort() -> None:
    """Let a run that cannot be ended from within end this process, a worker that nobody watches from outside."""
    _last_resort.set()


def on_begin(listener: Callable[[], None]) -> None:
    """Let a function be called in this process whenever a run with a time limit begins, its code loaded."""
    _listeners.append(listener)


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise ``RunTimeout`` in the block once it has taken that many seconds."""
    if seconds is None:
        yield
        return
    for listener in _listeners:
        listener()
    in_main = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    outside = _struck_after(seconds + _GRACE, lambda: os._exit(1)) if _last_resort.is_set() else nullcontext()
    with outside, _by_signal(seconds) if in_main else _by_exception(seconds):
        yield


@contextmanager
def watched(seconds: float | None, at: Callable[[], int], give_up: Callable[[int], None]) -> Iterator[None]:
    """Give up each run of the block that takes longer than that many seconds.

    Args:
        seconds: the limit, if there is one.
        at: returns which run the block is at.
        give_up: called, again and again, while a run is at work for too long.
    """
    if seconds is None:
        yield
        return
    ended = threading.Event()

    def watch() -> None:
        run, spent = -1, _Spent(seconds)
        while not ended.wait(spent.next if run >= 0 else 0.0):
            if (now := at()) != run:
                run, spent = now, _Spent(seconds)
                for listener in _listeners:
                    listener()
            elif spent.over():
                give_up(run)
                if _last_resort.is_set() and spent.over(_GRACE):
                    os._exit(1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


@contextmanager
def called_after(seconds: float, function: Callable[[], None]) -> Iterator[None]:
    """Call a function, in a thread, if the block takes longer than that many seconds."""
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Spent:
    """The seconds that a run has taken, counted by looking now and then.

    A look that comes late tells of a process that was stopped, or a machine that slept, if it was not at work.
    """

    def __init__(self, limit: float) -> None:
        self._limit, self._spent = limit, 0.0
        self._tick = min(max(limit / _TICKS, _LEAST_TICK), _MOST_TICK)
        self._looked, self._worked = time.monotonic(), time.process_time()

    def over(self, more: float = 0.0) -> bool:
        """Look, and return whether the limit, and some seconds more, are reached."""
        now, worked = time.monotonic(), time.process_time()
        passed, at_work = now - self._looked, worked - self._worked
        self._looked, self._worked = now, worked
        self._spent += passed if passed < 2 * self._tick else min(passed, max(self._tick, at_work))
        return self._spent >= self._limit + more

    @property
    def next(self) -> float:
        """Return after how many seconds to look again."""
        left = self._limit - self._spent
        return max(min(self._tick, left if left > 0.0 else self._tick), _LEAST_TICK)


@contextmanager
def _struck_after(seconds: float, strike: Callable[[], None]) -> Iterator[None]:
    """Call a function, in a thread, once the block has taken that many seconds."""
    spent, ended = _Spent(seconds), threading.Event()

    def watch() -> None:
        while not ended.wait(spent.next):
            if spent.over():
                strike()
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@contextmanager
def _by_signal(seconds: float) -> Iterator[None]:
    spent, ended = _Spent(seconds), False

    def look(*_: Any) -> None:
        if ended:
            return
        if spent.over():
            raise RunTimeout
        signal.setitimer(signal.ITIMER_REAL, spent.next)

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, spent.next)
    try:
        yield
    finally:
        ended = True
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _by_exception(seconds: float) -> Iterator[None]:
    thread = ctypes.c_ulong(threading.get_ident())
    inject = ctypes.pythonapi.PyThreadState_SetAsyncExc
    lock, ended, struck = threading.Lock(), threading.Event(), threading.Event()

    def strike() -> None:
        with lock:
            if not ended.is_set():
                struck.set()
                inject(thread, ctypes.py_object(RunTimeout))

    try:
        with _struck_after(seconds, strike):
            yield
    finally:
        with lock:
            ended.set()
            if struck.is_set():
                inject(thread, None)  # what is not yet delivered must not strike later work
