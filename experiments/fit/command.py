"""``flywheel fit``: the tables, what fits, and what that says, kept in a result folder and told in short."""

from __future__ import annotations

import os
from pathlib import Path

from experiments.config import show_path
from experiments.errors import RunError
from experiments.figures import draw_into
from experiments.figures.words import number
from experiments.fit.config import read_fit
from experiments.fit.draw import draw_findings, draw_prior
from experiments.fit.pipeline import Findings, Prior, Sweeps, find_prior, find_rest
from experiments.fit.report import print_findings
from experiments.fit.worlds import KIND, places
from experiments.fit.write import write_dictionary, write_findings, write_prior
from experiments.store import check_target, result_folder, write_manifest
from experiments.streams import aside
from experiments.sweep.session import Options
from experiments.terminal import console, note


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
