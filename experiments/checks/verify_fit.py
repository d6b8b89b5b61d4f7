"""``flywheel verify --fit``: the calibration of a fit, judged by its own tables, drawn, and added to its result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.stats import binom, binomtest

from experiments.case.patterns import Floats
from experiments.checks.check import Check, Measure, Rule
from experiments.checks.command import run_with_progress, tell
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.figures.draw import draw_into
from experiments.figures.style import BLUE, GREY, LIGHT, SKY, VERMILION, entitle
from experiments.figures.words import in_words, percent
from experiments.fit.calibrate import ABOVE, BINS, ERROR, LEVELS, Proof, prove
from experiments.fit.config import Fit, read_fit
from experiments.fit.pipeline import off_name
from experiments.fit.table import read_table
from experiments.fit.worlds import TABLE, added_to, check_kept, places
from experiments.fit.write import CODEBOOK
from experiments.messages.text import shortened


def calibration_checks(proof: Proof) -> list[Check]:
    """Return the checks of a calibration; whether one passes is decided by its p-value, after Holm."""
    used = float(len(proof.places))
    checks = [
        _check("pseudo-cases", "value", "that could be used", "≥", proof.wanted, (used,) * 3, used >= proof.wanted)
    ]
    for key, one in zip(proof.keys, proof.each, strict=True):
        checks.append(_check(key, "value", "p that ranks are even", "≥", ERROR, (one.p,) * 3, one.p >= ERROR))
        for level, each in zip(LEVELS, one.coverage, strict=True):
            found = each.share, each.low, each.high
            checks.append(_check(key, "coverage", f"{percent(level)} intervals", "=", level, found, each.p >= ERROR))
    for title, wrong in proof.errors.items():
        for above, count, p in zip(ABOVE, wrong.found, wrong.p, strict=True):
            name = f"found needed though off, Bayes factor above {above:g}, {wrong.judged} of {wrong.cases} judged"
            passed = wrong.judged > 0 and p >= ERROR
            checks.append(_check(title, "error", name, "≤", 1.0 / above, _share(count, wrong.judged), passed))
    return checks


def _check(
    source: str, measure: Measure, name: str, rule: Rule, expected: float, found: tuple[float, ...], passed: bool
) -> Check:
    observed, low, high = found
    return Check(source, measure, name, rule, expected, 0.0, observed, low, high, passed)


def _share(found: int, judged: int) -> tuple[float, float, float]:
    """Return a share with its 95 % interval; of none, nothing is known."""
    if not judged:
        return 0.0, 0.0, 1.0
    ends = binomtest(found, judged).proportion_ci()
    return found / judged, float(ends.low), float(ends.high)


CASES, QUICK = 200, 100
"""Pseudo-cases of each kind."""


def verify_fit(json: bool, quick: bool, config: Path, tables: Path | None, out: Path | None) -> int:
    """Calibrate a fit on pseudo-cases, add what came out to its result, print it; 1 if it fails, else 0.

    Args:
        json: print a list of objects and nothing else.
        quick: half as many pseudo-cases.
        config: config of the fit.
        tables: folder of its tables; if None where the fit puts them.
        out: folder of its result, likewise.

    Raises:
        UsageError: no table, or no result of this fit and model.
    """
    fit = read_fit(config)
    folder, result = places(fit, tables, out)
    shown = show_path(config)
    for name in (TABLE, *map(off_name, fit.mechanisms)):
        if not (folder / name).is_dir():
            raise UsageError(f"{show_path(folder / name)}: no such table; make it with 'flywheel fit {shown}'")
    about = check_kept(fit, result)
    table = read_table(folder / TABLE, fit)
    if table.runs != about["runs"]:
        raise UsageError(
            f"{show_path(folder / TABLE)}: has {table.runs:,} runs, and the result is of {about['runs']:,}; "
            f"make it with 'flywheel fit {shown}'"
        )
    wanted = QUICK if quick else CASES
    proof = run_with_progress(lambda progress: prove(fit, table, folder, wanted, progress), wanted)
    keep(proof, fit, result)
    return tell(calibration_checks(proof), proof.verdict(), json)


def keep(proof: Proof, fit: Fit, result: Path) -> None:
    """Add tables and figure of a calibration to the result of its fit."""
    with added_to(result, fit, "verify") as new:
        cases = len(proof.places)
        CODEBOOK.write(new, "calibration.csv", (
            (key, cases, one.p, one.p_bins, *(value for each in one.coverage for value in each[:3]), int(one.passed))
            for key, one in zip(proof.keys, proof.each, strict=True)))  # fmt: skip
        CODEBOOK.write(new, "errors.csv", (
            (each.name, one.cases, one.judged, *one.found, *one.shares, *one.p, int(one.passed))
            for each, one in zip(fit.mechanisms, proof.errors.values(), strict=True)))  # fmt: skip
        (new / "calibration.png").unlink(missing_ok=True)  # of a calibration before
        if proof.each:
            draw_into(new / "calibration.png", lambda: draw_calibration(proof))


# The figure: ranks of the truth, coverage, and mechanisms found though they were off.

_ACROSS = 5


def draw_calibration(proof: Proof) -> Figure:
    """Draw a histogram of ranks a parameter, and below them coverage and errors."""
    count = len(proof.keys)
    rows = -(-count // _ACROSS)
    tall = 1.0 + 0.26 * max(count, len(proof.errors) + 3)
    figure = Figure(figsize=(16.0, 1.4 + 1.9 * rows + tall), layout="constrained")
    halves = figure.add_gridspec(2, 1, height_ratios=[1.9 * rows, tall])
    cells = halves[0].subgridspec(rows, _ACROSS)
    for n, (key, ranks, one) in enumerate(zip(proof.keys, proof.places.T, proof.each, strict=True)):
        axes = figure.add_subplot(cells[n // _ACROSS, n % _ACROSS])
        _draw_ranks(axes, ranks, BLUE if one.passed else VERMILION)
        axes.set_title(shortened(in_words(key), 27), loc="left", fontsize=11.5, weight="bold")
    below = halves[1].subgridspec(1, 2)
    _draw_coverage(figure.add_subplot(below[0, 0]), proof)
    _draw_errors(figure.add_subplot(below[0, 1]), proof)
    figure.legend(loc="outside lower center", ncols=2)
    entitle(figure, proof.verdict())
    return figure


def _draw_ranks(axes: Axes, places: Floats, colour: str) -> None:
    low, high = binom.interval(0.99, len(places), 1.0 / BINS)
    axes.axhspan(low, high, color=SKY, alpha=0.35, linewidth=0)
    counts = np.histogram(places, BINS, (0.0, 1.0))[0]
    axes.stairs(counts, np.linspace(0.0, 1.0, BINS + 1), fill=True, color=colour)
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.15 * max(high, counts.max()))
    axes.set_xticks([0.0, 0.5, 1.0], ["lowest", "rank of the truth", "highest"], fontsize=10)
    axes.set_yticks([])


def _draw_coverage(axes: Axes, proof: Proof) -> None:
    for row, one in enumerate(proof.each):
        for level, each in zip(LEVELS, one.coverage, strict=True):
            axes.plot([100 * each.low, 100 * each.high], [row, row], color=BLUE, linewidth=2.0)
            axes.plot(100 * each.share, row, "o", color=BLUE if one.passed else VERMILION, markersize=6)
            axes.axvline(100 * level, color=GREY, linewidth=1.4, linestyle=(0, (6, 3)), zorder=0)
    axes.set_yticks(range(len(proof.keys)), [shortened(key, 32) for key in proof.keys], fontsize=10)
    axes.set_ylim(len(proof.keys) - 0.5, -0.5)
    axes.set_xlabel("pseudo-cases whose 50 % and 90 % intervals hold the truth, %")
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)


def _draw_errors(axes: Axes, proof: Proof) -> None:
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
