"""From a config to what a fit finds: the sweeps, what fits, and all that this says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.case.patterns import Floats, Quantity, Readings, distances, values_of
from experiments.fit.config import Fit, Mechanism
from experiments.fit.inference import (
    Compromise,
    Evidence,
    Exclusion,
    Marginal,
    Pair,
    accepted,
    bayes_factor,
    compromises,
    correlated,
    exclusions,
    marginals,
    still_met,
    typicality_ratio,
)
from experiments.fit.next_facts import Without, Worth, one_value, rank
from experiments.fit.table import Rows, Table, list_design, read_readings, read_table, seeds_of, table_design, thinned
from experiments.fit.worlds import TABLE, Seeds, World, read_seeds
from experiments.sweep.choice import choose
from experiments.sweep.design import Design
from experiments.sweep.observe import observe
from experiments.sweep.plan import count_runs
from experiments.sweep.progress import duration
from experiments.sweep.session import Options, sweep
from experiments.sweep.tasks import Context, Job


class Predicted(NamedTuple):
    """What plausible worlds give of one quantity."""

    quantity: Quantity  # what is predicted
    quantiles: Floats  # over the worlds' own runs: 2.5, 25, 50, 75 and 97.5 %
    typical: Floats  # at the same, over all seeds that fit
    missing: float  # share of the worlds whose run does not have it


class Predictions(NamedTuple):
    """All predictions, from how many worlds, and how many of their runs over seeds fit."""

    each: list[Predicted]
    worlds: int
    runs: int


class Prior(NamedTuple):
    """What a table says before and whether or not any run fits."""

    fit: Fit  # the config
    table: Table  # the table of runs
    rows: Rows  # those that fit at the tolerance of the fit
    rows_other: Rows  # those that fit at the other
    exclusions: list[Exclusion]  # of each pattern, at the tolerance
    exclusions_other: list[Exclusion]  # likewise, at the other
    compromises: list[tuple[Compromise, dict[str, Any]]]  # the runs that come nearest, with their parameters

    def most_excluding(self) -> int:
        """Return the pattern without which most runs would be accepted; if none then, the one most rarely met."""
        found = self.exclusions
        return max(range(len(found)), key=lambda n: (found[n].without, -found[n].share))


class Findings(NamedTuple):
    """What the runs that fit say."""

    prior: Prior  # the table
    places: Floats  # where they lie on the scales of the priors, shape (priors, accepted)
    marginals: list[Marginal]  # of each parameter
    pairs: list[Pair]  # of parameters that go together
    rows: Rows  # those of the plausible worlds
    worlds: list[World]  # the plausible worlds
    seeds: Seeds  # what they give over seeds
    evidence: list[Evidence]  # for each mechanism
    luck: Floats  # share of the worlds' seeds that meet each pattern, and last all, nothing off; shape (patterns + 1,)
    worths: list[Worth]  # facts worth finding, the best first

    @property
    def points(self) -> list[dict[str, Any]]:
        """Return the free parameters of each world, by key."""
        return [world.parameters for world in self.worlds]

    @property
    def ranked(self) -> list[Worth]:
        """Return the facts worth finding, the best first: not those that are known, or of which nothing can be said."""
        return [one for one in self.worths if one.ranked]


Say = Callable[[str], None]


class Sweeps(NamedTuple):
    """Where the tables of a fit are, and how they are made."""

    folder: Path
    options: Options
    say: Say

    def run(self, design: Design, name: str) -> Path:
        """Run a design into its folder, or go on with it; say so in a line, and return the folder."""
        begun, given = time.monotonic(), self.options
        engine = choose(given.engine, design, count_runs(design), given.workers).engine
        options = replace(given, engine=engine, label=name)
        counts = sweep(
            design, self.folder / name, options, yes=True, say=lambda line: self.say(f"{name}: {line}"), revise=True
        )
        failed = f", {counts.failed:,} of them failed" if counts.failed else ""
        self.say(f"{name}: {counts.total:,} runs{failed}, {duration(time.monotonic() - begun)}")
        return self.folder / name

    def seeds(self, fit: Fit, points: list[dict[str, Any]], name: str) -> Seeds:
        """Return what points give over the seeds of a fit."""
        design = list_design(fit, points, fit.settings.seeds, fit.case.pattern_readings)
        return read_seeds(self.run(design, name), fit.case.patterns)


# Worlds run again in this process, each with its own seed: chance is drawn by decision, so that what no decision asks
# for anew stays as it was.


def run_on(fit: Fit, worlds: Sequence[World], readings: Sequence[str]) -> Readings:
    """Return what worlds read in their own run, each of shape (worlds,)."""
    context = Context(fit.config.parameters.model_dump_json(), fit.config.edges, tuple(readings), ())
    jobs = [Job(n, json.dumps(world.parameters), world.seed) for n, world in enumerate(worlds)]
    found = np.full((len(jobs), len(readings)), np.nan)
    while jobs:
        done = observe(context, jobs)  # as many as its time allows
        found[done.outcomes.number] = done.outcomes.final
        over = {*done.outcomes.number.tolist(), *(failure.number for failure in done.failures)}
        jobs = [job for job in jobs if job.number not in over]
    return dict(zip(readings, found.T, strict=True))


def off_without(fit: Fit, mechanism: Mechanism, worlds: Sequence[World]) -> Floats:
    """Return how many discrepancies the worlds' own runs are off each fact with a mechanism off; (patterns, worlds)."""
    stripped = [world._replace(parameters=mechanism.stripped(world.parameters)) for world in worlds]
    found = run_on(fit.without(mechanism), stripped, fit.case.pattern_readings)
    return distances(fit.case.patterns, values_of(fit.case.patterns, found))


