"""Compilation by numba, in strict arithmetic.

``compiled`` marks a function that other compiled functions call; it is compiled into whoever calls it. ``entry`` marks
one that Python calls: its machine code is kept on disk, in a folder named after all sources it may contain, so that an
edit anywhere compiles anew. Where nothing can be kept, or what was kept cannot be read, each process compiles for
itself.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba import njit
from numba.core.caching import FunctionCache

World = Any  # the record of sim/world.py, whose fields type checkers do not know
P = ParamSpec("P")
R = TypeVar("R")

_SOURCES = Path(__file__).resolve().parents[1]


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function into those that call it."""
    return cast(Callable[P, R], njit(nogil=True, error_model="numpy")(function))


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that Python calls, once for each machine; ``py_func`` on it is the function itself."""
    made: Any = compiled(function)
    kept = numba.config.CACHE_DIR
    try:
        numba.config.CACHE_DIR = str(_folder())
        if not numba.config.DISABLE_JIT:
            made._cache = _Kept(function)
    except (RuntimeError, OSError):
        pass  # no folder can be written
    finally:
        numba.config.CACHE_DIR = kept
    return cast(Callable[P, R], made)


class _Kept(FunctionCache):  # type: ignore[misc]
    """numba's cache of machine code, for which a fault of the disk means to compile anew."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # whatever a damaged file makes of unpickling
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except Exception:
            return


@cache
def _folder() -> Path:
    """Return the folder of this version's machine code: below NUMBA_CACHE_DIR, or the user's folder for caches."""
    given = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(_SOURCES.rglob("*.py")):
        digest.update(str(path.relative_to(_SOURCES)).encode() + path.read_bytes())
    return Path(given) / "innovation-flywheel" / digest.hexdigest()[:16]
