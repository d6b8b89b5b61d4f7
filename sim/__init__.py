"""The theory: a Mesa model of the innovation mechanisms behind a low-cost, high-performance, open product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim import sources as sources  # first of all: its text is read before the rest is loaded

if TYPE_CHECKING:
    from sim.agents.adopter import Adopter
    from sim.agents.firm import Firm
    from sim.agents.module import Module
    from sim.batch import run_batch
    from sim.model import InnovationModel
    from sim.parameters import Parameters

__all__ = ["Adopter", "Firm", "InnovationModel", "Module", "Parameters", "run_batch"]
__distribution__ = "innovation-flywheel"  # whose package this is: see experiments/door.py


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: Mesa and numba take a second, and few commands need both."""
    import importlib

    homes = {"Firm": "agents.firm", "Module": "agents.module", "Adopter": "agents.adopter"}
    homes |= {"InnovationModel": "model", "Parameters": "parameters", "run_batch": "batch"}
    if name not in homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = importlib.import_module(f"{__name__}.{homes[name]}")
    return vars(home)[name]
