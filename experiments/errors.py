"""The two ways a command can fail by no fault of the program: one clear line each, and an exit code."""

from __future__ import annotations

from experiments.text import visible


class FlywheelError(Exception):
    """A failure that the reader can mend; each of ``lines`` says what, where, and what is allowed or to do.

    Lines may quote names and errors from anywhere: they are made ``visible``.
    """

    exit_code = 1

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = tuple(map(visible, lines))

    def __str__(self) -> str:
        return "\n".join(self.lines)


class UsageError(FlywheelError):
    """What was asked for cannot be done as asked: a bad config, option or input file."""

    exit_code = 2


class RunError(FlywheelError):
    """What was asked for is fine, but the machine could not do it: no space, no permission, no memory."""
