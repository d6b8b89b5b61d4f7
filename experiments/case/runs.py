"""Runs of the case as one block over seeds: the readings that are asked for, and the focal firm's releases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from experiments.case.setting import Readings
from experiments.config import Config, load
from experiments.errors import UsageError
from experiments.shipped import shipped
from sim.block import Block
from sim.founding import network_of, releases_of
from sim.parameters import Parameters
from sim.readings import Seen, parse, read
from sim.world import Records

NO_TRIALS = {"search.enabled": False}
"""The placebo: nobody redesigns anything. Patches and imitation end too, as both rest on experience with trials."""


class Runs(NamedTuple):
    """What runs observed.

    Attributes:
        readings: by name, shape (runs,) each.
        releases: of the focal firm in order, shape (runs, releases); of month 0 where none came out.
    """

    readings: Readings
    releases: Records


def default_config() -> Path:
    """Return the project's own config of the case: in the checkout, or as installed with the package."""
    if not (found := shipped("configs/case.toml")).exists():
        raise UsageError("case: no configs/case.toml beside the program; name a config: flywheel case CONFIG")
    return found


def case_parameters() -> Parameters:
    """Return the parameters of the case."""
    return load(default_config()).parameters


def run_all(config: Config, seeds: int, names: Sequence[str]) -> Runs:
    """Run seeds 0 to ``seeds`` - 1 and take readings.

    Raises:
        UsageError: values that are each in range, but do not go together.
    """
    parameters, wanted = config.parameters, [parse(name) for name in names]
    told = sorted({one.told for one in wanted if one.told})
    most = len(releases_of(parameters, 0))
    try:
        network = network_of(parameters, config.edges)
        block = Block(parameters, range(seeds), network, told=told, released=most)
        block.go_on()
    except ValueError as error:
        raise UsageError(str(error)) from error
    kept = block.kept
    series = {name: kept.series[:, :, place] for place, name in enumerate(told)}
    values = read(wanted, Seen(series, kept.releases, parameters.architecture.slots))
    return Runs(dict(zip(names, values.T, strict=True)), kept.releases)
