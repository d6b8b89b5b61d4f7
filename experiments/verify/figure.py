"""The figure of the checks: each observed figure against what the theory expects, and the laws as lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory
from numpy.typing import NDArray

from experiments.figures.style import BLACK, BLUE, GREEN, GREY, LIGHT, PALE, VERMILION, Look, entitle, save, styled
from experiments.verify.check import ROUNDING, Check
from experiments.verify.growth import Case, grow, ring, ring_links
from experiments.verify.words import verdict

Floats = NDArray[np.float64]

_SEEDS = 12
_ROW = 0.235  # inches
OUTSIDE = 2.5  # where an exact figure that is off is drawn
_LOOKS = (Look(BLUE), Look(VERMILION, marker="s"), Look(GREEN, marker="^"), Look(BLACK, marker="D"))


def draw(checks: Sequence[Check], path: Path) -> Path:
    """Draw cost curves of L1 and L5, and below them a row per check, in units of the half-width of its interval."""
    limits = [check.id for check in checks]
    middle = next((row for row in range(len(checks) // 2, len(checks)) if limits[row] != limits[row - 1]), len(checks))
    with styled():
        rows = _ROW * max(middle, len(checks) - middle) + 1.0
        figure = Figure(figsize=(19.0, 6.5 + rows), layout="constrained")
        grid = figure.add_gridspec(2, 2, height_ratios=(5.5, rows))
        _draw_learning(figure.add_subplot(grid[0, 0]))
        _draw_flywheel(figure.add_subplot(grid[0, 1]))
        for column, part in enumerate((checks[:middle], checks[middle:])):
            _draw_rows(figure.add_subplot(grid[1, column]), part)
        entitle(figure, verdict(checks))
        return save(figure, path)


def scaled(check: Check) -> float:
    """Return observed minus expected over the half-width; without width, 0 if equal, else far outside."""
    distance = check.observed - check.expected
    half = check.high - check.observed
    return distance / half if half > 0.0 else OUTSIDE * float(np.sign(distance))


def _is_exact(check: Check) -> bool:
    """Whether nothing random enters the figure: its interval is one of rounding."""
    return check.high - check.low <= 4.0 * ROUNDING * abs(check.expected)


def _draw_rows(axes: Axes, checks: Sequence[Check]) -> None:
    axes.axvspan(-1.0, 1.0, color=PALE)
    axes.axvline(0.0, color=GREY, linewidth=1.0)
    for row, check in enumerate(checks):
        position = float(np.clip(scaled(check), -OUTSIDE, OUTSIDE))
        colour, marker = (BLUE, "o") if check.passed else (VERMILION, "X")
        if _is_exact(check):
            axes.plot(position, row, marker, color=colour, markersize=6, markerfacecolor="white", markeredgewidth=1.5)
        else:
            axes.plot([position - 1.0, position + 1.0], [row, row], color=colour, linewidth=1.6, alpha=0.55)
            axes.plot(position, row, marker, color=colour, markersize=6 if check.passed else 10)
    axes.set_xlim(-3.2, 4.8)
    axes.set_xticks(range(-3, 4))
    axes.set_ylim(len(checks) - 0.4, -0.6)
    axes.set_yticks(range(len(checks)), [check.name for check in checks], fontsize=9)
    axes.tick_params(axis="y", length=0)
    for label, check in zip(axes.get_yticklabels(), checks, strict=True):
        if not check.passed:
            label.set(color=VERMILION, weight="bold")
    beside = blended_transform_factory(axes.transAxes, axes.transData)
    for row, check in enumerate(checks):
        first = row == 0 or checks[row - 1].id != check.id
        if first:
            axes.axhline(row - 0.5, color=LIGHT, linewidth=0.8)
            axes.text(0.008, row, check.id, transform=beside, va="center", fontsize=10, weight="bold", color=GREY)
    axes.set_xlabel(
        "(observed − expected) / half-width of the interval\n● passes: 0 lies within    ✖ fails", fontsize=11
    )
    axes.spines["left"].set_visible(False)


def _draw_learning(axes: Axes) -> None:
    cases = [Case(f"figure d={d}, γ={gamma:g}", ring(6, d), np.zeros((6, 6)), gamma)
             for d, gamma in ((1, 1.0), (2, 1.0), (3, 1.0), (3, 2.0))]  # fmt: skip
    slopes = [1.0 / (case.gamma * len(case.clusters[0])) for case in cases]
    labels = [f"d = {len(case.clusters[0])}, γ = {case.gamma:g}: 1/(γd) = {a:.3g}"
              for case, a in zip(cases, slopes, strict=True)]  # fmt: skip
    _draw_curves(axes, cases, slopes, labels, 12)
    axes.set_title("L1  Search: larger clusters learn slower", loc="left", fontsize=12.5)
    axes.set_xlabel("trials a cluster")


def _draw_flywheel(axes: Axes) -> None:
    gains = (0.0, 0.3, 0.6)
    cases = [Case(f"figure θ={gain:g}", ring(4, 2), ring_links(4, 2, 2.0 * gain), 1.0) for gain in gains]
    slopes = [0.5 / (1.0 - gain) for gain in gains]
    labels = [f"θ = {gain:g}: 1/(γd)/(1 − θ) = {a:.3g}" for gain, a in zip(gains, slopes, strict=True)]
    _draw_curves(axes, cases, slopes, labels, 12)
    axes.set_title("L5  Flywheel: loop gain θ multiplies the exponent (d = 2, γ = 1)", loc="left", fontsize=12.5)
    axes.set_xlabel("time, in trials a cluster at the price of founding")


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
    axes.xaxis.set_major_formatter(lambda value, _: f"$10^{{{value:.0f}}}$")
    axes.yaxis.set_major_formatter(lambda value, _: f"$10^{{{value:.0f}}}$")
    axes.set_ylabel("unit cost")
    axes.grid(color=LIGHT, linewidth=0.6)
