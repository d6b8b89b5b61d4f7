"""Run the case and keep what is compared: each dated release as it came out, and three series."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.case.facts import Observation, introduced
from experiments.config import Config
from sim.mechanisms import capability
from sim.model import InnovationModel
from sim.outcomes import Event

Floats = NDArray[np.float64]

SERIES = {
    "unit_cost": "unit cost of the product on offer",
    "capability": "capability of the product on offer",
    "users": "users of the focal product",
}
"""Series that are kept of every run."""

NO_TRIALS = {"search.enabled": False, "feedback.inflow": False}
"""The placebo: nobody redesigns anything of the firm's, neither it nor its users."""


class Released(NamedTuple):
    """One release of the focal firm as it came out.

    Attributes:
        filled: slots by the way in which they were filled.
        introduced_cost: part of its unit cost that sits in the slots which it introduces.
    """

    name: str
    month: int
    unit_cost: float
    capability: float
    filled: dict[str, int]
    introduced_cost: float

    @property
    def reuse_share(self) -> float:
        """Share of its slots that reuse a module."""
        return self.filled["reused"] / sum(self.filled.values())


class CaseRun(NamedTuple):
    """What one seed did: its releases, its series (months,), the first for month 1, and its events."""

    seed: int
    releases: tuple[Released, ...]
    series: dict[str, Floats]
    events: tuple[Event, ...]

    def observation(self) -> Observation:
        """Return the run as the patterns see it."""
        return Observation(
            unit_cost={release.name: release.unit_cost for release in self.releases},
            capability={release.name: release.capability for release in self.releases},
            reuse_share={release.name: release.reuse_share for release in self.releases},
            users=dict(enumerate(self.series["users"].tolist(), start=1)),
        )


FILLED = ("reused", "redeveloped", "made", "adopted")
"""The ways to fill a slot of a release."""


def run_case(config: Config, seed: int) -> CaseRun:
    """Run one seed to its end."""
    model = InnovationModel(config.parameters, rng=seed, edges=config.edges)
    releases: list[Released] = []
    known = len(model.events)
    while model.running:
        model.step()
        happened = [event for event in model.events[known:] if event.firm == "focal"]
        known = len(model.events)
        releases += [_released(model, event, happened) for event in happened if event.kind == "released"]
    observed = model.datacollector.model_vars
    series = {name: np.array(observed[name], dtype=np.float64) for name in SERIES}
    return CaseRun(seed, tuple(releases), series, tuple(model.events))


def run_all(config: Config, seeds: int, on_run: Callable[[], None] = lambda: None) -> list[CaseRun]:
    """Run seeds 0 to ``seeds`` - 1, calling ``on_run`` after each."""
    runs = []
    for seed in range(seeds):
        runs.append(run_case(config, seed))
        on_run()
    return runs


def _released(model: InnovationModel, event: Event, happened: list[Event]) -> Released:
    """Return a release with the capability that its own unit cost gives, be it the one on offer or not."""
    given = model.parameters.market
    lost, tariff = model.environment.compute_lost, model.policy["compute_tariff"]
    compute = capability.compute(model.focal.strategy.compute, given.compute_growth, model.month, lost, tariff)
    slots = [other for other in happened if other.product == event.product and other.kind in FILLED]
    ways = [slot.kind for slot in slots]
    weights = dict(zip(model.architecture.slots, model.architecture.weights.tolist(), strict=True))
    new = introduced(event.product)  # made to the release's own requirement, so without mismatch
    return Released(
        name=event.product,
        month=event.month,
        unit_cost=event.value,
        capability=capability.capability(compute, event.value, given.scaling),
        filled={way: ways.count(way) for way in FILLED},
        introduced_cost=sum(weights[slot.slot] * slot.value for slot in slots if slot.slot in new),
    )
