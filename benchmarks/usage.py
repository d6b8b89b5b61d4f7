"""What a command takes, as its user meets it: seconds, processor time and memory from a fresh process to its end.

Processor time and memory are read from ``/proc``, where there is one: of the process itself, so of a sweep's driver
without its workers. Elsewhere they are not a number.
"""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
_LOOK = 0.01  # seconds between two looks at a process


class Usage(NamedTuple):
    """What a command took.

    Attributes:
        seconds: from its start to its end.
        own: processor seconds of the process itself.
        others: processor seconds of the processes that it started, and waited for.
        peak: the most memory that the process itself held, in MB.
        said: what it wrote on its standard output.
    """

    seconds: float
    own: float
    others: float
    peak: float
    said: str

    def numbers(self) -> dict[str, float]:
        """Return all but the words, which may name folders."""
        return {name: value for name, value in self._asdict().items() if name != "said"}


def python(*arguments: str) -> Usage:
    """Run Python with arguments from the project's folder, and return what it took.

    Raises:
        SystemExit: it failed.
    """
    watched = Path("/proc/self/stat").exists()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        begun = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, *arguments], env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=said, stderr=complained
        )
        own, others, peak = _watch(child.pid) if watched else (math.nan, math.nan, math.nan)
        failed = child.wait()
        seconds = time.perf_counter() - begun
        said.seek(0)
        complained.seek(0)
        if failed:
            raise SystemExit(f"{' '.join(arguments)}\n{complained.read()}")
        return Usage(seconds, own, others, peak, said.read())


def _watch(process: int) -> tuple[float, float, float]:
    """Follow a process to its end, and leave it to be waited for."""
    peak = 0.0
    while os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        held = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
        peak = max(peak, int(held[1]) / 1024 if held else 0.0)
        time.sleep(_LOOK)
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    user, system, children_user, children_system = (int(field) / os.sysconf("SC_CLK_TCK") for field in fields[11:15])
    return user + system, children_user + children_system, peak
