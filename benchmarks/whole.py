"""Whole default runs: the bare model against the same model as idiomatic Mesa object code, by ``mesa.batch_run``.

    python -m benchmarks.whole [--long]

Before anything is timed both sides are held against each other in distribution; a twin that is another model ends the
benchmark. Both run in this one process, in turns, as a sweep would run them; last, a sampling profiler says where the
model's time goes. ``--long`` takes more runs and rounds.
"""

from __future__ import annotations

import gc
import time
from typing import Any

from benchmarks.harness import Part, Spread, Target, compare, run_alone, table
from benchmarks.shares import KINDS, NotSampledError, sample
from benchmarks.twin.agree import agreement, report, run_twin
from sim.model import InnovationModel

MODEL, TWIN = "model", "twin by mesa.batch_run"
RUNS = {MODEL: 20, TWIN: 3}  # in a round
SHOWN = 6  # the distributions that are least alike
SAMPLED, SECONDS = 3, 8.0  # goes of the profiler, and the length of each


def measure(long: bool = False) -> Part:
    """Hold the sides to each other, time a default run on both, and sample where the model's time goes.

    Raises:
        SystemExit: the twin is another model.
    """
    compared = agreement(200 if long else 60)
    print(report(compared, SHOWN), "\n")
    if any(each.differs for each in compared):
        raise SystemExit("the twin is another model than ours: nothing is timed")
    timed = compare({MODEL: model_run, TWIN: twin_run}, 25 if long else 7, MODEL, title="a default run")
    print(timed.table(), "\n")
    speeds = {side: 1.0 / timed.time(side).median for side in timed.seconds}
    print(table(["side", "runs a second and core"], [[side, f"{speed:.1f}"] for side, speed in speeds.items()]), "\n")
    least = min(each.adjusted for each in compared)
    found: dict[str, Any] = {"runs_a_second_and_core": speeds, "agreement": {"tests": len(compared), "least_p": least}}
    times = Target("default run: twin / model", 100.0, timed.ratio(TWIN), at_least=True)
    return Part("whole runs", [timed], [times, _share(found)], found)


def _share(found: dict[str, Any]) -> Target:
    """Sample where the model's time goes, and lay it down."""
    what = "default run: share of time in compiled code or NumPy"
    try:
        sampled = [sample(SECONDS) for _ in range(SAMPLED)]
    except NotSampledError as error:
        return Target(what, 0.5, None, at_least=True, note=str(error))
    found["shares_of_time"] = sampled
    rows = [[kind, *(f"{shares[kind]:.0%}" for shares in sampled)] for kind in KINDS]
    print(table(["where the model's time goes", *(f"go {n + 1}" for n in range(SAMPLED))], rows), "\n")
    return Target(what, 0.5, Spread.of([1.0 - shares["interpreter"] for shares in sampled]), at_least=True)


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
    run_alone(measure, __doc__)
