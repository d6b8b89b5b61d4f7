"""What every benchmark shares: sides timed in turns, the machine in words, tables, targets, JSON.

A comparison runs all its sides within one go: each round times every side once, and the order moves on by one from
round to round, so that a drift of the machine meets all alike. What is told is a ratio of two sides within a round: the
median over rounds, the least and the most.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

PACKAGES = ("numpy", "scipy", "numba", "mesa", "agentpy", "ema_workbench", "distributed", "pyarrow", "networkx")

Side = Callable[[], float | None]


class Spread(NamedTuple):
    """A measured number: its median over rounds, the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of some values, one at least."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Comparison:
    """Sides timed in turns, seconds a round, and the side that the others are held against."""

    title: str
    against: str
    seconds: dict[str, list[float]]

    def time(self, side: str) -> Spread:
        """Return the seconds of a side."""
        return Spread.of(self.seconds[side])

    def ratio(self, side: str, against: str | None = None) -> Spread:
        """Return how many times as long as the other side a side took, round by round."""
        other = self.seconds[self.against if against is None else against]
        return Spread.of([mine / its for mine, its in zip(self.seconds[side], other, strict=True)])

    def table(self) -> str:
        """Return the sides as a table: seconds, and how many times as long as the side held against."""
        rows = [
            [side, *_cells(self.time(side)), *(_cells(self.ratio(side)) if side != self.against else ["1", "", ""])]
            for side in self.seconds
        ]
        return table([self.title, "seconds", "least", "most", f"/ {self.against}", "least", "most"], rows)


@dataclass(frozen=True)
class Target:
    """What a measured number should be at least or at most; ``measured`` is None if it was not, ``note`` says why."""

    what: str
    bound: float
    measured: Spread | None
    at_least: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the median is within the bound, in a word or two."""
        if self.measured is None:
            return "not measured"
        value = self.measured.median
        return "met" if (value >= self.bound if self.at_least else value <= self.bound) else "missed"


@dataclass
class Part:
    """What one benchmark found: comparisons, targets, and whatever else it lays down for the JSON and the figure."""

    name: str
    comparisons: list[Comparison] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)


def compare(
    sides: Mapping[str, Side], rounds: int, against: str, *, title: str = "", warm_up: bool = True
) -> Comparison:
    """Time all sides in turns.

    Args:
        sides: what to run; a side returns the seconds that count, or None to be timed from outside.
        rounds: how often each side runs, 1 at least.
        against: the side that the others are held against.
        title: what the comparison is of.
        warm_up: run each side once before, unmeasured.

    Raises:
        ValueError: no round, or no side of the name ``against``.
    """
    if rounds < 1 or against not in sides:
        raise ValueError(f"compare: needs 1 round and a side called {against!r}, not {rounds} and {list(sides)}")
    names = list(sides)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    if warm_up:
        for side in sides.values():
            side()
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            seconds[name].append(timed(sides[name]))
    return Comparison(title, against, seconds)


def timed(side: Side) -> float:
    """Return the seconds that a side says it took, or that it took."""
    begun = time.perf_counter()
    said = side()
    return time.perf_counter() - begun if said is None else said


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return the power of size with which a cost grows: the slope of a line through the logarithms."""
    xs, ys = [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    return statistics.linear_regression(xs, ys).slope


def machine() -> dict[str, Any]:
    """Describe the machine and the libraries that matter; it names neither the host nor a folder."""
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _cpu(),
        "cores": free,
        "memory_gb": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.release().split('-')[0]}, {platform.machine()}",
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
    }


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows as aligned text, the first column to the left and the others to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in lines) for column in range(len(header))]

    def line(row: Sequence[str]) -> str:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(wide) for cell, wide in zip(row[1:], widths[1:], strict=True))]
        return "  ".join(cells).rstrip()

    return "\n".join([line(lines[0]), line(["-" * wide for wide in widths]), *map(line, lines[1:])])


def target_table(targets: Iterable[Target]) -> str:
    """Return targets as a table: bound, what was measured and its spread, and the verdict."""
    rows = []
    for target in targets:
        bound = f"{'≥' if target.at_least else '≤'} {brief(target.bound)}"
        measured = ["", "", ""] if target.measured is None else _cells(target.measured)
        rows.append([target.what, bound, *measured, target.verdict, target.note])
    return table(["target", "bound", "measured", "least", "most", "verdict", ""], rows)


def brief(value: float) -> str:
    """Return a number in three digits, large ones with commas."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def run_alone(measure: Callable[[bool], Part], about: str | None) -> None:
    """Be the command line of one benchmark: measure, print its targets; ``about`` is its docstring."""
    given = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--long", action="store_true", help="measure what takes more than minutes, too")
    print(target_table(measure(given.parse_args().long).targets))


def write_json(path: Path, found: Mapping[str, Any]) -> None:
    """Write a file of JSON whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _cells(spread: Spread) -> list[str]:
    return [brief(value) for value in spread]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _cpu() -> str:
    """The processor's name as the system gives it."""
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    return platform.processor() or platform.machine()
