"""Asking for memory ahead of its use: a hint to the processor that changes no result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic


def _hint(typing: Any, array: Any, row: Any) -> Any:  # noqa: ARG001
    """Compile to llvm.prefetch of the first byte of ``array[row]``, row from 0, which is going to be written."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind, index = signature.args
        made: Any = context.make_array(kind)(context, builder, args[0])
        strides = builder.extract_value(made.strides, 0)
        offset = builder.mul(context.cast(builder, args[1], index, types.intp), strides)
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.inttoptr(builder.add(builder.ptrtoint(made.data, offset.type), offset), byte)
        shape = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        hint = cast(Any, cgutils).get_or_insert_function(builder.module, shape, "llvm.prefetch.p0")
        builder.call(hint, [place, word(1), word(3), word(1)])  # to be written, kept in all caches, data
        return context.get_dummy_value()

    return types.void(array, row), generate


def _nothing(array: Any, row: int) -> None:
    """Ask for nothing: code is interpreted."""


ask_for: Callable[[Any, int], None] = _nothing if cast(Any, numba).config.DISABLE_JIT else cast(Any, intrinsic)(_hint)
