"""What a fit found, in short, for a terminal of 80 columns."""

from __future__ import annotations

import math

from rich import box
from rich.console import Console
from rich.table import Table

from experiments.figures.words import count, number, percent
from experiments.fit.inference import FEW, NARROW, Evidence, Interval, verdict
from experiments.fit.next_facts import Told
from experiments.fit.pipeline import Findings
from experiments.language import phrase

_WIDTH = 78
_MOST = 5  # facts worth finding that are named


def print_findings(found: Findings, terminal: Console) -> None:
    """Print how many runs fit, which pattern excludes, the evidence for mechanisms, and what to find out next."""
    for line in headline(found):
        terminal.print(line, width=_WIDTH)
    terminal.print(_patterns(found))
    if found.evidence:
        terminal.print(_evidence(found))
    if found.ranked:
        terminal.print(_next(found))


def headline(found: Findings) -> list[str]:
    """Return the finding in sentences."""
    prior, settings = found.prior, found.prior.fit.settings
    accepted, typical = len(prior.rows), found.seeds.typicality(settings.tolerance)
    few = f" That is few (fewer than {FEW}): the posterior is coarse." if accepted < FEW else ""
    excluding = prior.fit.case.patterns[prior.most_excluding()]
    narrowed = [key for key, one in zip(prior.fit.keys, found.marginals, strict=True) if one.narrowed]
    return [
        f"{count(accepted, 'run', 'runs')} of {prior.table.runs:,} fit the case within "
        f"{settings.tolerance:g} discrepancies, {len(prior.rows_other):,} within {settings.other:g}.{few} "
        f"Most are excluded by: {excluding.title}.",
        f"{count(len(found.points), 'plausible world', 'plausible worlds')}; {percent(float(typical.mean()))} of their "
        f"seeds fit, from {percent(float(typical.min()))} to {percent(float(typical.max()))} a world. "
        f"{len(narrowed)} of {len(found.marginals)} parameters are narrowed to less than {percent(NARROW)} of their "
        "range" + (f": {', '.join(narrowed)}." if narrowed else "."),
    ]


def _patterns(found: Findings) -> Table:
    table = _table(f"pattern, share of runs within {found.prior.fit.settings.tolerance:g} discrepancies")
    for heading in ("met", "fit without it"):
        table.add_column(heading, justify="right", no_wrap=True)
    for pattern, one in zip(found.prior.fit.case.patterns, found.prior.exclusions, strict=True):
        table.add_row(pattern.title, percent(one.share), percent(one.without))
    return table


def _evidence(found: Findings) -> Table:
    settings = found.prior.fit.settings
    table = _table("mechanism")
    for heading in (
        f"Bayes factor\nk = {settings.tolerance:g}",
        f"Bayes factor\nk = {settings.other:g}",
        "evidence",
        "typicality",
    ):
        table.add_column(heading, justify="right")
    for place in by_strength(found.evidence):
        one = found.evidence[place]
        ratio = f"{percent(one.typicality)} / {percent(one.without)}"
        factors = [_said(each) for each in (one.factor, one.other)]
        table.add_row(found.prior.fit.mechanisms[place].title, *factors, verdict(one), ratio)
    table.caption = "Typicality: seeds that fit in the plausible worlds, with / without the mechanism"
    return table


def _next(found: Findings) -> Table:
    table = _table("worth finding out")
    for heading in ("change of\nlog factors", "tells most of: it predicts"):
        table.add_column(heading, justify="right")
    for one in found.ranked[:_MOST]:
        names = found.prior.fit.mechanisms
        tells = ""
        if one.most is not None:
            with_it, without = said_quartiles(one.told[one.most])
            tells = f"{names[one.most].title}\nwith {with_it}\nwithout {without}"
        table.add_row(one.quantity.title, number(one.worth), tells)
    table.caption = "By expected change of the log Bayes factors, mean over mechanisms; medians and quartiles"
    return table


def said_quartiles(told: Told) -> tuple[str, str]:
    """Return what a quantity is with and without a mechanism: its median, which may tie, and its quartiles."""
    with_it, without = (
        phrase("{factor} ({low} to {high})", factor=number(q50), low=number(q25), high=number(q75))
        for q25, q50, q75 in (told.with_it, told.without)
    )
    return with_it, without


def by_strength(evidence: list[Evidence]) -> list[int]:
    """Return mechanisms by their Bayes factor, the largest first; a factor without an estimate by what is sure."""
    return sorted(range(len(evidence)), key=lambda n: -evidence[n].factor.low)


def _said(factor: Interval) -> str:
    return f"{said_factor(factor.estimate)}\n{number(factor.low)}-{number(factor.high)}"


def said_factor(value: float) -> str:
    """Return a Bayes factor as it is written: without limit if no run fits without the mechanism."""
    return "∞" if value == math.inf else number(value)


def _table(first: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, width=_WIDTH, caption_justify="left")
    table.add_column(first)
    return table
