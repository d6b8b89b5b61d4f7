"""Say that the model is about to be compiled, where nothing that was compiled before is at hand."""

from __future__ import annotations

from typing import Any

from experiments.messages.terminal import note


def announce(blocks: bool = False) -> None:
    """Say so on standard error, unless the core is loaded or kept on this machine; ``blocks`` are what sweeps run."""
    from sim.kernels.compiled import is_at_hand

    core = _core(blocks)
    if is_at_hand(core):
        return
    kept = hasattr(getattr(core, "_cache", None), "cache_path")
    again = "once on this machine" if kept else "in each process, as its cache cannot be written"
    what = "the model for many seeds" if blocks else "the model"
    note(f"compiling {what}, {again}: some 25 seconds")


def blocks_at_hand() -> bool:
    """Return whether what sweeps run need not be compiled."""
    from sim.kernels.compiled import is_at_hand

    return is_at_hand(_core(blocks=True))


def _core(blocks: bool) -> Any:
    from sim import block, month

    return block._run if blocks else month.advance
