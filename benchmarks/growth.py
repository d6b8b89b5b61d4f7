"""How time and memory of our adopters grow with their number: each size in a fresh process, 10^4 to 10^7.

    python -m benchmarks.growth ADOPTERS

does one size and prints what it found as JSON: seconds to draw the network, to draw the population, and of a month
(the median of a year); the peak of the process's resident memory, and what it was before; and the bytes of the
population beside the network, by Python's own count of allocations: held, and at the peak of a month with its
temporaries. What compiled code allocates for itself is not in that count, but it is in the resident memory.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.harness import Spread, Target, brief, exponent, table
from benchmarks.sides.flywheel import Flywheel
from benchmarks.world import build

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
YEAR = 12

Found = dict[str, float]


def measure(rounds: int, sizes: Sequence[int] = SIZES) -> list[list[Found]]:
    """Measure each size in a process of its own, all sizes in each round; print and return what was found."""
    found = [[_apart(size) for size in sizes] for _ in range(rounds)]
    rows = []
    for each in zip(*found, strict=True):
        middle = {key: statistics.median(one[key] for one in each) for key in each[0]}
        n = middle["adopters"]
        rows.append([
            f"{n:,.0f}", brief(middle["network_seconds"]), brief(middle["population_seconds"]),
            brief(1e3 * middle["month_seconds"]), brief(1e9 * middle["month_seconds"] / n),
            brief(middle["peak_bytes"] / 2**20), brief(middle["held_bytes"] / n), brief(middle["month_bytes"] / n),
        ])  # fmt: skip
    header = [
        "adopters, fresh process", "network, s", "population, s", "month, ms", "month, ns each", "peak, MB",
        "bytes each, held", "peak of a month",
    ]  # fmt: skip
    print(table(header, rows), "\n")
    return found


def targets(found: Sequence[Sequence[Found]]) -> list[Target]:
    """Return what was wanted of growth: exponents from the least size to the largest, and bytes an adopter there.

    The memory's exponent leaves out sizes below 10^5, whose few megabytes hide in what the process had before.
    """
    month, set_up = _exponents(found, "month_seconds"), _exponents(found, "set_up_seconds")
    beyond = _exponents([_from(each, 1e6) for each in found], "month_seconds").median
    memory = _exponents([_from(each, 1e5) for each in found], "more_bytes")
    bytes_each = Spread.of([each[-1]["month_bytes"] / each[-1]["adopters"] for each in found])
    return [
        Target("growth of a month with adopters, exponent", 1.05, month, note=f"{beyond:.2f} from 10^6 on"),
        Target("growth of set-up with adopters, exponent", 1.05, set_up),
        Target("growth of memory with adopters, exponent", 1.05, memory),
        Target("bytes an adopter beside the graph", 80.0, bytes_each),
    ]


def alone(adopters: int) -> Found:
    """Measure one size in this process, which should be fresh."""
    warm = Flywheel(build(500), 0)
    for _ in range(2):
        warm.step()
    before, begun = _peak(), time.perf_counter()
    world = build(adopters)
    drawn = time.perf_counter()
    run = Flywheel(world, 0)
    ready = time.perf_counter()
    months = []
    for _ in range(YEAR):
        started = time.perf_counter()
        run.step()
        months.append(time.perf_counter() - started)
    peak = _peak()
    columns = sum(column.nbytes for column in vars(run.population).values() if isinstance(column, np.ndarray))
    del run
    tracemalloc.start()
    run = Flywheel(world, 0)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for _ in range(2):
        run.step()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "adopters": adopters, "network_seconds": drawn - begun, "population_seconds": ready - drawn,
        "set_up_seconds": ready - begun, "month_seconds": statistics.median(months), "peak_bytes": peak,
        "more_bytes": peak - before, "columns_bytes": columns, "held_bytes": held, "month_bytes": most,
    }  # fmt: skip


def _apart(adopters: int) -> Found:
    asked = [sys.executable, "-m", "benchmarks.growth", str(adopters)]
    done = subprocess.run(asked, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{adopters:,} adopters: the process ended with {done.returncode}; is there memory enough?")
    found: Found = json.loads(done.stdout)
    return found


def _from(found: Sequence[Found], adopters: float) -> list[Found]:
    return [each for each in found if each["adopters"] >= adopters]


def _exponents(found: Sequence[Sequence[Found]], cost: str) -> Spread:
    """The exponent of a cost, round by round."""
    return Spread.of([exponent([one["adopters"] for one in each], [one[cost] for one in each]) for each in found])


def _peak() -> int:
    """The most resident memory that this process has had, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage of Linux remembers the parent's peak
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    print(json.dumps(alone(int(sys.argv[1]))))
