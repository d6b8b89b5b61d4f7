"""Compiled loops: numba's, in strict arithmetic, kept on disk so that each machine compiles them once.

A compiled function calls none of another file: numba renews what it keeps when the function's own file changes, and
would not see a change elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of arrays and numbers at its first call; ``py_func`` on it is the function itself."""
    try:
        made: Any = njit(cache=True)(function)
    except RuntimeError:  # no folder can be written: each process compiles for itself
        made = njit(function)
    return cast(Callable[P, R], made)
