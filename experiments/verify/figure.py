"""The figure of the checks: each observed figure against what the theory expects, and the laws as lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.figures.style import BLACK, BLUE, GREEN, GREY, LIGHT, PALE, VERMILION, Look, entitle, save, styled
from experiments.figures.words import power_of_ten
from experiments.verify.check import Check
from experiments.verify.growth import Case, grow, joint
from experiments.verify.limits import LIMITS
from experiments.verify.turning import turns
from experiments.verify.words import verdict

Floats = NDArray[np.float64]

_SEEDS = 8
OUTSIDE = 2.5  # where an exact figure that is off is drawn
_LOOKS = (Look(BLUE), Look(VERMILION, marker="s"), Look(GREEN, marker="^"), Look(BLACK, marker="D"))


def draw(checks: Sequence[Check], path: Path) -> Path:
    """Draw cost curves of L1 and L5, and below them a row per limit with a mark per check."""
    with styled():
        figure = Figure(figsize=(12.0, 13.0), layout="constrained")
        parts: Any = figure.subfigures(2, 1, height_ratios=(5.0, 7.0))
        above, below = parts
        left, right = above.subplots(1, 2)
        _draw_learning(left)
        _draw_flywheel(right)
        _draw_rows(below.subplots(), checks)
        entitle(figure, verdict(checks))
        return save(figure, path)


def scaled(check: Check) -> float:
    """Return observed minus expected over the half-width; without width, 0 if equal, else far outside."""
    distance = check.observed - check.expected
    half = check.high - check.observed
    return distance / half if half > 0.0 else OUTSIDE * float(np.sign(distance))


def _draw_rows(axes: Axes, checks: Sequence[Check]) -> None:
    """Draw a row per limit: its checks side by side, in units of the half-width of each one's interval."""
    limits = list(dict.fromkeys(check.id for check in checks))
    axes.axvspan(-1.0, 1.0, color=PALE)
    axes.axvline(0.0, color=GREY, linewidth=1.0)
    for row, limit in enumerate(limits):
        group = [check for check in checks if check.id == limit]
        heights = row + np.linspace(-0.32, 0.32, len(group)) if len(group) > 1 else [float(row)]
        axes.axhline(row + 0.5, color=LIGHT, linewidth=0.8)
        for height, check in zip(heights, group, strict=True):
            position = float(np.clip(scaled(check), -OUTSIDE, OUTSIDE))
            colour, marker, size = (BLUE, "o", 5) if check.passed else (VERMILION, "X", 11)
            axes.plot(
                position,
                height,
                marker,
                color=colour,
                markersize=size,
                markerfacecolor="none" if check.passed else colour,
            )
            if not check.passed:
                name = check.name if abs(scaled(check)) <= OUTSIDE else f"{check.name} (beyond the scale)"
                axes.annotate(name, (position, height), xytext=(10, 0), textcoords="offset points", va="center",
                              fontsize=11, color=VERMILION, annotation_clip=False)  # fmt: skip
    titles = {limit: LIMITS[limit][0] if limit in LIMITS else "" for limit in limits}
    counts = {limit: sum(check.id == limit for check in checks) for limit in limits}
    axes.set_yticks(range(len(limits)), [f"{limit}  {titles[limit]} ({counts[limit]})" for limit in limits])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(limits) - 0.5, -0.5)
    axes.set_xlim(-OUTSIDE - 0.3, OUTSIDE + 0.3)
    axes.set_xlabel("(observed − expected) / half-width of the interval; ○ within the grey band passes, ✖ fails")
    axes.set_ylabel("limit (checks)")
    axes.spines["left"].set_visible(False)


def _draw_learning(axes: Axes) -> None:
    cases = [joint(6, d, gamma) for d, gamma in ((1, 1.0), (2, 1.0), (3, 1.0), (3, 2.0))]
    slopes = [1.0 / (case.gamma * len(case.clusters[0])) for case in cases]
    labels = [f"d = {len(case.clusters[0])}, γ = {case.gamma:g}: 1/(γd) = {a:.3g}"
              for case, a in zip(cases, slopes, strict=True)]  # fmt: skip
    _draw_curves(axes, cases, slopes, labels, 12)
    axes.set_title("Larger clusters learn more slowly (L1)", loc="left", fontsize=12.5)
    axes.set_xlabel("time (trials a cluster)")


def _draw_flywheel(axes: Axes) -> None:
    gains = (0.0, 0.3, 0.6)
    cases = [turns(gain, 2, 1.0) for gain in gains]
    slopes = [0.5 / (1.0 - gain) for gain in gains]
    labels = [f"θ = {gain:g}: 1/(γd)/(1 − θ) = {a:.3g}" for gain, a in zip(gains, slopes, strict=True)]
    _draw_curves(axes, cases, slopes, labels, 12)
    axes.set_title("Price links steepen learning (L5)", loc="left", fontsize=12.5)
    axes.set_xlabel("time (trials a cluster at the founding price)")


def _draw_curves(
    axes: Axes, cases: Sequence[Case], slopes: Sequence[float], labels: Sequence[str], decades: int
) -> None:
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
