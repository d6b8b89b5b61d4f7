"""The two ways a command can fail by no fault of the program: one clear line each, and an exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from experiments.messages.text import visible

_MOST_FAULTS = 20
_LONGEST = 2000  # characters of a line
_Fault = TypeVar("_Fault")


def first_of(faults: Sequence[_Fault], where: str) -> tuple[Sequence[_Fault], tuple[str, ...]]:
    """Return the first faults of many, as many as somebody reads, and a line that counts the rest if there are any."""
    rest = len(faults) - _MOST_FAULTS
    return faults[:_MOST_FAULTS], ((f"{where}and {rest:,} faults more",) if rest > 0 else ())


def _readable(line: str) -> str:
    """Return a line, without the middle of one that nobody reads: of a path, a key or a value that is huge."""
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 4]} … {line[-_LONGEST // 4 :]}"


class FlywheelError(Exception):
    """A failure that the reader can mend; each of ``lines`` says what, where, and what is allowed or to do.

    Lines may quote names and errors from anywhere: they are made ``visible``.
    """

    exit_code = 1

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = tuple(visible(_readable(line)) for line in lines)

    def __str__(self) -> str:
        return "\n".join(self.lines)


class Terminated(BaseException):
    """A signal told the program to end; no ``Exception``, so that no run catches it by mistake."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


class UsageError(FlywheelError):
    """What was asked for cannot be done as asked: a bad config, option or input file."""

    exit_code = 2


class RunError(FlywheelError):
    """What was asked for is fine, but the machine could not do it: no space, no permission, no memory."""


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """Let a failure of the system name the file it concerns: a write to a full disk does not say."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise
