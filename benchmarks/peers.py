"""Default runs of our model by what others sweep with, two processes each: seconds a run that is kept.

    python -m benchmarks.peers TOOL RUNS MORE     (what a comparison calls: a tool's times for two numbers of runs)

All keep the same: the last value of every column, a row a run, in one file. What each tool returns is held against the
bare model's outcomes of the same seeds, to the bit. A tool that is not installed takes no part.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks.usage import python


class Peer(NamedTuple):
    """A tool to sweep with: the package that it is, and what of ``sides`` runs our model by it."""

    package: str
    module: str
    function: str


PEERS = {
    "mesa.batch_run, month by month": Peer("mesa", "by_mesa", "batch_run"),
    "agentpy.Experiment, one call a run": Peer("agentpy", "by_agentpy", "experiment"),
    "EMA Workbench, one call a run": Peer("ema_workbench", "by_ema", "evaluator"),
}
PROCESSES = 2


def present() -> list[str]:
    """Return the tools that are installed, and say in a line which is not."""
    there = {name: find_spec(peer.package) is not None for name, peer in PEERS.items()}
    for name, peer in PEERS.items():
        if not there[name]:
            print(f"{name}: not installed, and takes no part (pip install {peer.package})")
    return [name for name in PEERS if there[name]]


def seconds_a_run(name: str, runs: int, more: int) -> float:
    """Return the seconds of a further run: what ``more`` runs take longer than ``runs``, so without any start.

    Raises:
        SystemExit: the tool's outcomes are not the model's.
    """
    few, many = map(float, python("-m", "benchmarks.peers", name, str(runs), str(more)).said.splitlines()[-1].split())
    return max(many - few, 0.0) / (more - runs)


def time_tool(name: str, runs: int) -> float:
    """Return the seconds in which a tool makes and keeps so many runs.

    Raises:
        SystemExit: its outcomes are not the model's.
    """
    import numpy as np

    from benchmarks.sides.bare import finals

    peer = PEERS[name]
    sweep = getattr(importlib.import_module(f"benchmarks.sides.{peer.module}"), peer.function)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        kept = sweep(range(runs), PROCESSES)
        np.save(Path(folder, "kept.npy"), kept)
        seconds = time.perf_counter() - begun
    if not np.array_equal(kept, finals(range(runs)), equal_nan=True):
        raise SystemExit(f"{name}: its outcomes are not those of our model: nothing is timed")
    return seconds


if __name__ == "__main__":
    finding, *counts = sys.argv[1:]
    time_tool(finding, 2 * PROCESSES)  # whatever is loaded at first use
    print(*(time_tool(finding, int(count)) for count in counts))
