"""All benchmarks with targets, in some ten minutes on two quiet cores: tables, JSON, and a figure.

    python -m benchmarks.bench [--long] [--out results/bench]

It ends with 1 if a side turns out to be another model than ours; a missed target is a finding, and no failure. More
rounds and larger sweeps are taken with ``--long``, in an hour or two. The largest populations take 6 GB of memory.
agentpy and the EMA Workbench take part where they are installed (``pip install agentpy ema_workbench``).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import adopters, starting, store, sweeps, whole
from benchmarks.figure import draw
from benchmarks.harness import Part, Target, machine, target_table, write_json

RESULTS = Path("results/bench")
PARTS: Mapping[str, Callable[[bool], Part]] = {
    "whole runs": whole.measure,
    "start": starting.measure,
    "adopters": adopters.measure,
    "sweeps": sweeps.measure,
    "store": store.measure,
}


def main() -> None:
    """Measure all parts, print them, and write the JSON and the figure."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--long", action="store_true", help="measure what takes more than minutes, too")
    given.add_argument("--out", type=Path, default=RESULTS, help="folder of bench.json and bench.png")
    options = given.parse_args()
    described = machine()
    print(", ".join(f"{what} {value}" for what, value in described.items()), "\n")
    begun = time.perf_counter()
    parts = {name: measure(options.long) for name, measure in PARTS.items()}
    minutes = (time.perf_counter() - begun) / 60.0
    targets = [target for part in parts.values() for target in part.targets]
    print(target_table(targets))
    write_json(options.out / "bench.json", document(described, options.long, minutes, parts))
    draw(options.out / "bench.png", parts["adopters"], parts["whole runs"])
    print(f"\n{minutes:.0f} minutes; {options.out / 'bench.json'} and {options.out / 'bench.png'} are written")


def document(described: dict[str, Any], long: bool, minutes: float, parts: Mapping[str, Part]) -> dict[str, Any]:
    """Return all that was found, for JSON."""
    return {
        "machine": described,
        "long": long,
        "minutes": round(minutes, 1),
        "targets": [_judged(target) for part in parts.values() for target in part.targets],
        "parts": {name: {"comparisons": _comparisons(part), "found": part.found} for name, part in parts.items()},
    }


def _judged(target: Target) -> dict[str, Any]:
    measured = None if target.measured is None else target.measured._asdict()
    return asdict(target) | {"measured": measured, "verdict": target.verdict}


def _comparisons(part: Part) -> list[dict[str, Any]]:
    return [asdict(comparison) for comparison in part.comparisons]


if __name__ == "__main__":
    main()
