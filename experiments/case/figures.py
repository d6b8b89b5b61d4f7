"""Figures of the case: its patterns beside those of the runs, and what the runs expect of the time after the facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from experiments.case.facts import (
    DENSE,
    GENERATIONS,
    Observation,
    active_parameters,
    date_of,
    observed,
    releases,
)
from experiments.case.patterns import HIGH, LOW, Verdict
from experiments.case.runs import SERIES, CaseRun
from experiments.figures import entitle, new_figure
from experiments.figures.style import BLACK, BLUE, GREEN, LIGHT, PALE, VERMILION, log_axis
from experiments.figures.words import count, course, number, percent

Floats = NDArray[np.float64]

_SHORT = {
    "DeepSeek Coder": "Coder",
    "DeepSeek LLM 67B": "67B",
    "DeepSeekMoE 16B": "MoE",
    "DeepSeekMath 7B": "Math",
    "DeepSeek-V2": "V2",
    "DeepSeek-Coder-V2": "Coder-V2",
    "DeepSeek-V2.5": "V2.5",
    "DeepSeek-V3": "V3",
}
_ASIDE = 0.09  # facts and runs stand a little apart, so that neither hides the other


def patterns(verdicts: Sequence[Verdict], runs: Sequence[CaseRun]) -> Figure:
    """Draw each pattern of the facts beside the runs, with its verdict."""
    figure, panels = new_figure(3, 2, size=(11.0, 12.0))
    met = sum(verdict.met for verdict in verdicts)
    entitle(figure, f"{met} of {len(verdicts)} patterns of the case {'is' if met == 1 else 'are'} met")
    seen = [run.observation() for run in runs]
    draw: dict[str, Callable[[Axes, list[Observation]], None]] = {
        "hump": _draw_cost,
        "per token": _draw_cost_per_token,
        "capability": _draw_capability,
        "reuse": _draw_reuse,
        "growth": _draw_growth,
    }
    for axes, verdict in zip(panels, verdicts, strict=False):
        draw[verdict.pattern.name](axes, seen)
        _announce(axes, verdict)
    _explain(panels[-1], len(runs))
    return figure


def predictions(runs: Sequence[CaseRun], since: int) -> Figure:
    """Draw the runs' series, those after month ``since`` as predictions."""
    figure, panels = new_figure(3, size=(8.0, 8.0), share_x=True)
    last = len(runs[0].series["users"])
    months = np.arange(1.0, last + 1.0)
    ratios = {}
    for axes, (name, description) in zip(panels, SERIES.items(), strict=True):
        series = np.array([run.series[name] for run in runs])
        low, median, high = np.percentile(series, [LOW, 50.0, HIGH], axis=0)
        ratios[name] = median[-1] / median[since - 1] if median[since - 1] > 0 else np.nan
        axes.fill_between(months, low, high, color=BLUE, alpha=0.2, linewidth=0)
        axes.plot(months, median, color=BLUE)
        axes.axvspan(since, last, color=PALE, zorder=0)
        axes.set_ylabel("\n".join(_two_lines(description)))
        if name == "unit_cost":
            log_axis(axes, low, high)
        else:
            axes.set_ylim(bottom=0.0)
            axes.grid(axis="y", color=LIGHT, linewidth=0.6)
    panels[0].text(since + 0.3, 0.97, "prediction", transform=panels[0].get_xaxis_transform(), va="top", style="italic")
    quarters = [month for month in range(1, last + 1) if date_of(month).month in (1, 7)]
    panels[-1].set_xticks(quarters, [f"{date_of(month):%Y-%m}" for month in quarters])
    panels[-1].set_xlim(0.0, last)
    panels[-1].set_xlabel(f"month; line: median of {count(len(runs), 'seed', 'seeds')}, band: {LOW:.0f}-{HIGH:.0f} %")
    cost, capability, users = (ratios[name] for name in ("unit_cost", "capability", "users"))
    entitle(
        figure,
        f"By {date_of(last):%Y-%m} unit cost {course(1.0, cost)} {percent(cost)} of {date_of(since):%Y-%m}, capability "
        f"{course(1.0, capability)} {percent(capability)}, and users to {percent(users)}: shown, not judged",
    )
    return figure


# Panels.


def _draw_cost(axes: Axes, runs: list[Observation]) -> None:
    _compare(axes, runs, lambda seen: _against_dense(seen.unit_cost), GENERATIONS)
    axes.set_ylabel("cost per active parameter\n(67B = 1)")
    _doubling_axis(axes)


def _draw_cost_per_token(axes: Axes, runs: list[Observation]) -> None:
    active = active_parameters()

    def per_token(seen: Observation) -> dict[str, float]:
        return _against_dense({name: seen.unit_cost.get(name, np.nan) * active[name] for name in GENERATIONS})

    _compare(axes, runs, per_token, GENERATIONS)
    axes.set_ylabel("cost per token\n(67B = 1)")
    _doubling_axis(axes)


