"""Whether the compiled core is the reference model: their outcomes, in distribution.

    python -m benchmarks.reference [--runs 60] [--worlds 12]

Both sides run as many seeds, which give them different random numbers, in the default world, the case, and random
worlds that are drawn over the whole parameter space. Every outcome that both observe is compared in its distribution
over seeds, at several months, by a two-sample Kolmogorov-Smirnov test; Holm's correction over all of them keeps the
chance to find fault with two sides that are the same at 1 %. Exit status 1 if they differ.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from benchmarks.harness import brief, table
from experiments.stats.holm import holm
from sim.founding import advance_tables, found_tables
from sim.parameters import Parameters, declared
from sim.reference import Reference
from sim.reference.outcomes import REPORTERS

LEVEL = 0.01  # chance to find fault with two sides that are the same

Samples = dict[tuple[str, int], NDArray[np.float64]]  # outcomes by name and month, one number a seed


class Compared(NamedTuple):
    """One outcome of a world in one month: means of both sides, the largest gap of their distributions, p-value."""

    world: str
    outcome: str
    month: int
    core: float
    reference: float
    gap: float
    p: float


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--runs", type=int, default=60, help="runs a side and world")
    given.add_argument("--worlds", type=int, default=12, help="worlds: default, case, and random ones")
    asked = given.parse_args()
    compared = [row for name, world in worlds(asked.worlds).items() for row in compare(name, world, asked.runs)]
    adjusted = holm([row.p for row in compared])
    print(report(compared, adjusted, 30))
    sys.exit(any(p < LEVEL for p in adjusted))


def worlds(count: int) -> dict[str, Parameters]:
    """Return the default world, the case, and random worlds."""
    from experiments.case.runs import case_parameters

    made = {"default": Parameters(), "case": case_parameters()}
    for number in range(count - 2):
        made[f"random {number}"] = random_world(number)
    return dict(list(made.items())[:count])


def random_world(number: int) -> Parameters:
    """Return a world whose numbers are drawn around the defaults, and whose switches and choices from all there are."""
    rng = np.random.default_rng([20261126, number])
    changes: dict[str, Any] = {"run.months": 36, "diffusion.adopters": 400, "diffusion.network": "small-world"}
    for key, info in declared():
        if key in changes or key.startswith(("run.", "policy.", "release.", "shock.")) or info.annotation is str:
            continue
        default, bounds = info.default, {type(m).__name__: m for m in info.metadata}
        if info.annotation is bool:
            changes[key] = bool(rng.random() < 0.8)
        elif info.annotation is float and default > 0:
            value = float(default * 2.0 ** rng.normal(0.0, 0.5))
            changes[key] = min(max(value, bounds["Ge"].ge), bounds["Le"].le)
    changes["reuse.lines"], changes["rival.count"] = int(rng.integers(1, 4)), int(rng.integers(0, 3))
    changes["architecture.coupling"] = int(rng.integers(0, 5))
    changes["search.gamma"] = float(rng.choice([0.5, 1.0, 1.0, 2.0]))
    changes["flywheel.form"] = str(rng.choice(["power", "ces", "additive"]))
    changes["diffusion.rule"] = "threshold" if rng.random() < 0.2 else "hazard"
    changes["diffusion.degree"], changes["diffusion.seeds"] = 8.0, float(rng.choice([0.0, 0.02]))
    changes["flywheel.price_floor"] = 1e-2  # the reference makes every trial, one after the other
    changes["frontier.hazard"] = float(rng.choice([0.0, 0.03, 0.1]))
    return Parameters().replace(changes)


def compare(name: str, parameters: Parameters, runs: int) -> list[Compared]:
    """Run both sides so often, and compare what came out."""
    last = parameters.run.months
    months = tuple(dict.fromkeys(max(1, round(last * share)) for share in (0.1, 0.25, 0.5, 1.0)))
    core, reference = core_samples(parameters, range(runs), months), reference_samples(parameters, range(runs), months)
    return [compared(name, key, core[key], reference[key]) for key in core]


def compared(world: str, key: tuple[str, int], core: Any, reference: Any) -> Compared:
    """Compare the distributions of one outcome in one month over the seeds of both sides."""
    # A missing outcome is one that lies beyond all others: whether it is missing is compared as well.
    # Nine digits are compared, since what has no chance in it is the same but for rounding.
    sides = [[float(f"{value:.9g}") for value in np.nan_to_num(side, nan=1e300)] for side in (core, reference)]
    test = ks_2samp(*sides, method="asymp")
    means = [float(np.nanmean(side)) if not np.isnan(side).all() else np.nan for side in (core, reference)]
    return Compared(world, *key, *means, float(test.statistic), float(test.pvalue))


def core_samples(parameters: Parameters, seeds: Sequence[int], months: Sequence[int]) -> Samples:
    """Return the core's outcomes in some months."""
    tables = [advance_tables(found_tables(parameters, seed), parameters.run.months) for seed in seeds]
    names = [name for name in tables[0].record.dtype.names if name in REPORTERS and name != "month"]
    return {(name, m): np.array([each.record[name][m - 1] for each in tables]) for name in names for m in months}


def reference_samples(parameters: Parameters, seeds: Sequence[int], months: Sequence[int]) -> Samples:
    """Return the reference's outcomes in some months, by as many processes as there are processors."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(_reference_run, [(parameters.model_dump_json(), seed) for seed in seeds], chunksize=4))
    return {(name, m): np.array([row[name][m - 1] for row in rows], dtype=float) for name in rows[0] for m in months}


def _reference_run(task: tuple[str, int]) -> dict[str, list[float]]:
    parameters, seed = task
    model = Reference(Parameters.model_validate_json(parameters), rng=seed)
    while model.running:
        model.step()
    return dict(model.datacollector.model_vars)


def report(compared: Sequence[Compared], adjusted: NDArray[np.float64], shown: int) -> str:
    """Return the least alike as a table, and what follows from all."""
    header = ["world", "outcome", "month", "core", "reference", "gap", "p", "after Holm"]
    order = sorted(range(len(compared)), key=lambda n: compared[n].p)
    rows = []
    for n in order[:shown]:
        each = compared[n]
        numbers = [brief(value) for value in (each.core, each.reference, each.gap)]
        rows.append([each.world, each.outcome, str(each.month), *numbers, f"{each.p:.2g}", f"{adjusted[n]:.2g}"])
    differing = sum(p < LEVEL for p in adjusted)
    verdict = f"{differing} differ" if differing else "none differs"
    return f"{table(header, rows)}\n\nof {len(compared)} distributions {verdict} (family of tests at {LEVEL:.0%})"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
