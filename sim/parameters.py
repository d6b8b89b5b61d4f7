"""All parameters of one run: the sections of the mechanisms, in the order of the theory."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import pydantic
from pydantic import model_validator
from pydantic.fields import FieldInfo

from sim.architecture import Architecture, check_slots
from sim.declare import Lever, Section
from sim.mechanisms.absorption import Absorption
from sim.mechanisms.commons import Commons
from sim.mechanisms.demand import Demand
from sim.mechanisms.diffusion import Diffusion
from sim.mechanisms.displacement import Displacement
from sim.mechanisms.effort import Arbitrage, Rival, Strategy
from sim.mechanisms.feedback import Feedback
from sim.mechanisms.flywheel import Flywheel
from sim.mechanisms.frontier import Frontier
from sim.mechanisms.leak import Leak
from sim.mechanisms.market import Market
from sim.mechanisms.organisation import Organisation
from sim.mechanisms.policy import Policy
from sim.mechanisms.release import Release, Reuse
from sim.mechanisms.run import Run
from sim.mechanisms.search import Search
from sim.mechanisms.shock import Shock


class Parameters(Section):
    """All parameters of one run."""

    run: Run = Run()
    architecture: Architecture = Architecture()
    search: Search = Search()
    flywheel: Flywheel = Flywheel()
    reuse: Reuse = Reuse()
    displacement: Displacement = Displacement()
    firm: Strategy = Strategy()
    rival: Rival = Rival()
    arbitrage: Arbitrage = Arbitrage()
    frontier: Frontier = Frontier()
    absorption: Absorption = Absorption()
    demand: Demand = Demand()
    organisation: Organisation = Organisation()
    market: Market = Market()
    diffusion: Diffusion = Diffusion()
    commons: Commons = Commons()
    feedback: Feedback = Feedback()
    leak: Leak = Leak()
    policy: Policy = Policy()
    release: Release = Release()
    shock: Shock = Shock()

    @model_validator(mode="after")
    def _slots_exist(self) -> Parameters:
        slots = self.architecture.slots
        if self.demand.inheritance:
            check_slots(slots, self.demand.inherited, "demand.inherited")
        if self.shock.slot:
            check_slots(slots, (self.shock.slot,), "shock.slot")
        for release in self.release.schedule:
            check_slots(slots, release.introduces, f"release.schedule '{release.name}'")
            if release.line >= self.reuse.lines:
                raise ValueError(
                    f"release.schedule '{release.name}': line {release.line}, but reuse.lines is {self.reuse.lines}"
                )
        self._levers_exist()
        return self

    def _levers_exist(self) -> None:
        known = {lever.name: lever for section in type(self).model_fields.values() for lever in _levers(section)}
        for measure in self.policy.schedule:
            if measure.lever not in known:
                near = get_close_matches(measure.lever.lower(), known, 1)
                hint = f"did you mean '{near[0]}'?" if near else f"levers are {', '.join(known)}"
                raise ValueError(f"policy.schedule: no lever is named '{measure.lever}'; {hint}")
            if measure.level > known[measure.lever].highest:
                raise ValueError(
                    f"policy.schedule: level {measure.level:g} of '{measure.lever}' is above the highest, "
                    f"{known[measure.lever].highest:g}"
                )

    def replace(self, changes: Mapping[str, Any]) -> Parameters:
        """Return a copy with dotted keys changed, e.g. ``{"flywheel.elasticity": 0.5}``.

        Raises:
            KeyError: a key that names no parameter; the message says which one may have been meant.
            pydantic.ValidationError: a value of the wrong type or out of range.
        """
        data = self.model_dump(exclude_unset=True)
        known = {key for key, _ in declared()}
        for key, value in changes.items():
            if key not in known:
                near = get_close_matches(str(key).lower(), known, 1)
                raise KeyError(f"no parameter is named '{key}'" + (f": did you mean '{near[0]}'?" if near else ""))
            section, _, name = key.partition(".")
            data.setdefault(section, {})[name] = value
        return Parameters.model_validate(data)


def _levers(section: FieldInfo) -> tuple[Lever, ...]:
    assert section.annotation is not None
    return getattr(sys.modules[section.annotation.__module__], "LEVERS", ())


def declared() -> Iterator[tuple[str, FieldInfo]]:
    """Yield every parameter as its dotted key and its declaration, in the order of the theory."""
    for section, field in Parameters.model_fields.items():
        kind = field.annotation
        assert isinstance(kind, type)
        assert issubclass(kind, Section)
        for name, info in kind.model_fields.items():
            yield f"{section}.{name}", info


ValidationError = pydantic.ValidationError
