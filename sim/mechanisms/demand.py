"""Demand pull: a parent pays, hands down what it has, and shows by its use which slots matter.

    ŵ_i ∝ b_i exp(ν_eff z_i),   ν_eff = ν (1 − clarity if steered) · the signal's share that is left
    b = v, the parent's weights, if steered, else w, the market's;   v = (1 − misfit) w + misfit u

with z_i standard normal errors, drawn once, and u unrelated weights: a parent that wants other things aims at the wrong
slots. The signal (a firm's users show what matters, too) is feedback's.

Shapes and units: weights (M,), summing to 1.
Limit: L15, users without end are perfect steering.
Source: claim b; von Hippel (1986).
"""

from __future__ import annotations

from math import exp

from sim.declare import SHARE, SWITCH, Section, param
from sim.kernels.compiled import World, compiled
from sim.kernels.draws import exponential, normal, stream


class Demand(Section):
    """Demand pull of the parent: three separate gifts, three switches."""

    funding: bool = param(True, "The parent pays a monthly budget.", unit=SWITCH, source="claim b")
    budget: float = param(
        1900.0, "The parent's budget.", unit="money/month", ge=0, le=1e12, source="fit of the case, docs/case.md"
    )
    inheritance: bool = param(True, "Some slots start with the parent's infrastructure.", unit=SWITCH, source="claim b")
    inherited: tuple[str, ...] = param(("framework",), "Slots that are inherited.", unit="names", source="D18")
    inherited_trials: float = param(
        45.0,
        "Trials that the parent had made on an inherited slot.",
        unit="trials",
        ge=0,
        le=1e12,
        source="fit of the case, docs/case.md",
    )
    steering: bool = param(True, "The parent's use shows which slots matter.", unit=SWITCH, source="claim b")
    clarity: float = param(
        0.9, "Share of the perception error that steering removes.", unit=SHARE, ge=0, le=1, source="D19"
    )
    misfit: float = param(
        0.0, "Distance of the parent's weights from the market's: 0 the same, 1 unrelated.", unit=SHARE, ge=0, le=1,
        source="D19",
    )  # fmt: skip
    noise: float = param(
        1.1, "Standard deviation of the log error in perceived weights, without steering.", symbol="ν", unit="1",
        ge=0, le=3, source="fit of the case, docs/case.md",
    )  # fmt: skip


STATE = {"here": [("unrelated", "f8", (64,))], "firms": [("errors", "f8", (64,)), ("unseen", "f8")]}

_UNRELATED, _PERCEPTION = stream("parent's weights"), stream("perception")


@compiled
def found(world: World) -> None:
    """Draw how each firm errs about what matters, and the weights of a parent that wants other things."""
    here, slots = world.here, world.design.slots
    total = 0.0
    for slot in range(slots):  # uniform on the simplex
        here.unrelated[slot] = exponential(here.seed, _UNRELATED, slot, 0, 0)
        total += here.unrelated[slot]
    for slot in range(slots):
        here.unrelated[slot] /= total
    for k in range(world.here.firms):
        world.firms[k].unseen = 1.0
        for slot in range(slots):
            world.firms[k].errors[slot] = normal(here.seed, _PERCEPTION, k, slot, 0)


@compiled
def perceive(world: World) -> None:
    """Let firms see which slots matter; ``unseen`` is the share of the error that the signal leaves."""
    given, here, design = world.parameters.demand, world.here, world.design
    for k in range(world.here.firms):
        firm = world.firms[k]
        steered = given.steering and k == 0
        noise = given.noise * (1.0 - given.clarity if steered else 1.0) * firm.unseen
        total = 0.0
        for slot in range(design.slots):
            base = design.weights[slot]
            if steered:
                base = (1.0 - given.misfit) * base + given.misfit * here.unrelated[slot]
            firm.perceived[slot] = base * exp(noise * firm.errors[slot])
            total += firm.perceived[slot]
        for slot in range(design.slots):
            firm.perceived[slot] = max(firm.perceived[slot] / total, 1e-12)