# What is found.


def off_name(mechanism: Mechanism) -> str:
    """Return the folder of the table of a mechanism switched off."""
    return f"off-{mechanism.name}"


def find_prior(fit: Fit, sweeps: Sweeps) -> Prior:
    """Run the table of a fit, and say which of its runs fit."""
    table = read_table(sweeps.run(table_design(fit, fit.settings.runs), TABLE), fit)
    near, far = fit.settings.tolerance, fit.settings.other
    nearest = compromises(table.off, near)
    points = table.points(np.array([one.row for one in nearest], dtype=np.int64))
    return Prior(
        fit, table, accepted(table.off, near), accepted(table.off, far), exclusions(table.off, near),
        exclusions(table.off, far), list(zip(nearest, points, strict=True)),
    )  # fmt: skip


def find_rest(prior: Prior, sweeps: Sweeps) -> Findings:
    """Say what the runs that fit say; there is at least one."""
    fit, table = prior.fit, prior.table
    places = table.places[:, prior.rows]
    rows = thinned(prior.rows, fit.settings.worlds)
    points = table.points(rows)
    seeds = sweeps.seeds(fit, points, "worlds")
    typical = seeds.typicality(fit.settings.tolerance).tolist()
    own = seeds_of(table.folder, rows)
    worlds = [World(n, *each) for n, each in enumerate(zip(points, typical, own, strict=True))]
    evidence, without = [], []
    for mechanism in fit.mechanisms:
        one, values = _without(mechanism, prior, worlds, seeds, sweeps)
        evidence.append(one)
        without.append(values)
    worths = rank(fit.case.questions, fit.case.patterns, _questions(fit, table, prior.rows), without)
    luck = still_met(seeds.off, fit.settings.tolerance)
    return Findings(
        prior, places, marginals(table.places, places), correlated(places), rows, worlds, seeds, evidence, luck, worths
    )


def _without(
    mechanism: Mechanism, prior: Prior, worlds: Sequence[World], seeds: Seeds, sweeps: Sweeps
) -> tuple[Evidence, Without]:
    """Return the evidence for a mechanism, and what runs without it give of each question."""
    fit = prior.fit.without(mechanism)
    near, far = fit.settings.tolerance, fit.settings.other
    table = read_table(sweeps.run(table_design(fit, fit.settings.off_runs), off_name(mechanism)), fit)
    rows = accepted(table.off, near)
    stripped = [mechanism.stripped(world.parameters) for world in worlds]
    same = sweeps.seeds(fit, stripped, f"worlds-{off_name(mechanism)}")
    own = np.nan
    if len(rows):
        found = table.points(thinned(rows, fit.settings.worlds))
        own = float(sweeps.seeds(fit, found, f"own-{off_name(mechanism)}").typicality(near).mean())
    counts = [(len(prior.rows), prior.table.runs, len(rows), table.runs),
              (len(prior.rows_other), prior.table.runs, len(accepted(table.off, far)), table.runs)]  # fmt: skip
    before, after = seeds.typicality(near), same.typicality(near)
    still = still_met(off_without(prior.fit, mechanism, worlds), near)
    evidence = Evidence(
        len(rows), table.runs, bayes_factor(*counts[0]), bayes_factor(*counts[1]), float(before.mean()),
        float(after.mean()), own, typicality_ratio(before, after), still,
    )  # fmt: skip
    values = _questions(fit, table, slice(None))
    return evidence, Without([each[rows] for each in values], [one_value(each) for each in values])


def _questions(fit: Fit, table: Table, rows: Rows | slice) -> list[Floats]:
    """Return what some rows of a table give of each quantity that could be looked up."""
    if not fit.case.questions:
        return []
    readings = read_readings(table.folder, fit.case.readings, rows)
    return [quantity.value(readings) for quantity in fit.case.questions]
