"""Operators read what they say, patterns can be missed, and any run can take the place of the fact."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from experiments.case import Case, Pattern, read_case
from experiments.case.patterns import Floats
from experiments.case.runs import case_parameters
from sim.parameters import Parameters
from sim.readings import Seen, parse, read
from sim.world import WAYS, table

SLOTS = Parameters().architecture.slots
MADE, COPIED, REUSED, ADOPTED = range(4)
NAMES = (
    "DeepSeek Coder", "DeepSeek LLM 67B", "DeepSeekMoE 16B", "DeepSeekMath 7B", "DeepSeek-V2", "DeepSeek-Coder-V2",
    "DeepSeek-V2.5", "DeepSeek-V3",
)  # fmt: skip
CODER, DENSE, EXPERTS, MATH, SPARSE, _, MERGED, LATEST = NAMES
ROOTS = (
    (SPARSE, "experts", (EXPERTS,)), (SPARSE, "alignment", (MATH,)), (LATEST, "attention", (SPARSE,)),
    (LATEST, "experts", (EXPERTS,)), (LATEST, "alignment", (MATH,)), (LATEST, "base", (CODER, DENSE)),
    (LATEST, "framework", (CODER,)),
)  # fmt: skip
COUNTS = {8: 8.0, 10: 11.0, 14: 16.0, 17: 20.0, 19: 21.0}


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case("deepseek", case_parameters())


class Run:
    """A run that is the case itself: each lineage is kept, each operator reads its fact or a plausible value."""

    def __init__(self, case: Case) -> None:
        self.case = case
        rows = table("releases", 1, 8)
        systems = {SPARSE: 8.23 / 4.49, MERGED: 1.0, LATEST: 4.87 / 4.49}
        algorithms = {SPARSE: 1 / 1.94, MERGED: 1 / 1.94 / 2.16, LATEST: 1 / 1.94 / 2.16 / 0.944}
        self.releases: dict[str, Any] = dict(zip(NAMES, rows[0], strict=True))
        for number, (name, row) in enumerate(self.releases.items()):
            row.month, row.number = case.facts.month(case.facts.releases[name]), number + 1
            row.systems, row.algorithms = systems.get(name, 1.0), algorithms.get(name, 1.0)
            row.ways[: len(SLOTS)] = [*[MADE] * 5, REUSED, *[REUSED if number > 3 else MADE] * 3]
            row.lineages[: len(SLOTS)] = range(100 * number, 100 * number + len(SLOTS))
        for product, slot, roots in ROOTS:
            place = SLOTS.index(slot)
            self.releases[product].lineages[place] = self.releases[roots[0]].lineages[place]
        self.series = {
            "frontier_cost": 2.0 ** (-np.arange(31) / 8.0),
            "commons_cost": 3.0 ** (-np.arange(31) / 4.0),
            "users": np.interp(np.arange(1, 32), [*COUNTS], [*COUNTS.values()]),
        }
        self._rows = rows

    def value(self, name: str) -> Floats:
        """Return what a pattern's operator gives."""
        one = pattern(self.case, name)
        seen = Seen({name: np.array([each]) for name, each in self.series.items()}, self._rows, SLOTS)
        return one.value({name: read([parse(name)], seen)[:, 0] for name in one.readings})

    def off(self, name: str) -> float:
        """Return how far it is off a fact."""
        return float(pattern(self.case, name).off(self.value(name))[0])

    def users(self, *counts: float) -> None:
        """Set users in the months of the counts."""
        self.series["users"][[month - 1 for month in COUNTS]] = counts


def pattern(case: Case, name: str) -> Pattern:
    return next(one for one in case.patterns if one.name == name)


@pytest.fixture
def run(case: Case) -> Run:
    return Run(case)


def test_a_run_that_is_the_case_meets_every_pattern(run: Run, case: Case) -> None:
    assert {one.name: run.off(one.name) <= 2.0 for one in case.patterns} == {one.name: True for one in case.patterns}


@pytest.mark.parametrize(
    ("name", "column", "release", "factor"),
    [
        ("hump up", "systems", SPARSE, 0.7), ("hump down", "systems", LATEST, 1.4),
        ("gain to V2", "algorithms", SPARSE, 1.7), ("gain to V2.5", "algorithms", MERGED, 2.1),
        ("gain to V3", "algorithms", LATEST, 2.1),
    ],
)  # fmt: skip
def test_costs_miss_in_their_direction(name: str, column: str, release: str, factor: float, run: Run) -> None:
    run.releases[release][column] *= factor
    off = run.off(name)
    assert 2.0 < off < 3.0
    assert off == pytest.approx(abs(math.log(factor)) / pattern(run.case, name).discrepancy, abs=0.15)


def test_what_did_not_come_out_is_met_by_nothing(run: Run, case: Case) -> None:
    run.releases[SPARSE].month = 0
    missed = [one.name for one in case.patterns if run.off(one.name) == math.inf]
    assert missed == ["hump up", "hump down", "gain to V2", "gain to V2.5", "introductions", "reuse", "serving"]


@pytest.mark.parametrize(("product", "slot", "roots"), ROOTS)
def test_each_lineage_counts_and_only_its_own(product: str, slot: str, roots: tuple[str, ...], run: Run) -> None:
    place = SLOTS.index(slot)
    run.releases[product].lineages[place] = 7777
    assert run.value("introductions") == 6.0
    assert run.off("introductions") == math.inf
    run.releases[product].lineages[place] = run.releases[roots[-1]].lineages[place]
    assert run.value("introductions") == 7.0
    for root in roots:
        run.releases[root].ways[place] = ADOPTED
    assert run.value("introductions") < 7.0  # an outside module is no lineage of the firm


