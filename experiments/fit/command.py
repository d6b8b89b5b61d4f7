"""``flywheel fit``: the tables, what fits, and what that says, kept in a result folder and told in short."""

from __future__ import annotations

import os
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from experiments.config import show_path
from experiments.errors import RunError
from experiments.figures.draw import draw_into
from experiments.figures.words import count, number, percent
from experiments.fit.config import read_fit
from experiments.fit.draw import draw_findings, draw_prior
from experiments.fit.inference import FEW, NARROW, Interval, by_strength, said_factor, verdict
from experiments.fit.next_facts import said_quartiles
from experiments.fit.pipeline import Findings, Prior, Sweeps, find_prior, find_rest
from experiments.fit.worlds import KIND, places
from experiments.fit.write import write_dictionary, write_findings, write_prior
from experiments.messages.streams import aside
from experiments.messages.terminal import console, note
from experiments.store import check_target, result_folder, write_manifest
from experiments.sweep.session import Options


def fit_command(
    config: Path, runs: int | None = None, options: Options | None = None, tables: Path | None = None,
    out: Path | None = None,
) -> int:  # fmt: skip
    """Run the tables of a fit or go on with them, keep what fits and what it says, print it, return the exit code.

    Args:
        config: config of the fit.
        runs: runs of the table, in place of the config's; tables of mechanisms go with it.
        options: how they are run.
        tables: folder of the tables; if None runs/fit-CASE.
        out: folder of the result; if None ``result`` in that of the tables.

    Raises:
        UsageError: a faulty config or case.
        RunError: no run fits; what is known of that is kept.
    """
    fit = read_fit(config)
    fit = fit if runs is None else fit.sized(runs)
    folder, target = places(fit, tables, out)
    check_target(target, KIND)
    sweeps = Sweeps(folder, options or Options(), note)
    prior = find_prior(fit, sweeps)
    found = find_rest(prior, sweeps) if len(prior.rows) else None
    keep(prior, found, target)
    if found is None:
        raise RunError(none_fits(prior, target))
    with aside():
        print_findings(found, console())
        console().print(f"Result in {show_path(target)}{os.sep} (dictionary.csv explains its tables)", soft_wrap=True)
    return 0


def keep(prior: Prior, found: Findings | None, target: Path) -> None:
    """Write tables and figures of a fit into its folder: tables first, which no figure may cost."""
    with result_folder(target, KIND) as folder:
        write_prior(folder, prior)
        if found is not None:
            write_findings(folder, found)
        write_dictionary(folder, prior.fit)
        figures = draw_prior(prior) if found is None else draw_findings(found)
        for name, draw in figures.items():
            draw_into(folder / name, draw)
        write_manifest(folder, prior.fit.config, prior.fit.settings.seed, KIND, prior.fit.model())


def none_fits(prior: Prior, target: Path) -> str:
    """Return the line that says that no run fits, what excludes most, and what comes nearest."""
    fit, place = prior.fit, prior.most_excluding()
    one, (best, _) = prior.exclusions[place], prior.compromises[0]
    share = f"{number(100.0 * one.without)} % would fit without it" if one.without else (
        f"{number(100.0 * one.share)} % of runs meet it")  # fmt: skip
    return (
        f"no run of {prior.table.runs:,} fits within {fit.settings.tolerance:g} discrepancies; '"
        f"{fit.case.patterns[place].name}' excludes most ({share}); the best compromise, run {best.row}, misses "
        f"{best.missed} of {len(fit.case.patterns)} patterns: see compromise.csv in {show_path(target)}"
    )


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


def _said(factor: Interval) -> str:
    return f"{said_factor(factor.estimate)}\n{number(factor.low)}-{number(factor.high)}"


def _table(first: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, width=_WIDTH, caption_justify="left")
    table.add_column(first)
    return table
