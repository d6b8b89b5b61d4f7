"""Standard streams as the reader left them: closed, a full device, a pipe nobody reads, an alphabet without Greek.

No result is worth less for it: what cannot be said on standard error stays unsaid, and what is said of a result that is
kept may stay unheard.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import UnsupportedOperation
from typing import Any, TextIO, cast

from experiments.errors import naming


class _Stream:
    """A text stream whose failures of some kinds end it, silently, and whose other failures bear its name."""

    def __init__(self, stream: TextIO, name: str, forgiven: frozenset[int] | None) -> None:
        self._stream, self._name, self._forgiven = stream, name, forgiven

    def write(self, text: str) -> int:
        with self._forgiving():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._forgiving():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            with naming(self._name):
                yield
        except OSError as error:
            if self._forgiven is not None and error.errno not in self._forgiven:
                raise
            silence(self._stream)


def prepare() -> None:
    """Give the program and its workers standard streams that can be written to, whatever they were started with."""
    # The number of a closed stream would go to the next file opened, and who writes to the stream would write into it.
    while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(opened, True)
    os.close(opened)
    for name, number, forgiven in (("stdout", 1, frozenset[int]()), ("stderr", 2, None)):
        stream = getattr(sys, name) or open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal or pipe that knows no Greek gets '?', not a traceback
        setattr(sys, name, _Stream(stream, "output", forgiven))


@contextmanager
def aside() -> Iterator[None]:
    """Say something of a result that is kept: a reader who has left misses it, and nothing has failed."""
    said = sys.stdout
    sys.stdout = cast(TextIO, _Stream(said, "output", frozenset({errno.EPIPE})))
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stdout = said


def silence(stream: TextIO) -> None:
    """Lead a stream that failed to nowhere, so that nothing tries it again, not even the interpreter as it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(UnsupportedOperation):  # no file, as in a notebook
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
