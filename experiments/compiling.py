"""Say that the model is about to be compiled, where nothing that was compiled before is at hand."""

from __future__ import annotations

import sys


def announce() -> None:
    """Say so on standard error, unless the core is loaded or kept on this machine."""
    from sim.kernels.compiled import is_at_hand
    from sim.month import advance

    if is_at_hand(advance):
        return
    kept = hasattr(getattr(advance, "_cache", None), "cache_path")
    again = "once on this machine" if kept else "in each process, as its cache cannot be written"
    print(f"flywheel: compiling the model, {again}: some 25 seconds", file=sys.stderr, flush=True)
