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
from numba import njit, types
from numba.core.caching import FunctionCache
from numba.core.compiler import Compiler, DefaultPassBuilder
from numba.core.compiler_machinery import LoweringPass, register_pass
from numba.core.typed_passes import NativeLowering

from sim import sources

World = Any  # the record of sim/world.py, whose fields type checkers do not know
P = ParamSpec("P")
R = TypeVar("R")

_SETTINGS: Any = numba.config


class _WithinOthers(Compiler):
    """Compiles what only compiled functions call: no wrapper for Python, and no machine code but in its callers."""

    def define_pipelines(self) -> Any:
        flags = self.state.flags
        flags.no_cpython_wrapper = flags.no_cfunc_wrapper = flags.no_compile = True
        library = self.state.targetctx.codegen().create_library(self.state.func_id.func_qualname)
        library.enable_object_caching()
        library._optimize_final_module = lambda: None  # its callers' turn
        self.state.library = library
        made = DefaultPassBuilder.define_nopython_pipeline(self.state)
        made.add_pass_after(_Known, NativeLowering)
        made.finalize()
        return [made]


@register_pass(mutates_CFG=True, analysis_only=False)
class _Known(LoweringPass):
    """Makes known to callers what was lowered, in the place of the machine code that is left out."""

    _name = "known_to_callers"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        known = object()
        state.targetctx.insert_user_function(known, state.cr.fndesc, [state.library])
        state.cr = state.cr._replace(cfunc=known)
        return True


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function into those that call it, once for each type, not for each number, that it is called with.

    Python cannot call it, but for ``py_func`` on it.
    """
    made: Any = njit(nogil=True, error_model="numpy", pipeline_class=_WithinOthers)(function)
    if not _SETTINGS.DISABLE_JIT:
        typed = made.get_call_template
        made.get_call_template = lambda args, kws: typed([types.unliteral(arg) for arg in args], kws)
        made._insert = lambda *_: None  # there is nothing that Python could call
    return cast(Callable[P, R], made)


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that Python calls, once for each machine; ``py_func`` on it is the function itself."""
    made: Any = njit(nogil=True, error_model="numpy")(function)
    kept = _SETTINGS.CACHE_DIR
    try:
        _SETTINGS.CACHE_DIR = str(_folder())
        if not _SETTINGS.DISABLE_JIT:
            made._cache = _Kept(function)
    except (RuntimeError, OSError):
        pass  # no folder can be written
    finally:
        _SETTINGS.CACHE_DIR = kept
    return cast(Callable[P, R], made)


class _Kept(FunctionCache):
    """numba's cache of machine code, for which a fault of the disk means to compile anew."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # whatever a damaged file makes of unpickling
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        if sources.edited(sources.HERE, sources.AS_LOADED):
            return  # who knows which of both was compiled
        try:
            super().save_overload(sig, data)
        except Exception:
            return


@cache
def _folder() -> Path:
    """Return the folder of this version's machine code: below NUMBA_CACHE_DIR, or the user's folder for caches."""
    given = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    digest = hashlib.sha256(numba.__version__.encode())
    for path, source in sources.AS_LOADED.items():
        digest.update(path.encode() + source)
    return Path(given) / "innovation-flywheel" / digest.hexdigest()[:16]
