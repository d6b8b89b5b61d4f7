"""Figures of the mechanisms' pages, drawn when the documentation is built.

Each mechanism gets the baseline beside the same world with one change, over the same seeds. Where the theory has the
law as a function that can be called alone, that function is drawn too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.bands.figures import Panel, draw_comparison
from experiments.bands.numbers import bands_of, differences_of
from experiments.figures.style import (
    BLUE,
    GREEN,
    VERMILION,
    Look,
    entitle,
    label_ends,
    line,
    linear_axis,
    new_figure,
    save,
    styled,
    title_of,
)
from sim.batch import run_batch
from sim.mechanisms import absorption, diffusion, flywheel
from sim.model import InnovationModel
from sim.outcomes import COLUMNS
from sim.parameters import Parameters

SEEDS = 100
_LOOKS = (Look(BLUE), Look(VERMILION, (0, (4, 1.6))), Look(GREEN, (0, (1, 1))))
_LAW = "Drawn by calling `{}`, the model's own function."
_EFFECT = (
    "Left: the median over {} seeds, and the band of nine seeds in ten. Right: the mean difference, seed by seed, with "
    "its 95 % interval. The title is about the last month."
)


class Contrast(NamedTuple):
    """A world beside the baseline: what is changed, in words and in parameters, and the outcomes to draw."""

    name: str
    changes: Mapping[str, Any]
    panels: tuple[Panel, ...]


class Law(NamedTuple):
    """Curves of a function of the theory: its name, and how they are drawn."""

    function: str
    draw: Callable[[], Figure]


class Drawn(NamedTuple):
    """A figure of a page: its file, its title in words, and how to read it."""

    file: str
    title: str
    caption: str


_CHANNELS = {f"feedback.{channel}": False for channel in ("patches", "tooling", "signal")}
_FUND = [{"lever": "commons_fund", "start": 13, "end": 60, "level": 20.0}]
CONTRASTS = {
    "architecture": Contrast("a world without coupling", {"architecture.coupling": 0}, (Panel("unit_cost", log=True),)),
    "search": Contrast("a world without trials", {"search.enabled": False}, (Panel("unit_cost", log=True),)),
    "flywheel": Contrast("a world without price links", {"flywheel.enabled": False}, (Panel("trial_price", log=True),)),
    "release": Contrast(
        "a world without reuse", {"reuse.enabled": False}, (Panel("average_rd_cost"), Panel("reuse_share"))
    ),
    "displacement": Contrast(
        "a world without displacement", {"displacement.enabled": False}, (Panel("core_distance"),)
    ),
    "effort": Contrast("a world without arbitrage", {"arbitrage.enabled": False}, (Panel("gap"), Panel("cash"))),
    "frontier": Contrast("a world without outside supply", {"frontier.enabled": False}, (Panel("independent"),)),
    "absorption": Contrast("a world without absorption", {"absorption.enabled": False}, (Panel("inflow"),)),
    "demand": Contrast("a world without the parent's money", {"demand.funding": False}, (Panel("events_released"),)),
    "organisation": Contrast(
        "a world without limits of organisation", {"organisation.enabled": False}, (Panel("trials"),)
    ),
    "market": Contrast(
        "a world with twice the compute", {"firm.compute": 2.0 * Parameters().firm.compute}, (Panel("capability"),)
    ),
    "diffusion": Contrast("a world without neighbours' influence", {"diffusion.q": 0.0}, (Panel("users"),)),
    "commons": Contrast("a world without the commons", {"commons.enabled": False}, (Panel("cost_of_use"),)),
    "feedback": Contrast("a world without feedback", _CHANNELS, (Panel("trial_price", log=True),)),
    "leak": Contrast("a world without the leak", {"leak.enabled": False}, (Panel("rival_unit_cost", log=True),)),
    "policy": Contrast("a world with a commons fund", {"policy.schedule": _FUND}, (Panel("commons_trials"),)),
    "shock": Contrast(
        "a world with attention at half its cost",
        {"shock.slot": "attention", "shock.month": 12, "shock.size": 0.5},
        (Panel("algorithms_cost", log=True),),
    ),
}  # the calendar has neither a law nor a switch


def drawn(name: str, folder: Path, seeds: int = SEEDS) -> list[Drawn]:
    """Draw the figures of a mechanism into a folder and return them: its law, if it can be called, and its effect."""
    figures = []
    with styled():
        if name in LAWS:
            law, path = LAWS[name], folder / f"law-{name}.svg"
            figures.append(_saved(law.draw(), path, _LAW.format(law.function)))
        if name in CONTRASTS:
            figures.append(
                _saved(_compared(CONTRASTS[name], seeds), folder / f"effect-{name}.svg", _EFFECT.format(seeds))
            )
    return figures


def _saved(figure: Figure, path: Path, caption: str) -> Drawn:
    save(figure, path)
    return Drawn(path.name, " ".join(title_of(figure).split()), caption)


def _compared(contrast: Contrast, seeds: int) -> Figure:
    baseline, changed = _baseline(seeds), _observed(Parameters().replace(dict(contrast.changes)), seeds)
    bands = bands_of(baseline), bands_of(changed)
    return draw_comparison(
        contrast.panels, ("the baseline", contrast.name), bands, differences_of(baseline, changed), seeds
    )


@cache
def _baseline(seeds: int) -> NDArray[np.float64]:
    return _observed(Parameters(), seeds)


def _observed(parameters: Parameters, seeds: int) -> NDArray[np.float64]:
    records = run_batch(parameters, range(seeds))
    return np.stack([records[column.name] for column in COLUMNS], axis=-1)


def _curves(title: str, across: str, up: str, x: NDArray[np.float64], curves: Mapping[str, Any]) -> Figure:
    figure, (axes,) = new_figure(size=(8.0, 3.6))
    entitle(figure, title)
    linear_axis(axes, np.array([0.0]), *(np.asarray(y) for y in curves.values()))
    for y, look in zip(curves.values(), _LOOKS, strict=False):
        line(axes, x, np.asarray(y), look)
    axes.set(xlabel=across, ylabel=up)
    label_ends(axes, [(name, np.asarray(y), look) for (name, y), look in zip(curves.items(), _LOOKS, strict=False)])
    return figure


def _draw_capacity() -> Figure:
    kept = np.linspace(0.0, 200.0, 101)
    curves: dict[str, list[float]] = {}
    for half in (10.0, 45.0, 150.0):
        state = InnovationModel(Parameters().replace({"absorption.half": half}), rng=0).state
        found = curves.setdefault(f"K₀ = {half:g}", [])
        for experience in kept:
            state.firms[0].experience = experience
            found.append(_python(absorption.capacity)(state, 0))
    title = "The more trials of its own a firm has kept, the more it can absorb from others"
    return _curves(title, "own kept trials", "absorptive capacity", kept, curves)


def _draw_price() -> Figure:
    costs = np.linspace(0.02, 0.5, 97)
    curves: dict[str, list[float]] = {}
    for form in ("power", "ces", "additive"):
        model = InnovationModel(Parameters().replace({"flywheel.form": form}), rng=0)
        model.run_model()
        state, found = model.state, curves.setdefault(form, [])
        for cost in costs:
            for row in state.products[0, 0].modules[: state.design.slots]:
                state.modules[int(row)].cost = cost
            found.append(_python(flywheel.relative_price)(state, 0, 0, 0))
    title = "Cheaper modules make trials cheaper; far from the first designs the three forms differ"
    return _curves(title, "cost of every module of the product", "relative price of a trial", costs, curves)


def _python(function: Any) -> Any:
    return function.py_func  # what is compiled, Python cannot call


def _draw_bass() -> Figure:
    months = np.linspace(0.0, 60.0, 121)
    p, q = (getattr(Parameters().diffusion, key) for key in "pq")
    curves = {
        "baseline": diffusion.bass(p, q, months),
        "p a quarter": diffusion.bass(p / 4.0, q, months),
        "q ten times": diffusion.bass(p, 10.0 * q, months),
    }
    title = "Adoption in a fully mixed population: p starts it, q speeds it up"
    return _curves(title, "time (months)", "share of adopters", months, curves)


LAWS = {
    "absorption": Law("sim.mechanisms.absorption.capacity", _draw_capacity),
    "flywheel": Law("sim.mechanisms.flywheel.relative_price", _draw_price),
    "diffusion": Law("sim.mechanisms.diffusion.bass", _draw_bass),
}
