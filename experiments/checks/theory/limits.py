"""The limits of the theory in order, and cost curves of L1 and L5 with the laws as lines, shown above the checks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from experiments.checks.check import Source, Suite
from experiments.checks.theory import acting, searching
from experiments.checks.theory.searching import turns
from experiments.checks.theory.worlds import Case, grow, joint
from experiments.figures.style import BLACK, BLUE, GREEN, LIGHT, VERMILION, Look
from experiments.figures.words import power_of_ten

_SEEDS = 8
_LOOKS = (Look(BLUE), Look(VERMILION, marker="s"), Look(GREEN, marker="^"), Look(BLACK, marker="D"))


def draw_curves(figure: SubFigure) -> None:
    """Draw how cost falls with trials: by size of cluster, and by strength of price links."""
    left, right = figure.subplots(1, 2)
    _draw_learning(left)
    _draw_flywheel(right)


def _draw_learning(axes: Axes) -> None:
    cases = [joint(6, d, gamma) for d, gamma in ((1, 1.0), (2, 1.0), (3, 1.0), (3, 2.0))]
    slopes = [1.0 / (case.gamma * len(case.clusters[0])) for case in cases]
    labels = [f"d = {len(case.clusters[0])}, γ = {case.gamma:g}: 1/(γd) = {a:.3g}"
              for case, a in zip(cases, slopes, strict=True)]  # fmt: skip
    _draw(axes, cases, slopes, labels, 12)
    axes.set_title("Larger clusters learn more slowly (L1)", loc="left", fontsize=12.5)
    axes.set_xlabel("time (trials a cluster)")


def _draw_flywheel(axes: Axes) -> None:
    gains = (0.0, 0.3, 0.6)
    cases = [turns(gain, 2, 1.0) for gain in gains]
    slopes = [0.5 / (1.0 - gain) for gain in gains]
    labels = [f"θ = {gain:g}: 1/(γd)/(1 − θ) = {a:.3g}" for gain, a in zip(gains, slopes, strict=True)]
    _draw(axes, cases, slopes, labels, 12)
    axes.set_title("Price links steepen learning (L5)", loc="left", fontsize=12.5)
    axes.set_xlabel("time (trials a cluster at the founding price)")


def _draw(axes: Axes, cases: Sequence[Case], slopes: Sequence[float], labels: Sequence[str], decades: int) -> None:
    """Draw the geometric mean of unit cost over seeds as marks, and a line of the predicted slope through its end."""
    for case, slope, label, look in zip(cases, slopes, labels, _LOOKS, strict=False):
        found = grow(case, _SEEDS, decades)
        x, y = np.log10(found.time), found.log_unit_cost.mean(axis=0) / np.log(10.0)
        used = x >= 4.0
        level = (y + slope * x)[used].mean()
        axes.plot(x[used], level - slope * x[used], color=look.colour, linewidth=1.6)
        axes.plot(x, y, look.marker, color=look.colour, markersize=5.5, markerfacecolor="none", label=label)
    axes.legend(loc="lower left", title="marks simulated, lines the law", alignment="left")
    axes.xaxis.set_major_formatter(lambda value, _: power_of_ten(round(value)))
    axes.yaxis.set_major_formatter(lambda value, _: power_of_ten(round(value)))
    axes.set_ylabel("unit cost (founding draw at most 1)")
    axes.grid(color=LIGHT, linewidth=0.6)


THEORY = Suite(
    "verify",
    "limits",
    {
        "L1": Source("learning exponent", searching.learning),
        "L2": Source("exact shortcut", searching.shortcut),
        "L3": Source("cost of reuse", acting.relative_cost),
        "L4": Source("scale elasticity", acting.scale),
        "L5": Source("law of the flywheel", searching.law),
        "L6": Source("no loops", searching.without_loops),
        "L7": Source("no innovation", acting.closing),
        "L8": Source("no absorption", acting.absorbing),
        "L9": Source("Bass diffusion", acting.epidemic),
        "L10": Source("no hazard, and cascades", acting.cascades),
        "L11": Source("no way in", acting.taking_in),
        "L12": Source("end of a misfit", searching.fitting),
        "L13": Source("development is trials", searching.developing),
        "L14": Source("commons as tools", acting.tooling),
        "L15": Source("users as a signal", acting.signal),
    },
    above=draw_curves,
)
