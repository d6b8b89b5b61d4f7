"""Threads of this process that do what is submitted; none of them keeps the process from ending."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

from experiments.errors import RunError

Call: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Pool(Executor):
    """Does what is submitted in threads, each at one task at a time: those of the standard library are waited for.

    Args:
        name: of the engine, for the reader.
        count: how many threads.
        patience: seconds to wait at the end for what is being done.
        also: done in a thread of its own until the end.
    """

    def __init__(self, name: str, count: int, patience: float, *also: Callable[[], None]) -> None:
        self._patience, self._over = patience, threading.Event()
        self._tasks: SimpleQueue[tuple[Future[Any], Call] | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._attend, args=(n,), daemon=True) for n in range(count)]
        self._threads += [threading.Thread(target=each, daemon=True) for each in also]
        try:
            for thread in self._threads:
                thread.start()
        except RuntimeError as error:
            self.shutdown()
            raise RunError(f"--engine {name}: no room for {count} workers: {error}; use fewer") from error

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Have a call done by the next thread that is free."""
        if self._over.is_set():
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[Any] = Future()
        self._tasks.put((future, (function, arguments, named)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Begin nothing more, and wait for what is being done as long as there is patience."""
        self._clear()
        until = time.monotonic() + self._patience
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(until - time.monotonic(), 0.0))

    def _clear(self) -> None:
        """Begin nothing any more."""
        self._over.set()
        with suppress(Empty):
            while True:
                task = self._tasks.get_nowait()
                if task is not None:
                    task[0].cancel()
        for _ in self._threads:
            self._tasks.put(None)

    def _attend(self, place: int) -> None:
        """Do tasks, one after the other."""
        while (task := self._tasks.get()) is not None:
            future, call = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._do(place, call))
            except BaseException as error:  # whatever it is, the driver waits for it
                future.set_exception(error)
            del future, call, task  # or what came of it is held until the next comes

    def _do(self, place: int, call: Call) -> Any:  # noqa: ARG002
        """Return what comes of a call."""
        function, arguments, named = call
        return function(*arguments, **named)
