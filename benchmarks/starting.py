"""How long compilation takes: a process that makes one default run, with nothing compiled before.

    python -m benchmarks.starting

Each round is a process with an empty folder for machine code, as right after an installation. It tells the seconds of
its first default run, in which everything is compiled, and of its second, in which nothing is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.harness import Part, Spread, Target, brief, run_alone

ROOT = Path(__file__).parents[1]
SCRIPT = """
import time
from sim.model import InnovationModel
for _ in range(2):
    begun = time.perf_counter()
    InnovationModel(rng=0).run_model()
    print(time.perf_counter() - begun)
"""


def measure(long: bool = False) -> Part:
    """Compile everything in processes of their own."""
    spent = [_compile() for _ in range(7 if long else 3)]
    print("seconds to compile all:", ", ".join(map(brief, spent)), "\n")
    return Part("start", [], [Target("cold compile in all, seconds", 20.0, Spread.of(spent))], {"seconds": spent})


def _compile() -> float:
    with tempfile.TemporaryDirectory() as empty:
        given = os.environ | {"NUMBA_CACHE_DIR": empty, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", SCRIPT], env=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    first, second = map(float, done.stdout.split())
    return first - second


if __name__ == "__main__":
    run_alone(measure, __doc__)
