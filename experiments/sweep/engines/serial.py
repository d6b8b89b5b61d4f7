"""Runs in this process, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

from experiments.sweep.engines.engine import Engine


class _Serial(Executor):
    """Does what is submitted at once, here."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(function(*arguments, **named))
        except Exception as error:
            done.set_exception(error)
        return done


@contextmanager
def serial_engine() -> Iterator[Engine]:
    """Open the engine that does runs here."""
    yield Engine("serial", _Serial(), lambda: 1, lambda: True)
