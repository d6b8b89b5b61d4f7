"""End what takes too long, from within: by a signal in a main thread, else by an exception put into the thread.

Neither reaches into compiled code that never returns; the process engine ends such a worker from outside.
"""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class RunTimeout(BaseException):
    """A run took longer than its time limit; no ``Exception``, so that no run catches it by mistake."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise ``RunTimeout`` in the block once it has taken that many seconds."""
    if seconds is None:
        yield
    elif threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        with _by_signal(seconds):
            yield
    else:
        with _by_exception(seconds):
            yield


@contextmanager
def _by_signal(seconds: float) -> Iterator[None]:
    def strike(*_: Any) -> None:
        raise RunTimeout

    before = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _by_exception(seconds: float) -> Iterator[None]:
    thread = ctypes.c_ulong(threading.get_ident())
    inject = ctypes.pythonapi.PyThreadState_SetAsyncExc
    lock, state = threading.Lock(), {"over": False, "struck": False}

    def strike() -> None:
        with lock:
            if not state["over"]:
                state["struck"] = True
                inject(thread, ctypes.py_object(RunTimeout))

    timer = threading.Timer(seconds, strike)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with lock:
            state["over"] = True
            if state["struck"]:
                inject(thread, None)  # what is not yet delivered must not strike later work
