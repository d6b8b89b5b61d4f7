"""Run the case, and keep what its patterns are read from: the dated releases and the record of each month."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from experiments.config import Config, load
from experiments.errors import UsageError
from sim.founding import advance_tables, found_tables
from sim.outcomes import product_name
from sim.parameters import Parameters
from sim.world import WAYS, Tables

_HERE = Path(__file__).resolve().parents[1]
NO_TRIALS = {"search.enabled": False}
"""The placebo: nobody redesigns anything. Patches and imitation end too, as both rest on experience with trials."""


class CaseRun(NamedTuple):
    """What one run observed.

    Attributes:
        slots: names of the product's slots.
        releases: rows of the focal firm's releases by name.
        record: all columns, a row a month, the first for month 1.
    """

    slots: tuple[str, ...]
    releases: dict[str, Any]
    record: Any

    def filled(self, product: str, way: str) -> int:
        """Return how many slots a release filled in a way: made, copied, reused or adopted."""
        return int((self.releases[product].ways[: len(self.slots)] == WAYS.index(way)).sum())


def default_config() -> Path:
    """Return the project's own config of the case: in the checkout, or as installed with the package."""
    found = next((path for path in (_HERE.parent / "configs", _HERE / "configs") if path.is_dir()), None)
    if found is None:
        raise UsageError("case: no configs/case.toml beside the program; name a config: flywheel case CONFIG")
    return found / "case.toml"


def case_parameters() -> Parameters:
    """Return the parameters of the case."""
    return load(default_config()).parameters


def run_case(config: Config, seed: int) -> CaseRun:
    """Run one seed to its end."""
    try:
        tables = found_tables(config.parameters, seed, config.edges, keeps_events=False)
    except ValueError as error:  # values that are each in range, but do not go together
        raise UsageError(str(error)) from error
    return read_run(advance_tables(tables, config.parameters.run.months), config.parameters)


def read_run(tables: Tables, parameters: Parameters) -> CaseRun:
    """Return what the patterns are read from."""
    rows = [row for row in tables.releases[: int(tables.world[0].here.releases)] if row.firm == 0]
    named = {product_name(parameters, 0, int(row.number)): row for row in rows}
    return CaseRun(parameters.architecture.slots, named, tables.record)


def run_all(config: Config, seeds: int, on_run: Callable[[], None] = lambda: None) -> list[CaseRun]:
    """Run seeds 0 to ``seeds`` - 1, calling ``on_run`` after each."""
    runs = []
    for seed in range(seeds):
        runs.append(run_case(config, seed))
        on_run()
    return runs
