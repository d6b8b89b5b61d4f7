"""How soon the program is there: ``flywheel --help``, and a default run with a cold and with a warm compile cache.

    python -m benchmarks.starting

Every side is a process, from its start to its end, in turns. The cold side finds an empty folder in place of the cache
of compiled kernels, as right after an installation; the warm side one that an earlier run has filled. A run is that of
``configs/baseline.toml`` without its figures.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import Part, Target, compare, run_alone

ROOT = Path(__file__).parents[1]
NUMPY, HELP = "python -c 'import numpy'", "flywheel --help"
WARM, COLD = "a default run, warm", "a default run, cold compile cache"


def measure(long: bool = False) -> Part:
    """Time the processes in turns, an unmeasured turn before."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        helped = compare({NUMPY: _numpy, HELP: _help}, 41 if long else 15, NUMPY, title="start of a process")
        print(helped.table(), "\n")
        runs = {WARM: _warm(folder), COLD: _cold(folder)}
        ran = compare(runs, 9 if long else 5, WARM, title="a process that makes one run")
        print(ran.table(), "\n")
    target = Target("flywheel --help, warm / import numpy", 3.0, helped.ratio(HELP))
    return Part("start", [helped, ran], [target])


def _numpy() -> None:
    call(["-c", "import numpy"])


def _help() -> None:
    call(["-m", "experiments", "--help"])


def _warm(folder: Path) -> Callable[[], None]:
    """Return a side that finds what an earlier call has compiled."""
    return lambda: default_run(folder, folder / "compiled")


def _cold(folder: Path) -> Callable[[], None]:
    """Return a side that finds nothing compiled."""

    def side() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as empty:
            default_run(folder, Path(empty))

    return side


def default_run(folder: Path, cache: Path) -> None:
    """Make one default run in a process that keeps compiled kernels in ``cache``."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        config, given = str(ROOT / "configs" / "baseline.toml"), ["--no-figures", "--out", str(Path(out, "run"))]
        call(["-m", "experiments", "run", config, *given], NUMBA_CACHE_DIR=str(cache))


def call(arguments: list[str], **environment: str) -> None:
    """Run Python to its end.

    Raises:
        SystemExit: it failed; with what it said.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"python {' '.join(arguments)}\n{done.stderr}")


if __name__ == "__main__":
    run_alone(measure, __doc__)
