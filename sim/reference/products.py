"""Products: what each requires of its slots, the modules that fill them, and what a unit of capability costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, nan

from sim.reference.modules import Module


class Product:
    """A product of one line: its requirement x, and the modules that fill its slots.

    A prototype is what the firm works on before its first release: some slots only, and nothing to be sold.
    """

    def __init__(self, line: int, requirement: list[float], *, prototype: bool = False) -> None:
        self.line = line
        self.requirement = requirement
        self.prototype = prototype
        self.modules: dict[int, Module] = {}

    def misfit(self, slot: int) -> float:
        """Return how far the module in a slot is from what the slot requires, |z − x|."""
        return abs(self.modules[slot].point - self.requirement[slot])

    def unit_cost(self, penalty: float, weights: Sequence[float], slots: Iterable[int]) -> float:
        """Return C = Σ w_i c_i e^(μ |z_i − x_i|) over some slots, the weights normalised over them; NaN for none."""
        total = weight = 0.0
        for slot in slots:
            total += weights[slot] * self.modules[slot].cost * exp(penalty * self.misfit(slot))
            weight += weights[slot]
        return total / weight if weight else nan
