"""The figure of a calibration: ranks of the truth, coverage, and mechanisms found though they were off."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.stats import binom

from experiments.case.setting import Floats
from experiments.figures import entitle
from experiments.figures.style import BLUE, GREY, LIGHT, SKY, VERMILION
from experiments.figures.words import in_words
from experiments.fit.calibrate import ABOVE, BINS, LEVELS, Proof
from experiments.text import shortened

_ACROSS = 5


def draw_calibration(proof: Proof) -> Figure:
    """Draw a histogram of ranks a parameter, and below them coverage and errors."""
    count = len(proof.keys)
    rows = -(-count // _ACROSS)
    tall = 1.0 + 0.26 * max(count, len(proof.errors) + 3)
    figure = Figure(figsize=(16.0, 1.4 + 1.9 * rows + tall), layout="constrained")
    halves = figure.add_gridspec(2, 1, height_ratios=[1.9 * rows, tall])
    cells = halves[0].subgridspec(rows, _ACROSS)
    for n, (key, places, one) in enumerate(zip(proof.keys, proof.places.T, proof.each, strict=True)):
        axes = figure.add_subplot(cells[n // _ACROSS, n % _ACROSS])
        _ranks(axes, places, BLUE if one.passed else VERMILION)
        axes.set_title(shortened(in_words(key), 27), loc="left", fontsize=11.5, weight="bold")
    below = halves[1].subgridspec(1, 2)
    _coverage(figure.add_subplot(below[0, 0]), proof)
    _errors(figure.add_subplot(below[0, 1]), proof)
    figure.legend(loc="outside lower center", ncols=2)
    entitle(figure, proof.verdict())
    return figure


def _ranks(axes: Axes, places: Floats, colour: str) -> None:
    low, high = binom.interval(0.99, len(places), 1.0 / BINS)
    axes.axhspan(low, high, color=SKY, alpha=0.35, linewidth=0)
    counts = np.histogram(places, BINS, (0.0, 1.0))[0]
    axes.stairs(counts, np.linspace(0.0, 1.0, BINS + 1), fill=True, color=colour)
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.15 * max(high, counts.max()))
    axes.set_xticks([0.0, 0.5, 1.0], ["lowest", "rank of the truth", "highest"], fontsize=10)
    axes.set_yticks([])


def _coverage(axes: Axes, proof: Proof) -> None:
    for row, one in enumerate(proof.each):
        for level, each in zip(LEVELS, one.coverage, strict=True):
            axes.plot([100 * each.low, 100 * each.high], [row, row], color=BLUE, linewidth=2.0)
            axes.plot(100 * each.share, row, "o", color=BLUE if one.passed else VERMILION, markersize=6)
            axes.axvline(100 * level, color=GREY, linewidth=1.4, linestyle=(0, (6, 3)), zorder=0)
    axes.set_yticks(range(len(proof.keys)), [shortened(key, 32) for key in proof.keys], fontsize=10)
    axes.set_ylim(len(proof.keys) - 0.5, -0.5)
    axes.set_xlabel("pseudo-cases whose 50 % and 90 % intervals hold the truth, %")
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)


def _errors(axes: Axes, proof: Proof) -> None:
    for row, one in enumerate(proof.errors.values()):
        for share, marker in zip(one.shares, ("o", "D"), strict=True):
            colour = BLUE if one.passed else VERMILION
            axes.plot(100 * share, row, marker, color=colour, markersize=8)
    for above, marker in zip(ABOVE, ("o", "D"), strict=True):
        axes.plot([], [], marker, color=BLUE, label=f"Bayes factor above {above:g}: at most {100 / above:.0f} % (line)")
        axes.axvline(100 / above, color=GREY, linewidth=1.4, linestyle=(0, (6, 3)), zorder=0)
    axes.set_yticks(
        range(len(proof.errors)), [f"{title} ({one.judged})" for title, one in proof.errors.items()], fontsize=10
    )
    axes.set_ylim(max(len(proof.errors), 1) - 0.5, -0.5)
    axes.set_xlim(left=-1.0)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(
        "of the pseudo-cases judged (number beside) those that\nfind a mechanism needed though it was off, %"
    )
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
