"""The figures over months: costs, flywheel, adoption, commons and innovation. Each is a title over stacked panels."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.record import Record
from experiments.figures.style import (
    ALONE,
    FOCAL,
    LIMIT,
    RIVAL,
    THIRD,
    Look,
    entitle,
    label_ends,
    line,
    linear_axis,
    log_axis,
    mark_months,
    month_axis,
    new_figure,
    note,
    shade_months,
)
from experiments.figures.words import capital, count, course, first, last, number, percent, unit_in_words
from experiments.messages.language import phrase


class Line(NamedTuple):
    """A column of the series, the name it goes by in the figure, and its look."""

    column: str
    name: str
    look: Look


class Panel(NamedTuple):
    """One panel: the label of its y axis, its lines, and how the y axis runs."""

    label: str
    lines: tuple[Line, ...]
    log: bool = False
    top: float = 0.0
    whole: bool = False
    steps: bool = False
    limit: float = math.nan


def costs(record: Record) -> Figure:
    """Draw unit cost, average R&D cost and capability."""
    own, rivals = _against_first(record, "unit_cost"), _against_first(record, "rival_unit_cost")
    verb, rivals_verb = course(1.0, own), course(1.0, rivals)
    title = phrase("No product of the focal firm came out")
    if math.isfinite(own):
        title = phrase("Unit cost {falls_to} {share} of the first product's", falls_to=verb, share=percent(own))
        if math.isfinite(rivals):
            again = verb.split()[-1] if rivals_verb == verb else rivals_verb
            title += phrase(", the rivals' {falls_to} {share}", falls_to=again, share=percent(rivals))
        title += phrase("; capability ends at {value}", value=number(last(record.series["capability"])))
    panels = (
        Panel(phrase("unit cost C\n(per capability)"), _both("unit_cost"), log=True),
        Panel(
            phrase("average R&D cost\n({unit}/release)", unit=_unit(record, "average_rd_cost")),
            _focal("average_rd_cost"),
        ),
        Panel(phrase("capability\n(0 to 1)"), _both("capability")),
    )
    return _stack(record, title, panels, height=7.5)


def flywheel(record: Record) -> Figure:
    """Draw the price of a trial and the loop gain."""
    price = last(record.series["trial_price"])
    title = phrase("No product came out, so no price of a trial changed")
    if math.isfinite(price):
        title = phrase(
            "The price of a trial {falls_to} {share} of κ₀; the loop gain ends at {gain}",
            falls_to=course(1.0, price), share=percent(price), gain=number(last(record.series["loop_gain"])),
        )  # fmt: skip
    panels = (
        Panel(phrase("price of a trial\n(κ₀ = 1)"), _focal("trial_price"), log=True),
        Panel(phrase("loop gain θ\n(over 1: runs away)"), _focal("loop_gain"), top=1.1, limit=1.0),
    )
    return _stack(record, title, panels)


def adoption(record: Record) -> Figure:
    """Draw the users of each option and the openness that they have adopted."""
    users, rivals = (count(last(record.series[name]), "user", "users") for name in ("users", "rival_users"))
    title = phrase("The focal product ends with {users}", users=users)
    if _has_rivals(record):
        title += phrase(", the rivals' with {users}", users=rivals)
    title += phrase("; adopted openness is {share}", share=percent(last(record.series["adopted_openness"])))
    options = _both("users") if _has_rivals(record) else _both("users")[:1]
    panels = (
        Panel(phrase("users\n({unit})", unit=_unit(record, "users")), options, whole=True),
        Panel(
            phrase("adopted openness\n(share of adopters)"), (Line("adopted_openness", phrase("all"), ALONE),), top=1.0
        ),
    )
    return _stack(record, title, panels)


def commons(record: Record) -> Figure:
    """Draw the cost of the commons, the cost of use, who contributes and what comes in."""
    cost = last(record.series["commons_cost"])
    given = count(last(record.series["contributors"]), "contributor", "contributors")
    use = last(record.series["cost_of_use"])
    title = phrase("The commons' cost {falls_to} {share} of founding", falls_to=course(1.0, cost), share=percent(cost))
    title += phrase(" and the cost of use ends at {value}", value=number(use)) if math.isfinite(use) else ""
    title += phrase(", with {contributors} in the last month", contributors=given)
    panels = (
        Panel(phrase("commons' cost\n(founding = 1)"), (Line("commons_cost", phrase("commons"), ALONE),), log=True),
        Panel(phrase("cost of use\n({unit})", unit=_unit(record, "cost_of_use")), _both("cost_of_use")),
        Panel(
            phrase("contributors\n({unit})", unit=_unit(record, "contributors")),
            (Line("contributors", phrase("all"), ALONE),),
            whole=True,
        ),
        Panel(
            phrase("trials given\n({unit})", unit=_unit(record, "inflow")),
            (
                Line("commons_trials", phrase("to commons"), THIRD),
                Line("inflow", phrase("to focal"), FOCAL),
                Line("patches", phrase("kept"), RIVAL),
            ),
        ),
    )
    return _stack(record, title, panels, height=8.6)


def innovation(record: Record) -> Figure:
    """Draw independent and integrated innovations to date, and what feeds them: the gap and absorptive capacity."""
    independent, integrated = last(record.series["independent"]), last(record.series["integrated"])
    title = phrase(
        "{independent} and {integrated}; absorptive capacity ends at {value}",
        independent=count(independent, "independent innovation", "independent innovations"),
        integrated=count(integrated, "integrated one", "integrated ones"),
        value=number(last(record.series["absorptive_capacity"])),
    )
    panels = (
        Panel(
            phrase("innovations to date\n(count)"),
            (Line("independent", phrase("independent"), FOCAL), Line("integrated", phrase("integrated"), RIVAL)),
            whole=True,
            steps=True,
        ),
        Panel(
            phrase("gap, absorptive capacity\n(0 to 1)"),
            (Line("gap", phrase("gap"), THIRD), Line("absorptive_capacity", phrase("absorptive"), FOCAL)),
            top=1.0,
        ),
    )
    return _stack(record, capital(title), panels)


def _stack(record: Record, title: str, panels: tuple[Panel, ...], height: float = 6.0) -> Figure:
    figure, stacked = new_figure(len(panels), size=(8.0, height), share_x=True)
    entitle(figure, title if record.months.size else phrase("Nothing to show: no month was run"))
    for axes, panel in zip(stacked, panels, strict=True):
        _draw(axes, record, panel)
    month_axis(stacked[-1], last(record.months) if record.months.size else 1.0)
    stacked[-1].set_xlabel(_months_label(record))
    for axes, panel in zip(stacked, panels, strict=True):
        ends = [(name, record.series[column], look) for column, name, look in panel.lines]
        label_ends(axes, [*ends, (phrase("limit"), np.array([panel.limit]), LIMIT)])
    return figure


def _draw(axes: Axes, record: Record, panel: Panel) -> None:
    values = [record.series[drawn.column] for drawn in panel.lines]
    if all(math.isnan(last(series)) for series in values):
        note(axes, phrase("no data"))
    if panel.log:
        log_axis(axes, *values)
    else:
        linear_axis(axes, *values, top=panel.top, whole=panel.whole)
    for drawn, series in zip(panel.lines, values, strict=True):
        line(axes, record.months, series, drawn.look, steps=panel.steps)
    if math.isfinite(panel.limit):
        axes.axhline(panel.limit, color=LIMIT.colour, linestyle=LIMIT.line, linewidth=1.2)
    axes.set_ylabel(panel.label)
    mark_months(axes, [event.month for event in record.releases])
    shade_months(axes, record.months, record.series["supply_cut"])


def _months_label(record: Record) -> str:
    """Return the label of the x axis, which also explains the marks on the months."""
    said = phrase("time (months)")
    said += phrase(" – grey lines: releases") if record.releases else ""
    said += phrase(" – shaded: supply cut") if record.series["supply_cut"].any() else ""
    return said


def _both(column: str) -> tuple[Line, Line]:
    return *_focal(column), Line(f"rival_{column}", phrase("rivals"), RIVAL)


def _focal(column: str) -> tuple[Line]:
    return (Line(column, phrase("focal"), FOCAL),)


def _has_rivals(record: Record) -> bool:
    """Whether there is a rival: sums over no rivals are 0 in the series, but means are NaN."""
    return math.isfinite(last(record.series["rival_cash"]))


def _unit(record: Record, column: str) -> str:
    return unit_in_words(record.units.get(column, ""))


def _against_first(record: Record, column: str) -> float:
    start, end = first(record.series[column]), last(record.series[column])
    return end / start if start > 0.0 else math.nan
