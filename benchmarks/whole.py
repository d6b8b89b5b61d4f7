"""Whole default runs: the compiled model against the reference, which is idiomatic Mesa, by ``mesa.batch_run``.

    python -m benchmarks.whole [--long]

Before anything is timed both sides are held against each other in distribution (``benchmarks/reference.py``); a
reference that is another model ends the benchmark. Ours runs as Mesa's users run it, month by month through ``step()``;
as one compiled call a run; and by ``run_batch`` on all cores. All run in turns. Last, how alike the luck of paired arms
is.
"""

from __future__ import annotations

import gc
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import mesa
import numpy as np

from benchmarks import reference
from benchmarks.classic import CLASSIC
from benchmarks.harness import Comparison, Part, Target, compare, run_alone, table
from experiments.stats.holm import holm
from sim.batch import run_batch
from sim.founding import advance_tables, found_tables
from sim.model import InnovationModel
from sim.parameters import Parameters
from sim.reference import Reference

STEPS, CALL, BATCH, REFERENCE = "step by step", "one compiled call", "run_batch, all cores", "reference"
RUNS = {STEPS: 20, CALL: 60, BATCH: 120, REFERENCE: 2}  # in a round
ARM = {"firm.capacity": 1.5}  # times the default


def measure(long: bool = False) -> Part:
    """Hold the sides to each other, and time a default run on each.

    Raises:
        SystemExit: the reference is another model.
    """
    agreed = check(60 if long else 20)
    timed = time_runs(15 if long else 5, RUNS)
    paired = correlation(range(240 if long else 80))
    print(f"log unit cost at the end, default and firm.capacity x 1.5 of the same seed: correlation {paired:.2f}\n")
    found = {"agreement": agreed, "correlation_of_pairs": paired, "seconds_a_run": {
        side: timed.time(side).median for side in timed.seconds
    }}  # fmt: skip
    return Part("whole runs", [timed], targets(timed), found)


def check(runs: int, parameters: Parameters | None = None) -> dict[str, Any]:
    """Hold the reference to ours in the distribution of all outcomes.

    Raises:
        SystemExit: they differ.
    """
    compared = reference.compare("default", parameters or CLASSIC, runs)
    adjusted = holm([row.p for row in compared])
    print(reference.report(compared, adjusted, 3), "\n")
    if min(adjusted) < reference.LEVEL:
        raise SystemExit("the reference is another model than ours: nothing is timed")
    return {"runs": runs, "tests": len(compared), "least_p": float(min(adjusted))}


def time_runs(rounds: int, runs: dict[str, int], parameters: Parameters | None = None) -> Comparison:
    """Time so many runs of each side in turns; seconds are of one run."""
    given = parameters or CLASSIC
    sides: dict[str, Callable[[Sequence[int]], Any]] = {
        STEPS: lambda seeds: [_by_steps(given, seed) for seed in seeds],
        CALL: lambda seeds: [_by_call(given, seed) for seed in seeds],
        BATCH: lambda seeds: run_batch(given, seeds),
        REFERENCE: lambda seeds: _by_mesa(given, seeds),
    }
    timed = compare({name: _clock(sides[name], runs[name]) for name in runs}, rounds, STEPS, title="a default run")
    print(timed.table(), "\n")
    rows = [[side, f"{1.0 / timed.time(side).median:.3g}"] for side in timed.seconds]
    print(table(["side", "runs a second"], rows), "\n")
    return timed


def targets(timed: Comparison) -> list[Target]:
    """Return what was wanted of whole runs."""
    wanted = {STEPS: 200.0, CALL: 350.0, BATCH: 350.0}
    return [
        Target(f"default run, {side}: reference / ours", bound, timed.ratio(REFERENCE, side), at_least=True)
        for side, bound in wanted.items()
    ]


def correlation(seeds: Sequence[int], changes: dict[str, float] | None = None) -> float:
    """Return how alike the log unit cost at the end is, over seeds, in a world and in an arm with more capacity."""
    base = CLASSIC.replace(changes or {})
    arm = base.replace({key: by * base.firm.capacity for key, by in ARM.items()})
    ends = [np.log(run_batch(each, seeds)["unit_cost"][:, -1]) for each in (base, arm)]
    both = np.isfinite(ends[0]) & np.isfinite(ends[1])
    return float(np.corrcoef(ends[0][both], ends[1][both])[0, 1])


def _by_steps(parameters: Parameters, seed: int) -> None:
    model = InnovationModel(parameters, rng=seed)
    while model.running:
        model.step()


def _by_call(parameters: Parameters, seed: int) -> None:
    advance_tables(found_tables(parameters, seed, keeps_events=False), parameters.run.months)


def _by_mesa(parameters: Parameters, seeds: Sequence[int]) -> None:
    given = {"parameters": [parameters], "rng": list(seeds)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Mesa's, of what it will call otherwise
        mesa.batch_run(Reference, given, number_processes=1, max_steps=parameters.run.months, display_progress=False)


def _clock(side: Callable[[Sequence[int]], Any], runs: int) -> Callable[[], float]:
    def timed() -> float:
        gc.collect()
        begun = time.perf_counter()
        side(range(runs))
        return (time.perf_counter() - begun) / runs

    return timed


if __name__ == "__main__":
    run_alone(measure, __doc__)
