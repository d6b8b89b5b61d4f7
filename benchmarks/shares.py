"""Where the time of default runs goes: into the interpreter, into NumPy, or into compiled loops.

py-spy samples the native stack of a process that makes runs. A sample counts by what the innermost Python function had
called: a frame of NumPy or of its linear algebra, one of numba or of code without a file, which numba made; otherwise
the interpreter, which thus keeps its own built-ins, its collection of garbage, and NumPy's functions written in Python.
Unlike a deterministic profiler this sees ufuncs and operators of arrays, and does not slow down what it measures.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
KINDS = ("interpreter", "NumPy", "compiled")
RATE = 200  # samples a second

RUNS = """
import time
from sim.model import InnovationModel
def measured(seconds):
    end, seed = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        InnovationModel(rng=seed).run_model()
        seed += 1
InnovationModel(rng=0).run_model()
measured({seconds})
"""

PYTHON = re.compile(r"\.py:\d+\)$|\(<")
NUMPY = re.compile(r"numpy/|openblas")
NUMBA = re.compile(r"numba/|\(_dispatcher\.cpp|\(_typeof\.cpp|\(\?\)$")


class NotSampledError(Exception):
    """Stacks could not be sampled; the message says why."""


def sample(seconds: float) -> dict[str, float]:
    """Make default runs for so long; return the share of time of each kind.

    Raises:
        NotSampledError: py-spy is not there, or may not trace a process.
    """
    spy = shutil.which("py-spy", path=os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")]))
    if spy is None:
        raise NotSampledError("needs py-spy")
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        stacks = Path(folder, "stacks")
        options = ["--native", "--rate", str(RATE), "--format", "raw", "--output", str(stacks)]
        command = [spy, "record", *options, "--", sys.executable, "-c", RUNS.format(seconds=seconds)]
        done = subprocess.run(command, env=os.environ | alone, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode or not stacks.exists():
            said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
            raise NotSampledError(f"py-spy: {said[-1]}")
        return shares(stacks.read_text(encoding="utf-8").splitlines())


def shares(lines: Iterable[str]) -> dict[str, float]:
    """Return the share of each kind among samples within ``measured``; a line is a stack and how often it was seen.

    Raises:
        NotSampledError: no sample is.
    """
    seen: Counter[str] = Counter()
    for line in lines:
        stack, _, times = line.rpartition(" ")
        frames = stack.split(";")
        if any(frame.startswith("measured (") for frame in frames):
            seen[kind(frames)] += int(times)
    if not seen:
        raise NotSampledError("py-spy saw no run")
    return {name: seen[name] / seen.total() for name in KINDS}


def kind(frames: list[str]) -> str:
    """Return what the innermost Python function of a stack, outermost frame first, was in."""
    last = max(place for place, frame in enumerate(frames) if PYTHON.search(frame))
    for frame in frames[last + 1 :]:
        if NUMPY.search(frame):
            return "NumPy"
        if NUMBA.search(frame):
            return "compiled"
    return "interpreter"
