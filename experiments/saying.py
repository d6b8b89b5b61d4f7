"""What is said beside a result: a line each on the standard error, and each line once."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import cache


@cache
def say(line: str) -> None:
    """Tell the reader what was done with what was handed in."""
    with suppress(OSError):  # a terminal that was closed
        print(f"flywheel: {line}", file=sys.stderr, flush=True)
