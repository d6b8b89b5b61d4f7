"""Whether the object-code twin is the same model: its outcomes against the model's, in distribution.

    python -m benchmarks.twin.agree [--runs 60]

Both sides run as many seeds, which give them different random numbers. Every outcome that both observe is compared in
its distribution over seeds, in the middle of the run and at its end, by a two-sample Kolmogorov-Smirnov test; Holm's
correction keeps the chance to find fault with two sides that are the same at 1 %. Exit status 1 if they differ.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

import mesa
from scipy.stats import ks_2samp

from benchmarks.harness import brief, table
from benchmarks.twin import Twin
from benchmarks.twin.outcomes import REPORTERS
from experiments.inference.verdict import holm_adjusted
from sim.model import InnovationModel
from sim.outcomes import COLUMNS
from sim.parameters import Parameters

LEVEL = 0.01  # chance to find fault with two sides that are the same
OUTCOMES = [column.name for column in COLUMNS if column.name in REPORTERS and column.name != "month"]

Samples = Mapping[tuple[str, int], Sequence[float]]


class Compared(NamedTuple):
    """One outcome in one month: means of both sides, the largest gap between their distributions, and p-values."""

    outcome: str
    month: int
    model: float
    twin: float
    gap: float
    p: float
    adjusted: float

    @property
    def differs(self) -> bool:
        """Whether the two sides are not the same."""
        return self.adjusted < LEVEL


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--runs", type=int, default=60, help="runs a side")
    compared = agreement(given.parse_args().runs)
    print(report(compared))
    sys.exit(any(each.differs for each in compared))


def agreement(runs: int) -> list[Compared]:
    """Run both sides so often and compare what came out, the least alike first."""
    months = Parameters().run.months
    when = (months // 4, months // 2, months)
    return compare(model_samples(runs, when), twin_samples(runs, when))


def model_samples(runs: int, months: Sequence[int]) -> dict[tuple[str, int], list[float]]:
    """Return the model's outcomes in some months, a number a run."""
    samples: dict[tuple[str, int], list[float]] = {(name, month): [] for name in OUTCOMES for month in months}
    for seed in range(runs):
        model = InnovationModel(rng=seed)
        model.run_model()
        for (name, month), sample in samples.items():
            sample.append(model.datacollector.model_vars[name][month - 1])
    return samples


def twin_samples(runs: int, months: Sequence[int]) -> dict[tuple[str, int], list[float]]:
    """Return the twin's outcomes in some months, a number a run."""
    rows = [row for row in run_twin(range(runs), data_collection_period=1) if row["month"] in months]
    return {
        (name, month): [row[name] for row in rows if row["month"] == month] for name in OUTCOMES for month in months
    }


def run_twin(seeds: Sequence[int], **options: Any) -> list[dict[str, Any]]:
    """Run the twin by Mesa, in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Mesa 3.5 deprecates an argument that 3.3 needs
        rows = mesa.batch_run(Twin, {"rng": list(seeds)}, number_processes=1, display_progress=False, **options)
    getattr(mesa.Agent, "_ids", {}).clear()  # Mesa 3.3 holds every model for ever; later versions do not
    return rows


def compare(model: Samples, twin: Samples) -> list[Compared]:
    """Compare the distributions of the same outcomes, the least alike first."""
    tests = [ks_2samp(model[key], twin[key], method="asymp") for key in model]
    adjusted = holm_adjusted([float(test.pvalue) for test in tests])
    compared = [
        Compared(*key, fmean(model[key]), fmean(twin[key]), float(test.statistic), float(test.pvalue), float(p))
        for key, test, p in zip(model, tests, adjusted, strict=True)
    ]
    return sorted(compared, key=lambda each: each.p)


def report(compared: Sequence[Compared], shown: int | None = None) -> str:
    """Return the comparison as a table, the first ``shown`` rows or all, and what follows from it."""
    header = ["outcome", "month", "model", "twin", "gap", "p", "after Holm"]
    rows = []
    for each in compared[:shown]:
        chances = [f"{p:.2g}" for p in (each.p, each.adjusted)]
        rows.append([each.outcome, str(each.month), *map(brief, (each.model, each.twin, each.gap)), *chances])
    differing = sum(each.differs for each in compared)
    verdict = f"{differing} differ" if differing else "none differs"
    return f"{table(header, rows)}\n\nof {len(compared)} distributions {verdict} (family of tests at {LEVEL:.0%})"


if __name__ == "__main__":
    main()
