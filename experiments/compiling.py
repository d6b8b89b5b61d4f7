"""Say that the model is about to be compiled, where nothing that was compiled before is at hand."""

from __future__ import annotations

import sys
from pathlib import Path


def announce() -> None:
    """Say so on standard error, unless the core is loaded or kept on this machine."""
    from sim.month import advance

    kept = getattr(getattr(advance, "_cache", None), "cache_path", None)  # neither without compilation
    if getattr(advance, "signatures", True) or (kept is not None and any(Path(kept).glob("month.advance*.nbi"))):
        return
    again = "once on this machine" if kept is not None else "in each process, as its cache cannot be written"
    print(f"flywheel: compiling the model, {again}: some 25 seconds", file=sys.stderr, flush=True)
