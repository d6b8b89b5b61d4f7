"""Whole default runs: the bare model against the same model as idiomatic Mesa object code, by ``mesa.batch_run``.

    python -m benchmarks.whole [--rounds 5] [--runs 60] [--out FILE]

First both sides are held to each other in distribution; if they differ, the benchmark ends there with status 1. Then
each round times them in turn, each in this one process. Last, a sampling profiler says where a run's time goes.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import Part, Spread, Target, compare, machine, target_table, write_json
from benchmarks.shares import NotSampledError, sample
from benchmarks.twin.agree import agreement, report, run_twin
from sim.model import InnovationModel

MODEL, TWIN = "model", "twin by mesa.batch_run"
RUNS = {MODEL: 20, TWIN: 3}  # in a round
TIMES_AS_FAST, SHARE = 100.0, 0.5
SAMPLED, SECONDS = 3, 8.0  # goes of the profiler, and the length of each


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rounds", type=int, default=5)
    given.add_argument("--runs", type=int, default=60, help="runs a side to hold the sides to each other")
    given.add_argument("--out", type=Path, help="write what was found as JSON, too")
    options = given.parse_args()
    compared = agreement(options.runs)
    print(report(compared))
    if any(each.differs for each in compared):
        sys.exit("the twin is not the same model: nothing is timed")
    part = measure(options.rounds)
    print(f"\n{part.comparisons[0].table()}\n\n{target_table(part.targets)}")
    if options.out is not None:
        write_json(options.out, {"machine": machine(), **part.found})


def measure(rounds: int) -> Part:
    """Time a default run on both sides, and sample where the model's time goes."""
    timed = compare({MODEL: model_run, TWIN: twin_run}, rounds, MODEL, title="one default run")
    found: dict[str, Any] = {
        "seconds_a_run": timed.seconds,
        "runs_a_second_and_core": {side: 1.0 / timed.time(side).median for side in timed.seconds},
    }
    try:
        sampled = [sample(SECONDS) for _ in range(SAMPLED)]
    except NotSampledError as error:
        fast, note = None, str(error)
    else:
        found["shares_of_time"] = sampled
        fast, note = Spread.of([1.0 - shares["interpreter"] for shares in sampled]), ""
    targets = [
        Target("default run: twin's time / model's", TIMES_AS_FAST, timed.ratio(TWIN), at_least=True),
        Target("default run: share in compiled code or NumPy", SHARE, fast, at_least=True, note=note),
    ]
    return Part("whole runs", [timed], targets, found)


def model_run() -> float:
    """Return the seconds of a bare default run."""
    gc.collect()
    begun = time.perf_counter()
    for seed in range(RUNS[MODEL]):
        InnovationModel(rng=seed).run_model()
    return (time.perf_counter() - begun) / RUNS[MODEL]


def twin_run() -> float:
    """Return the seconds of a run of the twin, batched by Mesa."""
    gc.collect()
    begun = time.perf_counter()
    run_twin(range(RUNS[TWIN]))
    return (time.perf_counter() - begun) / RUNS[TWIN]


if __name__ == "__main__":
    main()