def _draw_capability(axes: Axes, runs: list[Observation]) -> None:
    _compare(axes, runs, lambda seen: _against_dense(seen.capability), GENERATIONS)
    axes.set_ylabel("capability (67B = 1)\nfacts: MMLU")
    axes.grid(axis="y", color=LIGHT, linewidth=0.6)


def _draw_reuse(axes: Axes, runs: list[Observation]) -> None:
    _compare(axes, runs, lambda seen: seen.reuse_share, tuple(releases()))
    axes.set_ylabel("share reused\n(facts: of named modules)")
    axes.set_ylim(0.0, 1.05)
    axes.tick_params(axis="x", rotation=45)
    axes.grid(axis="y", color=LIGHT, linewidth=0.6)


def _draw_growth(axes: Axes, runs: list[Observation]) -> None:
    dated = observed().users
    start, end = min(dated), max(dated)
    months = range(start, end + 1)
    grown = np.array([[run.users.get(month, np.nan) for month in months] for run in runs])
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = grown / grown[:, :1]
    grown = grown[np.isfinite(grown).all(axis=1)]
    if len(grown):
        low, median, high = np.percentile(grown, [LOW, 50.0, HIGH], axis=0)
        axes.fill_between(months, low, high, color=BLUE, alpha=0.2, linewidth=0)
        axes.plot(months, median, color=BLUE)
    axes.plot(list(dated), [count / dated[start] for count in dated.values()], color=BLACK, marker="D", markersize=7)
    axes.set_ylabel("users (first count = 1)\nfacts: integrations")
    axes.set_xticks(list(dated), [f"{date_of(month):%b}" for month in dated])
    axes.set_xlabel(f"{date_of(start).year}")
    _doubling_axis(axes)


def _compare(
    axes: Axes,
    runs: list[Observation],
    read: Callable[[Observation], Mapping[str, float]],
    products: Sequence[str],
) -> None:
    """Draw the facts as diamonds, and the runs' median and spread as dots with bars."""
    places = np.arange(len(products), dtype=np.float64)
    fact = read(observed())
    axes.plot(places - _ASIDE, [fact[product] for product in products], color=BLACK, marker="D", markersize=7)
    values = np.array([[read(run).get(product, np.nan) for product in products] for run in runs])
    some = ~np.isnan(values).all(axis=0)
    low, median, high = np.nanpercentile(values[:, some], [LOW, 50.0, HIGH], axis=0)
    axes.errorbar(
        places[some] + _ASIDE, median, yerr=[median - low, high - median], color=BLUE, marker="o", markersize=7,
        capsize=4, linewidth=2.2, elinewidth=1.6,
    )  # fmt: skip
    axes.set_xticks(places, [_SHORT.get(product, product) for product in products])
    axes.set_xlim(-0.5, len(products) - 0.5)


def _against_dense(values: Mapping[str, float]) -> dict[str, float]:
    return {name: value / values.get(DENSE, np.nan) for name, value in values.items()}


def _doubling_axis(axes: Axes) -> None:
    """Let y be logarithmic with ticks a factor of 2 apart, or 4 or more if many."""
    axes.set_yscale("log", base=2)
    low, high = axes.get_ylim()
    first, last = int(np.floor(np.log2(low))), int(np.ceil(np.log2(high)))
    step = max(1, -(-(last - first) // 7))
    axes.yaxis.set_major_locator(FixedLocator([2.0**power for power in range(first, last + 1, step)]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, digits=3)))
    axes.set_ylim(low, high)
    axes.grid(axis="y", color=LIGHT, linewidth=0.6)


def _announce(axes: Axes, verdict: Verdict) -> None:
    word = "met" if verdict.met else "not met"
    axes.set_title(verdict.pattern.title, loc="left", fontsize=12.5, weight="bold", pad=26)
    said = axes.text(
        0.0, 1.03,
        f"{word}: {percent(verdict.share)} of seeds ({percent(verdict.placebo_share)} without trials)",
        transform=axes.transAxes, color=GREEN if verdict.met else VERMILION, weight="bold", fontsize=12,
    )  # fmt: skip
    said.set_in_layout(False)  # or its length would narrow the panel


def _explain(axes: Axes, seeds: int) -> None:
    axes.set_axis_off()
    handles = [
        Line2D([], [], color=BLACK, marker="D", markersize=7, label="facts"),
        Line2D(
            [],
            [],
            color=BLUE,
            marker="o",
            markersize=7,
            label=f"model: median of {count(seeds, 'seed', 'seeds')},\n{LOW:.0f}-{HIGH:.0f} % of them",
        ),
    ]
    axes.legend(handles=handles, loc="upper left", borderaxespad=0.0)
    said = axes.text(
        0.0, 0.62,
        "Met: every statement of the pattern is true of the\nmedian, and at least half of the seeds show the\n"
        "pattern whole. Statements: patterns.csv.\n\nA pattern that is shown as often without trials says\n"
        "nothing of the mechanism.",
        transform=axes.transAxes, va="top", fontsize=11.5,
    )  # fmt: skip
    said.set_in_layout(False)


def _two_lines(text: str) -> list[str]:
    words = text.split()
    half = (len(words) + 1) // 2
    return [" ".join(words[:half]), " ".join(words[half:])]