def test_reuse_compares_halves_of_the_dated_releases(run: Run) -> None:
    assert run.value("reuse") == pytest.approx(3 / 9)
    for row in run.releases.values():
        row.ways[: len(SLOTS)] = COPIED
    assert run.value("reuse") == 0.0
    assert run.off("reuse") == pytest.approx(0.3375 / 0.14)
    assert WAYS[REUSED] == "reused"


@pytest.mark.parametrize(("months", "met"), [(4.9, False), (5.1, True), (13.9, True), (14.1, False)])
def test_outside_progress_is_the_halving_time_to_the_end_of_the_facts(months: float, met: bool, run: Run) -> None:
    run.series["frontier_cost"] = 2.0 ** (-np.arange(31) / months)
    run.series["frontier_cost"][run.case.last_month :] = 1e-9
    assert run.value("outside progress") == pytest.approx(months)
    assert run.off("outside progress") == (0.0 if met else math.inf)
    run.series["frontier_cost"] = 2.0 ** np.arange(31)
    assert run.value("outside progress") == math.inf


def test_diffusion_is_a_factor_and_slowing_its_own_pattern(run: Run) -> None:
    assert run.value("diffusion") == 21 / 8
    assert run.value("slowing") == pytest.approx(pattern(run.case, "slowing").fact)
    run.users(8, 9, 10, 15, 21)
    assert (run.off("diffusion"), run.off("slowing")) == (0.0, math.inf)
    for last, met in ((13, False), (14.1, True), (31, True), (32, False)):
        run.users(8, 9, 12 * last / 14, 13 * last / 14, last)
        assert run.off("slowing") == 0.0
        assert (run.off("diffusion") == 0.0) == met
    run.users(0, 9, 12, 13, 14)
    assert run.off("diffusion") == run.off("slowing") == math.inf


def test_serving_is_bounded_over_the_four_months_after_the_release_came_out(run: Run) -> None:
    run.series["commons_cost"] = np.array([1.0] * 12 + [0.9, 0.8, 0.7, 1 / 7.1] + [1e-9] * 15)
    assert run.value("serving") == pytest.approx(7.1)
    assert run.off("serving") == math.inf
    run.releases[SPARSE].month = 13  # late
    assert run.value("serving") == pytest.approx(0.9e9)
    run.releases[SPARSE].month = 16  # four months on, the case is over
    assert np.isnan(run.value("serving"))


def test_predictions_read_what_they_say(case: Case) -> None:
    given = {one.name: one for one in case.predictions}
    runs = {name: np.array([8.0, 7.0]) for one in case.predictions for name in one.readings}
    runs |= {"development_of_9": np.array([30.0, 40.0]), "development_of_8": np.array([60.0, 60.0])}
    runs |= {"events_patched_at_19": np.array([1.0, 0.0]), "events_patched_at_31": np.array([4.0, 0.0])}
    runs |= {"experience_at_19": np.array([50.0, 5.0]), "experience_at_31": np.array([59.0, 5.0])}
    runs |= {f"{slot}_of_10_from_8": np.array([1.0, float(n < 2)]) for n, slot in enumerate(SLOTS)}
    values = {name: one.value(runs).tolist() for name, one in given.items()}
    assert values["development, alignment alone"] == pytest.approx(
        [0.5, math.nan], nan_ok=True
    )  # reuses all else or not
    assert values["development, reuse left open"] == pytest.approx([0.5, 2 / 3])
    assert values["reuse, alignment alone"] == pytest.approx([8 / 9, 7 / 9])
    assert values["outsiders' share of kept trials"] == pytest.approx([0.25, math.nan], nan_ok=True)
    assert values["V3's modules in use"] == [9.0, 2.0]


# Distances.


def test_ratios_count_both_ways_alike(case: Case) -> None:
    hump, reuse = pattern(case, "hump up"), pattern(case, "reuse")
    assert hump.off(hump.fact * np.exp([0.32, -0.32])) == pytest.approx([2.0, 2.0])
    assert hump.plausible(2.0) == pytest.approx((hump.fact * math.exp(-0.32), hump.fact * math.exp(0.32)))
    assert reuse.off(np.array([reuse.fact - 0.28])) == pytest.approx(2.0)
    assert hump.off(np.array([0.0, np.nan, np.inf])).tolist() == [math.inf] * 3


def test_the_fact_is_what_a_pattern_is_off_from(case: Case) -> None:
    values = np.array([0.1, 0.9, 1.0, 1.7, 5.0, 7.0, 8.0, 14.0, np.inf, np.nan])
    for one in case.patterns:
        assert np.array_equal(one.off_from(values, one.fact), one.off(values)), one.name
        assert np.isinf(one.off_from(values, math.nan)).all()


@pytest.mark.parametrize(
    ("name", "pseudo", "near", "far"),
    [
        ("hump up", 0.5, 0.5 * math.exp(0.3), 0.5 * math.exp(-0.34)), ("reuse", 0.0, 0.27, -0.29),
        ("introductions", 3.0, 0.0, 7.0), ("introductions", 7.0, 7.0, 6.0), ("outside progress", 16.0, 27.9, 28.1),
        ("diffusion", 8.0, 5.4, 5.3), ("slowing", 1.2, 1.01, 0.99), ("slowing", 0.5, 0.99, 1.01),
        ("serving", 3.0, 6.9, 7.1), ("serving", 9.0, 7.1, 6.9),
    ],
)  # fmt: skip
def test_a_run_takes_the_place_of_the_fact(name: str, pseudo: float, near: float, far: float, case: Case) -> None:
    off = pattern(case, name).off_from(np.array([pseudo, near, far]), pseudo)
    assert off[0] == 0.0
    assert off[1] <= 2.0 < off[2]
