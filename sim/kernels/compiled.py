"""Compilation by numba, in strict arithmetic.

``compiled`` marks a function that other compiled functions call; it is compiled into whoever calls it. ``entry`` marks
one that Python calls: its machine code is kept on disk, in a folder named after all sources it may contain, so that an
edit anywhere compiles anew. Where nothing can be kept, or what was kept cannot be read, each process compiles for
itself.
"""

from __future__ import annotations

import hashlib
import io
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba import njit, types
from numba.core.caching import FunctionCache, IndexDataCacheFile
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


def is_at_hand(function: Any) -> bool:
    """Return whether an entry need not be compiled: it was in this process, or a whole index tells of its code."""
    kept = getattr(function, "_cache", None)
    compiled_here = bool(getattr(function, "signatures", True))  # none without compilation
    return compiled_here or (isinstance(kept, _Kept) and bool(kept.index()))


class _Kept(FunctionCache):
    """numba's cache of machine code, for which a fault of the disk means to compile anew."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        files = self._cache_file
        self._cache_file = _Files(files._cache_path, self._impl.filename_base, files._source_stamp)

    def index(self) -> Any:
        """Return the file of each signature that is kept."""
        try:
            return self._cache_file._load_index()
        except Exception:  # as below
            return {}

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # whatever a foreign file makes of unpickling
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        if sources.edited(sources.HERE, sources.AS_LOADED):
            return  # who knows which of both was compiled
        try:
            super().save_overload(sig, data)
        except Exception:
            return


class _Files(IndexDataCacheFile):
    """The files of that cache, each with its checksum at its end: numba would run machine code with a flipped bit.

    What is not whole counts as absent, and is written anew.
    """

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[Any]:
        held = io.BytesIO()
        yield held
        with super()._open_for_write(filepath) as file:
            file.write(held.getvalue() + hashlib.sha256(held.getvalue()).digest())

    def _load_index(self) -> Any:
        return super()._load_index() if _is_whole(self._index_path) else {}

    def _load_data(self, name: str) -> Any:
        if not _is_whole(self._data_path(name)):
            raise OSError  # which numba takes for a file that is gone
        return super()._load_data(name)

    def _data_name(self, number: int) -> str:  # noqa: ARG002 - counted anew where an index was lost
        return super()._data_name(uuid.uuid4().int >> 64)


def _is_whole(path: str) -> bool:
    try:
        content = Path(path).read_bytes()
    except OSError:
        return False
    return hashlib.sha256(content[:-32]).digest() == content[-32:]


@cache
def _folder() -> Path:
    """Return the folder of this version's machine code: below NUMBA_CACHE_DIR, or the user's folder for caches."""
    given = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    digest = hashlib.sha256(numba.__version__.encode())
    for path, source in sources.AS_LOADED.items():
        digest.update(path.encode() + source)
    return Path(given) / "innovation-flywheel" / digest.hexdigest()[:16]
